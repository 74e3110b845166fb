"""Test `eval.portability`: every fault of an export becomes a row, and a working export is compared and timed."""

import json
import os
import re
from dataclasses import replace

import numpy as np
import pytest

from bakeoff.classifiers.pair import NAMES
from bakeoff.common import json_report
from bakeoff.common.errors import BakeoffError
from bakeoff.common.json_report import identify
from eval.measure.worker import Worker
from eval.portability import __main__ as deployability
from eval.portability import capabilities, run
from eval.portability.formats import FORMATS, ROUTES, Route
from eval.portability.run import Runner, Settings
from tests.support import tiny

TEXTS = ["a", "abcd", "ab" * 20, "x" * 7]
ROUTE = Route("pytorch", "ONNX", "", "model.onnx")


@pytest.fixture
def planted(monkeypatch):
    monkeypatch.setattr(run, "WORKERS", "tests.support.planted_export")
    monkeypatch.setattr(run, "SETTLE", 0)


@pytest.fixture
def runner(planted, tmp_path):
    folders = dict.fromkeys(("pytorch", "tensorflow", "broken"), tmp_path)
    with Runner(
        Settings(folders, TEXTS, ["a headline"], rounds=5, timeout=20, threads=1, by_length={3: "abc", 4: "abcd"})
    ) as runner:
        yield runner


@pytest.fixture
def models(encoder_folder, tmp_path):
    """Write model folders that have everything except a framework's weights."""
    written = []
    for name in NAMES:
        folder = tmp_path / name
        folder.mkdir()
        tiny.write(folder / "labels.json", ["even", "odd"])
        tiny.write(folder / "recipe.json", {"max_length": 32})
        tiny.write(
            folder / "config.json",
            {"pytorch": {"model_type": "bert"}}.get(name, {"registered_name": "keras_hub>BertBackbone"}),
        )
        (folder / "tokenizer.json").write_bytes((encoder_folder / "tokenizer.json").read_bytes())
        written.append(str(folder))
    return written


def test_every_format_has_one_way_or_one_reason_in_each_framework():
    assert sorted((route.framework, route.format) for route in ROUTES) == sorted(
        (framework, format) for framework in NAMES for format in FORMATS
    )
    assert all(bool(route.none) != bool(route.function) for route in ROUTES)


def test_every_package_is_pinned_in_the_requirements():
    pinned = (tiny.ROOT / "requirements-export.txt").read_text()
    for package in {package for route in ROUTES for package in route.packages}:
        assert re.search(rf"^{package}==[\d.]+$", pinned, re.MULTILINE), package


def test_an_export_that_works_is_compared_measured_and_timed(runner):
    row = runner.take(replace(ROUTE, function="rounds", remark="one text at a time", packages=("numpy",)))
    assert (row.framework, row.format, row.status, row.reason) == ("PyTorch", "ONNX", "works", "one text at a time")
    assert row.packages == {"numpy": np.__version__}
    assert row.bytes == 123
    assert row.largest_logit_difference == pytest.approx(1e-5, rel=0.2)
    assert [row.latency_seconds.value, row.latency_seconds.low, row.latency_seconds.high] == [0.002] * 3
    assert row.own_latency_seconds.value == 0.004


@pytest.mark.parametrize(
    ("function", "reason", "difference"),
    [
        ("blind", "it ignores the padding mask", 39),
        ("wrong", "its logits are off by 0.1; rounding explains at most 0.001", 0.1),
        ("fixed", "classifying texts of different lengths together: RuntimeError: expected 1 text", None),
        ("overflows", "classifying single texts: received logits that are not finite numbers", None),
        ("refuses", "exporting it: ValueError: no operator Gelu in model.onnx (see exporter.py:7)", None),
        ("crashes", "was killed by SIGABRT", None),
    ],
)
def test_a_fault_is_a_result(runner, function, reason, difference):
    row = runner.take(replace(ROUTE, function=function))
    assert row.status == "fails"
    assert reason in row.reason
    assert row.largest_logit_difference == (pytest.approx(difference, rel=1e-3) if difference else None)
    assert row.latency_seconds is None
    assert "/" not in row.reason
    again = runner.take(replace(ROUTE, function="rounds"))
    assert again.status == "works", "a fault must not spoil the next attempt"


@pytest.mark.parametrize(
    ("function", "capability", "reason"),
    [
        ("fixed", "batches", "in a batch of 2: RuntimeError: expected 1 text"),
        ("blind", "batches", "in a batch of 2: logits are off by 3"),
        ("wrong", "any_length", "at 3 tokens: logits are off by 0.1"),
        ("overflows", "no_framework", "alone: logits are off by nan"),
        ("needs", "no_framework", "opening it: ImportError: it imports torch"),
    ],
)
def test_what_an_export_cannot_do_has_a_reason(runner, function, capability, reason):
    able = runner.take(replace(ROUTE, function=function)).capabilities[capability]
    assert not able.able
    assert reason in able.reason


def test_an_export_that_can_do_all_says_so_and_a_frameworks_own_format_is_marked(runner):
    row = runner.take(replace(ROUTE, function="rounds"))
    assert {name: able.able for name, able in row.capabilities.items()} == dict.fromkeys(
        ("any_length", "batches", "no_framework", "equal_logits"), True
    )
    assert not row.own
    assert runner.take(replace(ROUTE, format="TorchScript", function="rounds")).own


