"""Tests of the classifier interface for both implementations, and of model folders that can't be loaded."""

import json
import shutil

import numpy as np
import pytest

from bakeoff.classifiers.base import Classifier, predict, predict_proba, softmax
from bakeoff.classifiers.pair import load_classifier
from bakeoff.classifiers.transplant import to_keras, to_transformers
from bakeoff.common.errors import HubError, ModelError
from bakeoff.corpus import corpus
from tests.support.tiny import FRAMEWORKS, read, write
from trainers.parity import HOSTILE_TEXTS

pytestmark = pytest.mark.slow
LABELS = ("business", "entertainment", "politics", "sport", "tech")
WEIGHTS = {"pytorch": "model.safetensors", "tensorflow": "model.weights.h5"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
class TestContract:
    """The behavior of a classifier that everything downstream relies on, in both frameworks."""

    @pytest.fixture
    def classifier(self, pair, framework):
        return getattr(pair, framework)

    def test_it_is_a_classifier_that_names_its_classes_and_origin(self, classifier, tiny_runs, framework):
        assert isinstance(classifier, Classifier)
        assert classifier.framework.lower() == framework
        assert classifier.labels == LABELS
        assert classifier.revision == "local"
        pulled = type(classifier)(tiny_runs / framework, revision="abc123")
        assert pulled.revision == "abc123"

    @pytest.mark.parametrize("count", [0, 1, 2, 33])
    def test_logits_have_one_row_per_text_and_one_column_per_class(self, classifier, count):
        logits = classifier.logits(["news"] * count)
        assert (logits.shape, logits.dtype) == ((count, 5), np.float32)
        assert predict(classifier, ["news"] * count) == [LABELS[row.argmax()] for row in logits]
        assert predict_proba(classifier, ["news"] * count).shape == (count, 5)

    def test_many_texts_give_the_same_logits_as_each_text_alone(self, classifier):
        texts = [example.text[: 3 + 5 * number] for number, example in enumerate(corpus.load().test)]
        together = classifier.logits(texts)
        alone = np.concatenate([classifier.logits([text]) for text in texts])
        assert len(np.unique(together.round(3), axis=0)) > 90, "different texts should give different logits"
        np.testing.assert_allclose(together, alone, atol=1e-4)

    def test_more_texts_than_are_tokenized_together(self, classifier, monkeypatch):
        monkeypatch.setattr("bakeoff.classifiers.base.CHUNK", 7)
        texts = [example.text for example in corpus.load().test[:20]]
        chunked = classifier.logits(texts)
        monkeypatch.undo()
        np.testing.assert_allclose(chunked, classifier.logits(texts), atol=1e-5)

    @pytest.mark.parametrize("text", [*HOSTILE_TEXTS, "word " * 4000, "x" * 20_000])
    def test_every_text_gets_probabilities(self, classifier, text):
        probabilities = predict_proba(classifier, [text])
        assert np.isfinite(probabilities).all()
        assert probabilities.sum() == pytest.approx(1)

    def test_text_beyond_max_length_is_not_read(self, classifier):
        one, other = classifier.logits(["word " * 100, "word " * 100 + "goal match striker"])
        np.testing.assert_allclose(one, other, atol=1e-5)

    def test_weights_are_read_and_written_exactly(self, classifier):
        own, before = classifier.weights(), classifier.logits(["news"])
        assert len(own) == 5 + 2 * 16 + 2 + 2
        assert {array.dtype for array in own.values()} == {np.dtype("float32")}
        try:
            classifier.set_weights({name: array + 0.25 for name, array in own.items()})
            assert np.abs(classifier.logits(["news"]) - before).max() > 1e-3
            changed = classifier.weights()
        finally:
            classifier.set_weights(own)
        assert all(np.array_equal(changed[name], own[name] + np.float32(0.25)) for name in own)
        assert all(np.array_equal(array, own[name]) for name, array in classifier.weights().items())
        np.testing.assert_array_equal(classifier.logits(["news"]), before)

    def test_weights_are_copies(self, classifier):
        classifier.weights()["classifier.bias"][:] = 99
        assert np.abs(classifier.weights()["classifier.bias"]).max() < 9


def test_a_transplant_and_back_is_exact(pair):
    variables = {variable.path: np.array(variable) for variable in pair.tensorflow._model.trainable_variables}
    there = to_transformers(variables)
    assert {name: array.shape for name, array in there.items()} == {
        name: array.shape for name, array in pair.pytorch.weights().items()
    }
    back = to_keras(there, {path: array.shape for path, array in variables.items()})
    assert back.keys() == variables.keys()
    assert all(np.array_equal(back[path], variables[path]) for path in variables)


def test_probabilities_of_huge_logits_are_finite():
    assert softmax(np.array([[1e4, 0.0], [-1e4, -1e4]], np.float32)).tolist() == [[1, 0], [0.5, 0.5]]
    assert softmax(np.empty((0, 3), np.float32)).shape == (0, 3)


def other_labels(folder):
    write(folder / "labels.json", list(reversed(LABELS)))


def one_label_less(folder):
    """Remove a label from both files, so that only the size of the head reveals it."""
    write(folder / "labels.json", list(LABELS[:4]))
    config = read(folder / "config.json")
    del config["id2label"]["4"]
    write(folder / "config.json", config)


def a_weight_missing(folder):
    if (folder / "model.safetensors").exists():
        from safetensors.numpy import load_file, save_file

        weights = load_file(folder / "model.safetensors")
        del weights["classifier.weight"]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        import h5py

        with h5py.File(folder / "task.weights.h5", "a") as file:
            del file["layers/dense/vars/0"]


def cut_weights(folder):
    for file in (*folder.glob("*.safetensors"), *folder.glob("*.weights.h5")):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def put(name: str, text: str):
    """Return a function that replaces the content of a file."""

    def damage(folder):
        (folder / name).write_text(text)

    damage.__name__ = f"{name}: {text}"
    return damage


def drop(name: str):
    """Return a function that deletes a file."""

    def damage(folder):
        for path in folder.rglob(name):
            path.unlink()

    damage.__name__ = f"no {name}"
    return damage


DAMAGES = [
    *(drop(name) for name in ("labels.json", "recipe.json", "config.json", "tokenizer.json")),
    *(put("labels.json", text) for text in ("{", "{}", '["a"]', '["a", "a"]', "[1, 2]", '["x", "y"]')),
    *(put("recipe.json", text) for text in ("{", "[]", "{}", '{"max_length": "128"}', '{"max_length": -1}')),
    *(put("config.json", text) for text in ("{", "[]", "{}")),
    *(other_labels, one_label_less, a_weight_missing, cut_weights),
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_folder_that_can_t_be_loaded_is_refused_in_one_sentence(tiny_runs, tmp_path, framework, damage):
    folder = shutil.copytree(tiny_runs / framework, tmp_path / "model")
    damage(folder)
    with pytest.raises((ModelError, HubError)) as caught:  # the safety check runs first
        load_classifier(framework, str(folder))
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    assert len(message) < 800


@pytest.mark.parametrize(("framework", "other"), [FRAMEWORKS, FRAMEWORKS[::-1]])
def test_the_other_framework_s_folder_is_refused(tiny_runs, framework, other):
    with pytest.raises(ModelError, match=r"can't be loaded as a"):
        load_classifier(framework, str(tiny_runs / other))


def test_labels_keep_their_order_and_their_letters(tiny_runs, tmp_path):
    folder = shutil.copytree(tiny_runs / "pytorch", tmp_path / "model")
    labels = ["zèbre", "Apfel", "日本", "a b", "é"]
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    write(folder / "config.json", read(folder / "config.json") | {"id2label": dict(enumerate(labels))})
    assert load_classifier("pytorch", str(folder)).labels == tuple(labels)
