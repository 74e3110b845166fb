"""Test disagreement, kappa and label errors: published examples, planted truth and edge cases."""

import json

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from bakeoff.stats.kappa import cohens_kappa
from eval.quality.disagreement import (
    agreement,
    compare,
    confusion_cells,
    error_consistency,
    error_overlap,
    hardest_texts,
    texts_by_outcome,
    who_was_right,
)
from eval.quality.label_errors import likely_label_errors

pytestmark = pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning")

COHEN_1960 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]  # Table 1 of Cohen (1960), as counts of 200
FLEISS_2003 = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]  # Statistical methods for rates and proportions, Table 18.1


def raters(table) -> tuple[np.ndarray, np.ndarray]:
    """Return two raters' answers whose joint counts are the table."""
    rows, columns = np.indices(np.shape(table))
    counts = np.ravel(table)
    return np.repeat(rows.ravel(), counts), np.repeat(columns.ravel(), counts)


def sure_of(classes, k: int = 3, confidence: float = 0.9) -> np.ndarray:
    """Return the probabilities of a model that gives `confidence` to each of these classes."""
    table = np.full((len(classes), k), (1 - confidence) / (k - 1))
    table[np.arange(len(classes)), classes] = confidence
    return table


@pytest.mark.parametrize(("table", "kappa"), [(COHEN_1960, 0.492), (FLEISS_2003, 0.676)])
def test_kappa_is_that_of_the_textbooks_and_of_scikit_learn(table, kappa):
    one, other = raters(table)
    estimate = cohens_kappa(one, other)
    assert estimate.value == pytest.approx(kappa, abs=0.0005)
    assert estimate.value == pytest.approx(cohen_kappa_score(one, other))


def test_kappas_interval_is_that_of_fleiss():
    estimate = cohens_kappa(*raters(FLEISS_2003))
    assert (estimate.low, estimate.high) == pytest.approx((0.51, 0.85), abs=0.006)  # 0.68 ± 1.96 × 0.087


def test_kappas_interval_covers_the_truth():
    rng = np.random.default_rng(0)
    shares = np.array([[0.40, 0.06], [0.04, 0.50]])
    expected = shares.sum(axis=1) @ shares.sum(axis=0)
    truth = (np.trace(shares) - expected) / (1 - expected)
    samples = rng.multinomial(200, shares.ravel(), size=1000).reshape(-1, 2, 2)
    held = [(e := cohens_kappa(*raters(sample))).low <= truth <= e.high for sample in samples]
    assert 0.93 <= np.mean(held) <= 0.97


@pytest.mark.parametrize(
    ("one", "other", "value", "reason"),
    [
        ([], [], None, "there are no texts"),
        ([1, 1, 1], [1, 1, 1], None, "one and the same class"),
        ([0, 1, 2], [0, 1, 2], 1.0, "agree on every text"),
        ([0, 0, 0], [0, 1, 1], 0.0, "never varies"),
        ([0], [1], 0.0, "never varies"),
    ],
)
def test_kappa_without_an_interval_says_why(one, other, value, reason):
    estimate = cohens_kappa(one, other)
    assert (estimate.value, estimate.low, estimate.high) == (value, None, None)
    assert reason in estimate.reason


REFERENCES = np.array([0, 0, 1, 1, 2, 2])
FIRST = np.array([0, 1, 1, 2, 0, 0])
SECOND = np.array([0, 0, 2, 0, 0, 1])


def test_who_was_right_counts_every_text_once():
    right = who_was_right(REFERENCES, FIRST, SECOND)
    assert (right.both, right.only_first, right.only_second, right.neither, right.same_error) == (1, 1, 1, 2, 1)
    assert right.differ == 4
    assert right.first_share.value == 0.5


def test_overlap_and_consistency_of_errors():
    assert error_overlap(REFERENCES, FIRST, SECOND).value == pytest.approx(3 / 5)
    right = [FIRST == REFERENCES, SECOND == REFERENCES]
    assert error_consistency(REFERENCES, FIRST, SECOND).value == pytest.approx(cohen_kappa_score(*right))


