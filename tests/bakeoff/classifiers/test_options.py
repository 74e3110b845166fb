"""Test `--models`: two models are recognized by their files, in any order, from a folder or from the Hub."""

import argparse
import io
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import save

from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.common.errors import ModelError


def hdf5() -> bytes:
    """Return an empty HDF5 file."""
    with io.BytesIO() as buffer:
        h5py.File(buffer, "w").close()
        return buffer.getvalue()


SHARED = {"labels.json": b'["a", "b"]', "recipe.json": b'{"max_length": 48}', "tokenizer.json": b"{}"}
FILES = {
    "pytorch": SHARED
    | {"config.json": b'{"model_type": "bert"}', "model.safetensors": save({"weight": np.zeros(1, np.float32)})},
    "tensorflow": SHARED
    | {"config.json": b'{"registered_name": "keras_hub>BertBackbone"}', "task.json": b"{}"}
    | {"model.weights.h5": hdf5(), "task.weights.h5": hdf5()},
}


def model(folder: Path, framework: str, *missing: str) -> str:
    """Write a folder as a training leaves it, without some of its files."""
    folder.mkdir(parents=True)
    for name, content in FILES[framework].items():
        if name not in missing:
            (folder / name).write_bytes(content)
    return str(folder)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_two_folders_does_not_matter(tmp_path, order):
    made = [model(tmp_path / "one", "pytorch"), model(tmp_path / "other", "tensorflow")]
    assert by_framework([made[place] for place in order]) == {"pytorch": made[0], "tensorflow": made[1]}


@pytest.mark.parametrize("missing", [("config.json",), ("model.safetensors", "task.json"), ("labels.json",)])
def test_a_damaged_model_is_still_recognized_so_that_loading_it_tells_what_is_wrong(tmp_path, missing):
    made = [model(tmp_path / name, name, *missing) for name in ("tensorflow", "pytorch")]
    assert list(by_framework(made).values()) == made[::-1]


def test_a_pair_is_named_by_its_folder(tmp_path):
    made = {framework: model(tmp_path / framework, framework) for framework in FILES}
    assert by_framework([str(tmp_path)]) == made


@pytest.mark.parametrize("order", [1, -1])
def test_models_on_the_hub_are_recognized_too(connected_hub, order):
    named = {}
    for framework, files in FILES.items():
        connected_hub.put(f"alice/{framework[::-1]}", files)
        named[framework] = f"alice/{framework[::-1]}"
    assert by_framework(list(named.values())[::order]) == named


def test_what_is_no_pair_gets_one_sentence_that_names_it(tmp_path):
    pytorch, other = (model(tmp_path / name, "pytorch") for name in ("pytorch", "other"))
    (tmp_path / "empty").mkdir()
    pair = tmp_path / "pair"
    model(pair / "pytorch", "pytorch")
    (pair / "tensorflow").mkdir()
    cases = {
        f"{pytorch} and {other} are both PyTorch models; give one of each framework.": [pytorch, other],
        f"{tmp_path} holds no folder tensorflow: give a folder that holds pytorch/": [str(tmp_path)],
        "alice/news is not the folder of a pair": ["alice/news"],
        f"{tmp_path / 'empty'} holds no model: expected config.json": [pytorch, str(tmp_path / "empty")],
        "It holds a pair: name it alone.": [str(pair), pytorch],
        "3 models were named": [pytorch, other, pytorch],
        "there is no folder absent": [pytorch, "absent"],
    }
    for sentence, models in cases.items():
        with pytest.raises(ModelError) as caught:
            by_framework(models)
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)


def test_the_flag_takes_one_name_or_two():
    parser = argparse.ArgumentParser()
    add_models(parser)
    assert parser.parse_args(["--models", "runs/news"]).models == ["runs/news"]
    assert parser.parse_args(["--models", "b", "a"]).models == ["b", "a"]
