"""Test the texts behind a report's numbers, on planted answers, and the list of published reports."""

import numpy as np
import pytest

from bakeoff.common.errors import ReportError
from bakeoff.corpus import corpus
from eval.report import catalog, find_texts, report
from tests.eval.report.test_report import build

REFERENCES = np.array([0, 0, 1, 1, 2, 2])
#                      right, both wrong alike, only PyTorch, only TensorFlow, both wrong differently, right
PYTORCH = [0, 1, 1, 0, 0, 2]
TENSORFLOW = [0, 1, 2, 1, 1, 2]


def confident(answers):
    return 3 * np.eye(3, dtype=np.float32)[answers]


@pytest.fixture(scope="module")
def document():
    return build(REFERENCES, confident(PYTORCH), confident(TENSORFLOW))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("The models differ", {2, 3, 4}),
        ("Only PyTorch is right", {2}),
        ("Only TensorFlow is right", {3}),
        ("They differ, both wrong", {4}),
        ("Both make the same error", {1}),
        ("All wrong", {1, 4}),
        ("Labels that look wrong", {1}),
        ("All texts", set(range(6))),
    ],
)
def test_each_kind_finds_the_planted_texts(document, kind, expected):
    assert set(find_texts.KINDS[kind](document)) == expected


def test_the_hardest_texts_come_first(document):
    assert find_texts.KINDS["Hardest"](document)[0] == 1 or find_texts.KINDS["Hardest"](document)[0] == 4


def test_cells_hold_the_texts_that_the_matrix_counts(document):
    for name in find_texts.FRAMEWORKS:
        for row, label in enumerate(document["labels"]):
            counts = [len(find_texts.cell(document, name, label, predicted)) for predicted in document["labels"]]
            assert counts == document["evaluations"][name]["confusion"][row]
    assert find_texts.cell(document, "PyTorch", "class 0", "class 1") == [1]
    assert find_texts.cell(document, "PyTorch", "no such class", "class 1") == []


def test_slices_are_found_by_their_names(document):
    assert find_texts.slice_texts(document, "class", "class 2") == [4, 5]
    assert find_texts.slice_texts(document, "class", "no such class") == []


def test_answers_keep_the_order_that_is_asked_for(document):
    texts_found = find_texts.answers(document, [4, 0])
    assert [each.index for each in texts_found] == [4, 0]
    assert texts_found[0].label == "class 2"
    assert texts_found[0].predicted == ("class 0", "class 1")
    assert texts_found[0].confidence[0] == pytest.approx(np.exp(3) / (np.exp(3) + 2), abs=1e-4)
    assert find_texts.answers(document, []) == []


def test_texts_are_shown_only_of_the_corpus_that_the_report_is_about(document, tmp_path):
    assert catalog.with_texts(document).texts is None
    sample = corpus.load()
    of_sample = document | {"corpus": {"name": "sample", "digest": sample.digest, "texts": len(sample.test)}}
    assert catalog.with_texts(of_sample).texts[0] == sample.test[0].text
    assert catalog.with_texts(document | {"corpus": of_sample["corpus"] | {"texts": 6}}).texts is None


def test_a_report_that_was_made_anew_is_read_anew(document, tmp_path):
    with pytest.raises(ReportError, match="can't be read"):
        catalog.open_report(tmp_path / "report.json")
    report.write(tmp_path / "report.json", document)
    assert catalog.open_report(tmp_path / "report.json").report == document


def test_every_published_study_is_on_the_shelf():
    assert "bbc-minilm" in catalog.published()
    for path in catalog.published().values():
        assert catalog.open_report(path).texts is None, "the sample is no published corpus"
