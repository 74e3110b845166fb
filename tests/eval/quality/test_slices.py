"""Test paired shares, facets and slices: published intervals, planted slices and edge cases."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from bakeoff.stats.paired import paired_difference, share
from eval.quality.facets import Facet, Skipped, by_class, by_column, by_length, by_truncation, by_unknown_share
from eval.quality.slices import slice_report

pytestmark = pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning")


def pairs(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two bool arrays with these joint counts."""
    counts = [both, only_first, only_second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (0, 10), (10, 10), (81, 263), (963, 1000)])
def test_wilsons_interval_is_scipys(successes, n):
    expected = binomtest(successes, n).proportion_ci(method="wilson")
    estimate = share(successes, n)
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert estimate.low <= estimate.value <= estimate.high


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        # Tango's intervals in Fagerland, Lydersen and Laake: 2014, Stat Med 33 (airway reactivity of 21 children) and
        # 2017, Statistical analysis of contingency tables, ch. 8 (161 patients). They subtract the other way round.
        ((1, 1, 7, 12), 0.026, 0.517),
        ((59, 6, 16, 80), 0.0054, 0.1240),
    ],
)
def test_the_paired_interval_is_the_published_one(cells, low, high):
    estimate = paired_difference(*pairs(*cells))
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.0005)


@pytest.mark.parametrize("shares", [(0.93, 0.02, 0.01, 0.04), (0.6, 0.15, 0.1, 0.15)])
def test_the_paired_interval_covers_the_truth(shares):
    rng = np.random.default_rng(0)
    estimates = [paired_difference(*pairs(*cells)) for cells in rng.multinomial(200, shares, size=1500)]
    assert np.mean([e.low <= shares[2] - shares[1] <= e.high for e in estimates]) >= 0.935


@pytest.mark.parametrize("cells", [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (9, 0, 0, 0), (4, 0, 0, 4)])
def test_the_paired_interval_is_defined_in_every_corner(cells):
    estimate = paired_difference(*pairs(*cells))
    assert -1 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.low < estimate.high


def test_proportions_of_nothing_say_so_and_impossible_ones_are_refused():
    assert share(0, 0).reason == paired_difference([], []).reason == "there are no texts"
    with pytest.raises(ValueError, match="4 of 3"):
        share(4, 3)
    with pytest.raises(ValueError, match="first has 1, second has 2"):
        paired_difference([True], [True, False])


def parts(facet: Facet | Skipped) -> dict[str, list[int]]:
    """Return each part's name and texts."""
    assert isinstance(facet, Facet), facet.reason
    return {name: chosen.tolist() for name, chosen in facet.parts}


def test_lengths_fall_into_parts_of_like_size_that_divide_no_length():
    facet = parts(by_length([10] * 30 + list(range(11, 81))))
    assert sorted(index for chosen in facet.values() for index in chosen) == list(range(100))
    assert [len(chosen) for chosen in facet.values()] == [30, 20, 25, 25]
    assert list(facet)[0] == "10 tokens"


@pytest.mark.parametrize("counts", [[5, 9], [5, 5, 5, 9], [5, 9, 9, 9], [1, 2, 3], [7, 7, 8, 8, 8, 8]])
def test_few_and_equal_lengths_still_make_parts(counts):
    facet = parts(by_length(counts))
    assert len(facet) >= 2
    assert sorted(index for chosen in facet.values() for index in chosen) == list(range(len(counts)))


def test_unknown_tokens_are_counted_without_the_special_ones():
    ids = [[101, 5, 5, 102], [101, *[5] * 19, 100, 102], [101, 5, 100, 102], [101, 102]]
    expected = {"none": [0, 3], "up to 5 %": [1], "more than 5 %": [2]}
    assert parts(by_unknown_share([np.array(row) for row in ids], 100)) == expected


def test_a_text_that_just_fits_is_not_truncated():
    assert parts(by_truncation([127, 128, 129], 128)) == {"read whole": [0, 1], "cut after 128 tokens": [2]}


def test_a_column_is_divided_by_its_values_the_most_frequent_first():
    assert parts(by_column("near", ["", "tech", " ", "sport"])) == {"(empty)": [0, 2], "sport": [3], "tech": [1]}