def test_the_most_opposed_texts_of_an_outcome_come_first():
    first = np.array([[0.6, 0.4], [0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    second = 1 - first
    found = texts_by_outcome([0, 0, 0, 1], first, second)
    assert found == {"only_first": (1, 3, 2, 0), "only_second": (), "neither": (), "same_error": ()}


def test_the_hardest_text_has_the_lowest_mean_probability_of_its_label():
    first, second = sure_of([0, 1, 2]), sure_of([0, 0, 2])
    hardest = hardest_texts([0, 0, 1], first, second, n=2)
    assert [text.index for text in hardest] == [2, 1]
    assert hardest[1].first == pytest.approx(0.05)
    assert hardest[1].mean == pytest.approx((0.05 + 0.9) / 2)


@pytest.mark.parametrize("threshold", [0.9, None])
def test_a_planted_label_error_is_found_first(threshold):
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=300)
    tables = []
    for _ in range(2):
        logits = rng.normal(size=(300, 3)) + 4 * np.eye(3)[truth]
        logits[17] = 9 * np.eye(3)[truth[17]]
        tables.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    given = truth.copy()
    given[[17, 40]] = (truth[[17, 40]] + 1) % 3
    errors = likely_label_errors(given, *tables, threshold)
    assert errors.found[0].index == 17
    assert (errors.found[0].given, errors.found[0].suggested) == (given[17], truth[17])
    assert {error.index for error in errors.found} <= {17, 40}
    assert np.shape(errors.thresholds) == (2, 3)


def test_a_label_error_needs_both_models_and_a_class_with_texts():
    both_sure, one_unsure = sure_of([1, 1]), sure_of([1, 1], confidence=0.6)
    assert not likely_label_errors([0, 0], both_sure, one_unsure).found
    assert not likely_label_errors([0, 0], both_sure, sure_of([2, 2])).found
    no_text_is_1 = likely_label_errors([0, 0], both_sure, both_sure, threshold=None)
    assert not no_text_is_1.found
    assert no_text_is_1.thresholds[0][1:] == (None, None)


def test_confusion_cells_hold_every_text_once():
    cells = confusion_cells(REFERENCES, FIRST)
    assert cells[2, 0] == (4, 5)
    assert sorted(index for indices in cells.values() for index in indices) == list(range(6))
    assert confusion_cells([], []) == {}


EDGES = {
    "no texts": ([], [], []),
    "one text, right": ([0], [0], [0]),
    "one text, wrong": ([0], [1], [2]),
    "perfect": ([0, 1, 2], [0, 1, 2], [0, 1, 2]),
    "all wrong alike": ([0, 1, 2], [1, 2, 0], [1, 2, 0]),
    "all wrong, never alike": ([0, 0, 0], [1, 1, 1], [2, 2, 2]),
    "one class only": ([1, 1, 1], [1, 1, 1], [1, 1, 1]),
    "one right, one wrong": ([0, 1], [0, 1], [1, 0]),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("confidence", [0.8, 1.0])
def test_everything_is_defined_or_says_why(edge, confidence):
    references, first, second = (np.array(side, dtype=int) for side in EDGES[edge])
    result = compare(references, sure_of(first, confidence=confidence), sure_of(second, confidence=confidence))
    assert "NaN" not in json.dumps(result.to_json(), allow_nan=False)
    right = result.right
    assert right.both + right.differ + right.same_error == result.n == len(references)
    for name in ("agreement", "kappa", "error_overlap", "error_consistency"):
        estimate = getattr(result, name)
        assert estimate.reason or estimate.low <= estimate.value <= estimate.high
    assert "there are no texts" in (result.agreement.reason, "there are no texts" if len(references) else "")


def test_agreement_of_equal_predictions_keeps_an_interval():
    estimate = agreement([0, 1, 2], [0, 1, 2])
    assert (estimate.value, estimate.high) == (1.0, 1.0)
    assert 0.4 < estimate.low < 0.5


@pytest.mark.parametrize(
    ("references", "first", "second", "message"),
    [
        ([0], sure_of([0, 1]), sure_of([0, 1]), "expected n labels"),
        ([0], sure_of([0]), sure_of([0], k=2), "expected n labels"),
        ([3], sure_of([0]), sure_of([0]), "labels from 0 to 2"),
        ([0], np.array([[4.0, -1.0, 0.0]]), sure_of([0]), "probabilities from 0 to 1"),
        ([0], np.array([[np.nan, 0.5, 0.5]]), sure_of([0]), "probabilities from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(references, first, second, message):
    with pytest.raises(ValueError, match=message):
        compare(references, first, second)
