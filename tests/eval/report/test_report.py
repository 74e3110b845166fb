"""Test the report and the cache of logits: reports are checked, and cached predictions are those of the model."""

import json
import warnings

import numpy as np
import pytest

from bakeoff.common.errors import ReportError
from eval.report import logits_cache, report
from tests.support.planted import Contrarian, WordCounter
from tests.support.planted_logits import EDGES, always_right, logits

LABELS = ("sport", "tech", "politics")
SETTINGS = {"margin": 0.01, "rounds": 200, "seed": 0}


def build(references, first, second, **more):
    """Build a report on planted logits."""
    labels = [f"class {number}" for number in range(first.shape[1])]
    models = {"PyTorch": {"revision": "local"}, "TensorFlow": {"revision": "local"}}
    corpus = {"name": "planted", "digest": "0" * 64, "texts": len(references)}
    return report.build(
        corpus,
        labels,
        references,
        {"PyTorch": first, "TensorFlow": second},
        models,
        settings=SETTINGS,
        command="bakeoff evaluate",
        facets={},
        **more,
    )


def build_planted():
    """Build a report on 60 texts, with three seeds per framework."""
    references = np.arange(60) % 3
    runs = [[logits(references, 3, 2.0, seed=10 * part + run) for run in range(3)] for part in range(2)]
    return build(references, runs[0][0], runs[1][0], seed_logits=tuple(runs))


@pytest.fixture(scope="module")
def planted():
    return build_planted()


def test_a_report_comes_back_as_it_was_written(planted, tmp_path):
    report.write(tmp_path / "deep" / "report.json", planted)
    assert report.read(tmp_path / "deep" / "report.json") == planted


def test_a_report_names_its_sources(planted):
    assert planted["machine"]["versions"]["torch"]
    assert planted["comparison"]["n"] == 60
    assert planted["seeds"]["pytorch_runs"] == 3
    assert len(planted["predictions"]["PyTorch"]) == 60


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("equal", [True, False])
def test_at_the_edges_every_number_is_defined_or_says_why_not(edge, equal):
    references, make = EDGES[edge]
    first = make(references)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        document = build(references, first, first if equal else np.roll(first, 1, axis=1))
    json.dumps(document, allow_nan=False)
    assert document["comparison"]["headline"]


def test_perfect_models_are_not_said_to_differ():
    references = np.arange(300) % 3
    document = build(references, always_right(references, 3), always_right(references, 3))
    assert "better" not in document["comparison"]["verdict"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "can't be read as a report"),
        ("[]", "not a report of `bakeoff evaluate`"),
        ('{"schema": 1}', "required property"),
        ("NaN", "NaN is not a JSON number"),
        ("[" * 100_000, "can't be read as a report"),
        ("\x00", "can't be read as a report"),
    ],
)
def test_what_is_no_report_gets_a_sentence(tmp_path, content, expected):
    (tmp_path / "report.json").write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=expected):
        report.read(tmp_path / "report.json")
    with pytest.raises(ReportError, match="can't be read"):
        report.read(tmp_path / "absent.json")


def test_a_report_that_was_changed_is_refused(planted, tmp_path):
    changed = json.loads(json.dumps(planted))
    changed["comparison"]["metrics"]["accuracy"]["pytorch"]["value"] = 1.0
    report.write(tmp_path / "report.json", changed)
    with pytest.raises(ReportError, match="was changed after it was written"):
        report.read(tmp_path / "report.json")


def test_a_report_of_the_wrong_shape_names_the_place(planted, tmp_path):
    changed = json.loads(json.dumps(planted))
    changed["comparison"]["metrics"]["accuracy"]["pytorch"]["value"] = "high"
    report.write(tmp_path / "report.json", changed)
    with pytest.raises(ReportError, match="comparison/metrics/accuracy/pytorch/value"):
        report.read(tmp_path / "report.json")


def test_cached_predictions_are_those_of_the_model(tmp_path):
    texts = [f"{'tech ' * (number % 4)}sport" for number in range(150)]
    classifier, asked = WordCounter("PyTorch"), []

    def answer(part):
        asked.extend(part)
        return classifier.logits(part)

    first = logits_cache.logits(answer, 2, "a", texts, tmp_path)
    np.testing.assert_array_equal(first, classifier.logits(texts))
    assert sorted(asked) == sorted(texts)
    np.testing.assert_array_equal(logits_cache.logits(answer, 2, "a", texts, tmp_path), first)
    assert len(asked) == 150
    other = logits_cache.logits(Contrarian("TensorFlow").logits, 2, "b", [*texts, "contrary tech"], tmp_path)
    assert other[-1].argmax() == 0


def test_a_damaged_cache_is_computed_anew(tmp_path):
    classifier = WordCounter("PyTorch")
    logits_cache.logits(classifier.logits, 2, "a", ["tech"], tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:20])
    np.testing.assert_array_equal(logits_cache.logits(classifier.logits, 2, "a", ["tech"], tmp_path), [[0, 1]])


def test_pickles_in_the_cache_are_not_loaded(tmp_path):
    logits_cache.logits(WordCounter("PyTorch").logits, 2, "a", ["tech"], tmp_path)
    (path,) = tmp_path.iterdir()
    np.save(path, np.array([object()]), allow_pickle=True)
    np.testing.assert_array_equal(
        logits_cache.logits(WordCounter("PyTorch").logits, 2, "a", ["tech"], tmp_path), [[0, 1]]
    )


def test_other_weights_or_another_recipe_have_another_digest(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"a")
    (tmp_path / "recipe.json").write_bytes(b"{}")
    digests = {logits_cache.weights_digest(tmp_path)}
    for name in ("model.safetensors", "recipe.json"):
        (tmp_path / name).write_bytes(b"b")
        digests.add(logits_cache.weights_digest(tmp_path))
    assert len(digests) == 3