@pytest.mark.parametrize(
    ("facet", "reason"),
    [
        (by_column("id", [str(row) for row in range(21)]), "21 different values, expected 2 to 20"),
        (by_column("source", ["bbc"] * 3), "only one value"),
        (by_column("source", []), "there are no texts"),
        (by_length([9, 9]), "every text has 9 tokens"),
        (by_length([]), "there are no texts"),
        (by_unknown_share([np.array([101, 5, 102])], 100), "no text has an unknown token"),
        (by_unknown_share([np.array([101, 5, 102])], None), "no token for unknown words"),
        (by_truncation([9], 128), "fits into 128 tokens"),
        (by_truncation([9], None), "any length"),
        (by_class([], ["a", "b"]), "there are no texts"),
    ],
)
def test_what_cannot_be_divided_says_why(facet, reason):
    assert isinstance(facet, Skipped)
    assert reason in facet.reason


LABELS = ("a", "b", "c", "d")


def planted_report():
    """Plant 400 texts: the first model fails on `agency` "wire", the second never fails, and 10 texts are "rare"."""
    rng = np.random.default_rng(0)
    references = rng.integers(4, size=400)
    agency = np.array(["wire"] * 60 + ["rare"] * 10 + ["desk"] * 330)
    first = np.where(agency == "wire", (references + 1) % 4, references)
    token_ids = [np.full(rng.integers(10, 200), 7) for _ in references]
    columns = [{"agency": value, "row": str(row)} for row, value in enumerate(agency)]
    return slice_report(
        references, first, references, LABELS, token_ids=token_ids, unknown_id=100, max_length=128, columns=columns
    )


def test_a_slice_that_is_planted_to_be_bad_is_found():
    report = planted_report()
    assert report.weak_spots()[0].name == report.apart()[0].name == "wire"
    wire = report.apart()[0]
    assert (wire.n, wire.first.value, wire.second.value, wire.difference.value) == (60, 0, 1, 1)
    assert wire.indices == tuple(range(60))


def test_small_slices_carry_a_warning_and_the_number_of_slices_is_told():
    report = planted_report()
    assert [part.name for part in report.slices if part.warning] == ["rare"]
    assert "Only 10 texts" in next(part.warning for part in report.slices if part.name == "rare")
    assert report.examined == len(report.slices) == 4 + 4 + 2 + 3
    assert report.note.startswith("13 slices were examined, with no correction")
    assert {skipped.name for skipped in report.skipped} == {"unknown tokens", "row"}


@pytest.mark.parametrize(("n", "warned"), [(29, True), (30, False)])
def test_a_slice_of_30_texts_is_no_longer_small(n, warned):
    classes = np.zeros(n, dtype=int)
    assert bool(slice_report(classes, classes, classes, LABELS).slices[0].warning) == warned


EDGES = {
    "no texts": ([], [], []),
    "one text": ([0], [0], [1]),
    "perfect": ([0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]),
    "all wrong": ([0, 1], [1, 0], [2, 3]),
    "one class only": ([1, 1, 1], [1, 1, 1], [1, 1, 1]),
}


@pytest.mark.parametrize("edge", EDGES)
def test_everything_is_defined_or_says_why(edge):
    references, first, second = EDGES[edge]
    ids = [np.array([101, row, 102]) for row in range(len(references))]
    columns = [{"half": str(row % 2)} for row in range(len(references))]
    report = slice_report(
        references, first, second, LABELS, token_ids=ids, unknown_id=0, max_length=128, columns=columns
    )
    json.dumps(report.to_json(), allow_nan=False)
    report.weak_spots(), report.apart()
    for part in report.slices:
        assert part.warning
        assert part.difference.low <= part.difference.value <= part.difference.high
    assert report.slices or report.note == "No slice was examined."
    assert (report.overall.first.value is None) == (edge == "no texts")


def test_without_token_ids_only_classes_are_examined():
    report = slice_report([0, 1], [0, 1], [0, 1], LABELS)
    assert [part.name for part in report.slices] == ["a", "b"]
    assert [skipped.reason for skipped in report.skipped] == ["no token ids were given"] * 3


def test_arguments_about_other_texts_are_refused():
    with pytest.raises(ValueError, match="expected columns of 1 texts, received 2"):
        slice_report([0], [0], [0], LABELS, columns=[{}, {}])
    with pytest.raises(ValueError, match="same texts"):
        slice_report([0, 1], [0], [0, 1], LABELS)
    with pytest.raises(ValueError, match="labels from 0 to 3"):
        slice_report([4], [0], [0], LABELS)