def test_a_process_without_framework_refuses_to_import_one():
    with Worker("tests.support.imports:Imports", threads=1) as worker:
        assert "torch" in worker.call("forbidden", name="torch")
        assert worker.call("forbidden", name="json") == ""


def test_the_models_maximum_is_always_tried():
    assert capabilities.lengths(128) == [3, 17, 64, 128]
    assert capabilities.lengths(100) == [3, 17, 64, 100]


def test_what_takes_too_long_is_given_up(planted, tmp_path):
    settings = Settings({"pytorch": tmp_path}, TEXTS, ["a"], rounds=1, timeout=0.5, threads=1)
    with Runner(settings) as runner:
        row = runner.take(replace(ROUTE, function="hangs"))
    assert (row.status, row.reason) == ("fails", "exporting it took more than 0.5 s")


def test_our_own_classifier_must_load(runner):
    with pytest.raises(BakeoffError, match="no model here"):
        runner.take(replace(ROUTE, framework="broken", function="rounds"))


def test_what_is_not_installed_is_not_tried():
    row = run.untried(replace(ROUTE, function="rounds", packages=("numpy", "no-such-exporter")))
    assert (row.status, row.packages) == ("not tried", {"numpy": np.__version__})
    assert row.reason == "install no-such-exporter: pip install -r requirements-export.txt"
    none = run.untried(replace(ROUTE, none="because", packages=("no-such-exporter",)))
    assert (none.status, none.reason) == ("no way", "because"), "which no package changes"
    assert run.untried(replace(ROUTE, function="rounds", packages=("numpy",))) is None


def test_the_command_writes_a_row_for_each_way_and_goes_on(planted, models, tmp_path, monkeypatch, capsys):
    routes = [
        replace(ROUTE, function="rounds"),
        Route("pytorch", "LiteRT", "refuses", "model.tflite"),
        Route("tensorflow", "ONNX", "rounds", "model.onnx", packages=("no-such-exporter",)),
        Route("tensorflow", "SavedModel", "blind", "model"),
    ]
    monkeypatch.setattr(deployability, "ROUTES", routes)
    output = tmp_path / "deployability.json"
    command = ["--models", *models, "--output", str(output), "--threads", "1", "--rounds", "1", "--headlines", "2"]
    assert deployability.main(command) == 0
    document = json.loads(output.read_text())
    assert document["id"] == identify(document)
    assert list(document) == ["kind", "id", "date", "command", "models", "machine", "code", "settings", "formats"]
    assert [(row["framework"], row["status"]) for row in document["formats"]] == [
        ("PyTorch", "works"), ("PyTorch", "fails"), ("TensorFlow", "not tried"), ("TensorFlow", "fails"),
    ]  # fmt: skip
    assert str(tmp_path) not in output.read_text()
    assert "it ignores the padding mask" in " ".join(re.findall(r"[^\s│]+", capsys.readouterr().out))

    monkeypatch.setattr(Runner, "take", None)  # logged results are not measured again
    assert deployability.main(command) == 0
    assert json.loads(output.read_text())["formats"] == document["formats"]


def test_ctrl_c_keeps_what_was_found(planted, models, tmp_path, monkeypatch, capsys):
    take = Runner.take
    monkeypatch.setattr(deployability, "ROUTES", [replace(ROUTE, function="rounds"), replace(ROUTE, format="LiteRT")])
    monkeypatch.setattr(Runner, "take", lambda self, route: take(self, route) if route.function else interrupt())
    output = tmp_path / "deployability.json"
    command = ["--models", *models, "--output", str(output), "--threads", "1", "--rounds", "1", "--headlines", "2"]
    assert deployability.main(command) == 130
    assert not output.exists()
    assert len(output.with_suffix(".jsonl").read_text().splitlines()) == 2  # the subject and a row
    assert "run the same command again to resume" in capsys.readouterr().err


def interrupt():
    raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize("route", [route for route in ROUTES if route.function], ids=lambda each: each.format)
def test_a_real_export_gives_the_classifiers_logits(route, pair, tmp_path):
    """Export and open a model in this process, which `Runner` does in several."""
    if (why := run.untried(route)) and "EXPORTERS" not in os.environ:
        pytest.skip("its packages are optional: `make test-export` installs them")
    assert not why
    from bakeoff.common.tokenization import pad
    from eval.portability import export_pytorch, export_runtime, export_tensorflow

    classifier = getattr(pair, route.framework)
    exporter = {"pytorch": export_pytorch, "tensorflow": export_tensorflow}[route.framework]
    getattr(exporter, route.function)(classifier.folder.path, tmp_path / route.file)
    forward = getattr(export_runtime, route.function)(tmp_path / route.file, 1)
    encoder = classifier.text_encoder
    for texts in (["", "shares fell", "a goal in the last minute " * 30], [""], tiny.hostile_texts(5)):
        found = forward(*pad(encoder.encode(texts), encoder.pad_id))
        np.testing.assert_allclose(found, classifier.logits(texts), atol=1e-4)


def test_a_document_goes_by_its_content(tmp_path):
    document = json_report.build("size", value=1, row=run.Row("PyTorch", "ONNX", "works"))
    assert document["row"]["packages"] == {}
    assert identify(document) == document["id"] != json_report.build("size", value=2)["id"]
    json_report.write(tmp_path / "new" / "made.json", document)
    assert json.loads((tmp_path / "new" / "made.json").read_text()) == document
