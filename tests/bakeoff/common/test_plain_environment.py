"""Test which variables are removed before a framework is imported, and which keep the user's values."""

import json
import os
import subprocess
import sys

import pytest

from bakeoff.common import plain_environment
from eval.measure.worker import Worker
from tests.support.tiny import ROOT


def test_what_changes_the_computation_goes_and_the_rest_stays(caplog):
    kept = {
        "OMP_NUM_THREADS": "2",
        "CUDA_VISIBLE_DEVICES": "1",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "HF_HOME": "/somewhere",
        "TRANSFORMERS_CACHE": "/somewhere",
    }
    hostile = {"ACCELERATE_MIXED_PRECISION": "fp8", "KERAS_MAX_EPOCHS": "1", "KERAS_HOME": "/mine", "XLA_FLAGS": "x"}
    environment = kept | hostile | {"KERAS_BACKEND": "tensorflow"}
    plain_environment.neutralize(environment)
    assert environment == kept | plain_environment.FIXED
    said = "alike: ACCELERATE_MIXED_PRECISION, KERAS_HOME, KERAS_MAX_EPOCHS, XLA_FLAGS"
    assert [record.getMessage().endswith(said) for record in caplog.records] == [True]
    plain_environment.neutralize(environment)
    assert len(caplog.records) == 1, "its own settings are not the user's"


def test_the_processes_of_benchmarks_inherit_none_of_it(monkeypatch):
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    monkeypatch.setenv("KERAS_HOME", "/mine")
    with Worker("tests.support.contender:Contender", threads=1, environment={"TF_ENABLE_ONEDNN_OPTS": "0"}) as worker:
        names = ("ACCELERATE_MIXED_PRECISION", "KERAS_HOME", "TF_ENABLE_ONEDNN_OPTS")
        assert [worker.call("environment", name=name) for name in names] == [None, os.devnull, "0"]


CODE = """
import json, sys
from bakeoff.classifiers.pair import load_classifier
print(load_classifier("tensorflow", sys.argv[1]).logits(["a text"]).tolist())
from bakeoff.common.keras_on_tensorflow import keras
config = keras.config
settings = [config.floatx(), config.epsilon(), config.image_data_format(), config.backend(), config.max_epochs()]
print(json.dumps([*settings, keras.layers.Dense(1).dtype_policy.name]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", ['{"floatx": "float64", "epsilon": 0.5, "image_data_format": "channels_first"}', '{"floatx": "?"}', None]
)
def test_serving_does_not_depend_on_what_the_home_holds(tmp_path, tiny_runs, content):
    """Plant a file in the home folder, even one that Keras refuses. Serving writes no file either."""
    folder = tmp_path / ".keras"
    if content is not None:
        folder.mkdir()
        (folder / "keras.json").write_text(content, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    environment |= {"HOME": str(tmp_path), "KERAS_MAX_EPOCHS": "1", "TF_USE_LEGACY_KERAS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CODE, str(tiny_runs / "tensorflow")]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == ["float32", 1e-7, "channels_last", "tensorflow", None, "float32"]
    assert folder.exists() == (content is not None)
