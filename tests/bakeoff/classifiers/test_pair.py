"""Test that two models are compared only if they differ in nothing but the framework."""

import pytest

from bakeoff.classifiers.pair import Pair, load_pair, locate
from bakeoff.common import tokenization
from bakeoff.common.errors import ModelError
from tests.support.tiny import read, write

pytestmark = pytest.mark.slow


def refusal(runs) -> str:
    with pytest.raises(ModelError, match="can't be compared, because") as caught:
        load_pair(str(runs / "pytorch"), str(runs / "tensorflow"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_pair_goes_pytorch_first_and_has_the_classes_of_both(pair):
    assert [classifier.framework for classifier in pair] == ["PyTorch", "TensorFlow"]
    assert pair.labels == pair.pytorch.labels == pair.tensorflow.labels


def test_other_classes_are_refused_naming_both(runs_copy):
    folder = runs_copy / "pytorch"
    labels = ["economy", *read(folder / "labels.json")[1:]]
    write(folder / "labels.json", labels)
    write(folder / "config.json", read(folder / "config.json") | {"id2label": dict(enumerate(labels))})
    message = refusal(runs_copy)
    assert "PyTorch has economy, " in message
    assert "TensorFlow has business, " in message


def test_another_max_length_is_refused(runs_copy):
    recipe = runs_copy / "tensorflow" / "recipe.json"
    write(recipe, read(recipe) | {"max_length": 32})
    assert "one reads 48 tokens of a text, the other 32" in refusal(runs_copy)


def test_another_vocabulary_is_refused(runs_copy):
    file = runs_copy / "tensorflow" / tokenization.KERAS_SUBFOLDER / tokenization.FILE
    tokenizer = read(file)
    tokenizer["model"]["vocab"]["extra"] = len(tokenizer["model"]["vocab"])
    write(file, tokenizer)
    assert "their vocabularies differ" in refusal(runs_copy)


def test_another_normalization_is_refused(runs_copy):
    file = runs_copy / "pytorch" / tokenization.FILE
    write(file, read(file) | {"normalizer": None})
    assert "normalization or splitting rules differ" in refusal(runs_copy)


def test_a_pair_of_equals_is_accepted_as_it_is(pair):
    assert Pair(pair.pytorch, pair.tensorflow) == pair


@pytest.mark.parametrize("name", ["runs/nope/pytorch", "./nope", "nope", "/nope/model"])
def test_a_mistyped_folder_is_told_from_a_hub_id(name):
    with pytest.raises(ModelError, match="there is no folder .*check the name"):
        locate("pytorch", name)
