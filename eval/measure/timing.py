"""Plan and analyze timings: the order of measurements, when there are enough, and ratios with their uncertainty.

These are pure functions over seconds; nothing here measures a time. Timings are compared by medians, because other work
on the machine only makes runs slower and so biases a mean.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.bootstrap import percentile_interval
from bakeoff.stats.estimate import Estimate

RESAMPLES = 10_000
LEAST_ROUNDS = 5  # with fewer, even the range of all rounds covers the median in less than 93 % of cases
TOO_NOISY = "too noisy to call"


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of the times of single calls, in seconds."""

    p50: float
    p90: float
    p99: float


def abba(names: Sequence[str], rounds: int, seed: int | str = 0) -> Iterator[list[str]]:
    """Yield the order of each round: all names in random order, then in reverse, so that each name comes twice.

    A slow drift of the machine (its temperature, other work) then affects all names equally.
    """
    order = random.Random(seed)
    for _ in range(rounds):
        drawn = order.sample(list(names), len(names))
        yield drawn + drawn[::-1]


def enough(seconds: Sequence[float], least_count: int, least_seconds: float) -> bool:
    """Return whether the calls reach both the required count and the required total seconds."""
    return len(seconds) >= least_count and sum(seconds) >= least_seconds


def percentiles(seconds: ArrayLike) -> Percentiles:
    """Return the median and the slow end of single calls; with fewer than 100 calls, p99 is close to the slowest."""
    return Percentiles(*map(float, np.percentile(np.asarray(seconds, dtype=np.float64), [50, 90, 99])))


def median(seconds: ArrayLike, confidence: float = 0.95, seed: int = 0) -> Estimate:
    """Return the median with a bootstrap interval; see `ratio` for the argument's shape and the method."""
    values = _by_round(seconds)
    if len(values) < LEAST_ROUNDS:
        return Estimate(float(np.median(values)), reason=_too_few(len(values)))
    drawn = _draws(len(values), seed)
    return _estimate(np.median(values), _medians(values, drawn), confidence)


def ratio(
    numerator_seconds: ArrayLike, denominator_seconds: ArrayLike, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """Return the ratio of two medians: how many times as long the numerator takes.

    The interval is a percentile bootstrap (Efron and Tibshirani 1993, chapter 13) over rounds. Rounds are drawn for
    both together, so whatever slows a whole round cancels out. Reporting a speed-up as a ratio with an interval over
    repeated runs follows Kalibera and Jones 2013 ("Rigorous benchmarking in reasonable time").

    Args:
        numerator_seconds: Positive seconds, shape (rounds,) or (rounds, measurements per round).
        denominator_seconds: Seconds of the same rounds; the number of measurements per round may differ.
        confidence: Confidence level of the interval, between 0 and 1.
        seed: Seed of the resampling.

    Returns:
        The ratio. With fewer than 5 rounds it has no interval, but the reason.

    Raises:
        ValueError: The numbers of rounds differ, there are no rounds, or a time is not positive.
    """
    numerator, denominator = _by_round(numerator_seconds), _by_round(denominator_seconds)
    if len(numerator) != len(denominator):
        raise ValueError(f"rounds are paired, but there are {len(numerator)} and {len(denominator)} of them")
    value = np.median(numerator) / np.median(denominator)
    if len(numerator) < LEAST_ROUNDS:
        return Estimate(float(value), reason=_too_few(len(numerator)))
    drawn = _draws(len(numerator), seed)
    return _estimate(value, _medians(numerator, drawn) / _medians(denominator, drawn), confidence)


def too_noisy(estimate: Estimate) -> bool:
    """Return whether a ratio is inconclusive: its interval includes 1, or it has no interval."""
    if estimate.low is None or estimate.high is None:
        return True
    return estimate.low <= 1 <= estimate.high


def _by_round(seconds: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(seconds, dtype=np.float64)
    if not values.size or not (values > 0).all():
        raise ValueError("timings are positive numbers of seconds, at least one")
    return values.reshape(len(values), -1)


def _draws(rounds: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, rounds, size=(RESAMPLES, rounds))


def _medians(values: NDArray[np.float64], drawn: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.median(values[drawn].reshape(len(drawn), -1), axis=1)


def _estimate(value: float, replicates: NDArray[np.float64], confidence: float) -> Estimate:
    low, high = percentile_interval(replicates, confidence)
    return Estimate(float(value), low, high)


def _too_few(rounds: int) -> str:
    return f"{rounds} rounds are too few for an interval, which needs {LEAST_ROUNDS}"
