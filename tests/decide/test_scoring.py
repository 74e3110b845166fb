"""Tests of the scoring: worked examples from the literature, and properties that hold for any numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.stats.difference import square_and_add
from decide.criteria.criteria import MEASURED
from decide.criteria.criterion import Scale
from decide.evidence.compared import Compared
from decide.score.scoring import rated, share_weights, simplex, weighted_sum

UP = Scale(0.0, 10.0, False, "planted")
DOWN = Scale(1_000.0, 10.0, True, "planted")
SIZES = st.floats(0.01, 100.0)


def test_the_weighted_sum_of_an_office_location():
    """Goodwin and Wright 2004, "Decision Analysis for Management Judgment", 3rd edition, table 3.2."""
    weights = [32, 26, 23, 10, 6, 3]
    values = {
        "Addison Square": [100, 60, 100, 75, 0, 90],
        "Bilton Village": [20, 80, 10, 30, 100, 30],
        "Carlisle Walk": [80, 70, 0, 0, 10, 100],
        "Denver Street": [70, 50, 30, 55, 30, 90],
        "Elton Street": [40, 60, 90, 100, 60, 70],
        "Filton Village": [0, 0, 70, 0, 80, 0],
        "Gorton Square": [60, 100, 20, 50, 50, 80],
    }
    scores = weighted_sum(np.array(list(values.values())), weights)
    assert scores == pytest.approx([80.8, 39.4, 47.4, 52.3, 64.8, 20.9, 60.2])


def test_a_scale_goes_from_its_worst_to_its_best_end_and_back():
    assert DOWN.positions([math.log(1000), math.log(100), math.log(10)]) == pytest.approx([0, 0.5, 1])
    assert DOWN.positions(math.log(1)) == 1  # values better than the best end get the same position
    assert DOWN.positions(math.log(10_000)) == pytest.approx(
        -0.5
    )  # values worse than the worst end get a negative position
    assert DOWN.value(0.25) == pytest.approx(10**2.5)
    assert (DOWN.higher_is_better, UP.higher_is_better) == (False, True)
    for criterion in MEASURED:
        assert criterion.scale.value(1) == pytest.approx(criterion.scale.best)


def test_a_difference_of_two_independent_intervals():
    """Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10, case (a).

    The proportions are 56/70 and 48/80. Their difference is 0.2 with the interval 0.0524 to 0.3339.
    """
    low, high = square_and_add(0.2, (0.6 - 0.4904, 0.7005 - 0.6), (0.8 - 0.6918, 0.8773 - 0.8))
    # The second proportion, 56/70, minus the first, 48/80. Wilson's intervals are rounded to four digits.
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=6e-4)


def test_noise_is_drawn():
    noisy = Compared("a", UP, (4.0, 6.0), 2.0, -0.1, 4.1)
    assert noisy.tie
    drawn = gaps(noisy)
    assert np.quantile(drawn, (0.025, 0.5, 0.975)) == pytest.approx([-0.1, 2, 4.1], abs=0.15)


def gaps(compared: Compared):
    """Return the drawn gaps on a scale with a range of ten."""
    drawn = compared.drawn()
    assert drawn.mean(axis=1) == pytest.approx(0.5)
    return 10 * (drawn[:, 1] - drawn[:, 0])


def test_the_middle_of_the_draws_is_the_interval():
    drawn = gaps(Compared("a", UP, (4.0, 6.0), 2.0, 1.0, 4.0))
    assert np.quantile(drawn, (0.025, 0.975)) == pytest.approx([1, 4], abs=0.1)
    assert np.median(drawn) == pytest.approx(2, abs=0.05)
    assert drawn.min() < 1 and drawn.max() > 4, "no draw is cut off"


@pytest.mark.parametrize(
    ("low", "high", "same"), [(-0.5, 0.9, True), (0.1, 0.9, True), (-0.5, 1.1, False), (1.5, 2.0, False)]
)
def test_no_difference_is_an_interval_inside_the_margin(low, high, same):
    scale = Scale(0.0, 10.0, False, "planted", least=1.0)
    compared = Compared("a", scale, (4.0, 4.5), 0.5, low, high)
    assert compared.same == same
    drawn = compared.drawn()
    assert np.array_equal(drawn[:, 0], drawn[:, 1]) == same, "no difference brings nothing, in no draw"
    assert not replace(compared, settled=False).same


def test_a_strong_opinion_is_at_most_a_factor_of_two():
    logarithmic = [criterion.scale for criterion in MEASURED if criterion.scale.logarithmic]
    middles = [scale.value(0.4) for scale in logarithmic]
    doubled = [
        scale.positions([scale.axis(middle), scale.axis(2 * middle)])
        for scale, middle in zip(logarithmic, middles, strict=True)
    ]
    apart = max(np.ptp(scale) for scale in doubled)
    assert np.diff(rated(2))[0] == pytest.approx(apart)
    assert np.diff(rated(-1))[0] == pytest.approx(-apart / 2)


@settings(deadline=None)
@given(values=st.tuples(SIZES, SIZES), reach=st.floats(0.0, 2.0), key=st.sampled_from(["a", "b"]))
def test_swapping_the_frameworks_mirrors_everything(values, reach, key):
    gap = math.log(values[1] / values[0])
    one = Compared(key, DOWN, values, gap, gap - reach, gap + 2 * reach)
    other = Compared(key, DOWN, values[::-1], -gap, -gap - 2 * reach, -gap + reach)
    assert one.tie == other.tie
    assert np.sort(one.drawn()[:, 0]) == pytest.approx(np.sort(other.drawn()[:, 1]))


@settings(deadline=None)
@given(
    st.lists(st.tuples(SIZES, SIZES, SIZES), min_size=1, max_size=6),
    st.permutations(range(6)),
)
def test_the_order_of_criteria_makes_no_difference(rows, order):
    order = [number for number in order if number < len(rows)]
    values, weights = np.array(rows)[:, :2].T, np.array(rows)[:, 2]
    assert weighted_sum(values, weights) == pytest.approx(weighted_sum(values[:, order], weights[order]))


@settings(deadline=None)
@given(st.lists(st.tuples(SIZES, st.floats(0.0, 1.0), SIZES), min_size=1, max_size=6))
def test_a_dominated_alternative_never_scores_more(rows):
    worse, gains, weights = np.array(rows).T
    assert np.diff(weighted_sum(np.stack([worse, worse + gains]), weights))[0] >= 0


def test_all_weightings_are_equally_likely():
    weights = simplex(["a", "b", "c"], ["a", "b", "c"])
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.02)
    # In Dirichlet(1) over three criteria, the variance of each weight is 1/18.
    assert weights.var(axis=0) == pytest.approx([1 / 18] * 3, rel=0.1)
    turned = simplex(["c", "a"], ["c", "a"])
    assert np.array_equal(turned[:, 0] > turned[:, 1], weights[:, 2] > weights[:, 0])


def test_correlated_criteria_share_the_weight_of_the_heaviest():
    groups = {"a": "speed", "b": "speed", "c": "size"}
    assert share_weights({"a": 6.0, "b": 3.0, "c": 2.0}, groups) == pytest.approx({"a": 4.0, "b": 2.0, "c": 2.0})
    assert share_weights({"a": 0.0, "b": 0.0, "d": 1.0}, groups) == {"a": 0.0, "b": 0.0, "d": 1.0}


def test_criteria_that_measure_the_same_share_a_weight():
    weights = simplex(["a", "b", "c", "d"], ["speed", "speed", "speed", "d"])
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights.mean(axis=0) == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2], abs=0.02)
