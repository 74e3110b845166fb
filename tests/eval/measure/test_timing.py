"""Test `eval.measure.timing`: planted timings are recovered, with intervals that cover them."""

import numpy as np
import pytest

from eval.measure import timing


def test_each_round_goes_there_and_back_in_random_order():
    names = ["a", "b", "c"]
    orders = list(timing.abba(names, 40, seed=3))
    assert len(orders) == 40 and orders == list(timing.abba(names, 40, seed=3))
    assert all(order == order[::-1] and sorted(order[:3]) == names for order in orders)
    assert len({tuple(order) for order in orders}) == 6


@pytest.mark.parametrize(("count", "seconds", "result"), [(3, 1.0, True), (4, 1.0, False), (3, 1.1, False)])
def test_enough_asks_for_calls_and_for_time(count, seconds, result):
    assert timing.enough([0.25, 0.25, 0.5], count, seconds) is result


def test_percentiles_are_of_the_calls():
    estimate = timing.percentiles(np.random.default_rng(0).permutation(101) / 100 + 1)
    assert (estimate.p50, estimate.p90, estimate.p99) == pytest.approx((1.5, 1.9, 1.99))


def slowed_rounds(factor: float, rounds: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return times of two contenders that differ by `factor`, on a machine that slows whole rounds up to fourfold."""
    generator = np.random.default_rng(seed)
    load = generator.uniform(1, 4, size=(rounds, 1))
    noise = generator.normal(1, 0.03, size=(2, rounds, 2))
    return factor * load * noise[0], load * noise[1]


def test_a_slow_round_slows_both_and_cancels_out():
    numerator, denominator = slowed_rounds(1.3, 12, seed=0)
    estimate = timing.ratio(numerator, denominator)
    assert estimate.low < 1.3 < estimate.high and estimate.high - estimate.low < 0.2
    assert not timing.too_noisy(estimate) and estimate == timing.ratio(numerator, denominator)
    apart = timing.ratio(numerator, np.random.default_rng(1).permutation(denominator))
    assert apart.high - apart.low > 2 * (estimate.high - estimate.low)


def test_the_interval_covers_the_ratio_and_equal_contenders_are_seldom_told_apart():
    estimate = [timing.ratio(*slowed_rounds(1.0, 7, seed)) for seed in range(100)]
    assert sum(map(timing.too_noisy, estimate)) >= 90
    assert not timing.too_noisy(timing.ratio(*slowed_rounds(0.7, 7, 0)))


def test_too_few_rounds_have_no_interval_and_tell_nothing():
    estimate = timing.ratio([2.0] * 4, [1.0] * 4)
    assert (estimate.value, estimate.low, estimate.high) == (
        2.0,
        None,
        None,
    ) and "4 rounds are too few" in estimate.reason
    assert timing.too_noisy(estimate)
    assert timing.median([3.0, 1.0, 2.0]).value == 2.0 and timing.median([3.0, 1.0, 2.0]).low is None


def test_a_median_has_an_interval_of_its_rounds():
    estimate = timing.median([[1.0, 1.2], [1.1, 0.9], [1.0, 1.0], [5.0, 0.8], [1.1, 1.0]])
    assert estimate.low <= estimate.value == 1.0 <= estimate.high < 5.0


@pytest.mark.parametrize(("numerator", "denominator"), [([1.0], [1.0, 1.0]), ([], []), ([1.0, 0.0], [1.0, 1.0])])
def test_what_is_no_timing_is_refused(numerator, denominator):
    with pytest.raises(ValueError, match="rounds are paired|positive"):
        timing.ratio(numerator, denominator)
