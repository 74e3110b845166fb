"""Statistics of timings: the order of measurements, when they are enough, and ratios with their uncertainty.

Pure functions over seconds; nothing here takes a time. Timings are compared by medians: what else a machine does only
ever makes a run slower, and pulls a mean along.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.bootstrap import percentile_interval
from bakeoff.stats.estimate import Estimate

RESAMPLES = 10_000
LEAST_ROUNDS = 5  # with fewer, not even the smallest and the largest round cover the median in 93 % of cases
TOO_NOISY = "too noisy to call"


@dataclass(frozen=True)
class Percentiles:
    """Of single calls, in seconds."""

    p50: float
    p90: float
    p99: float


def abba(names: Sequence[str], rounds: int, seed: int | str = 0) -> Iterator[list[str]]:
    """The order of each round: all names in random order, then in reverse, so that each comes twice.

    A slow drift of the machine (its temperature, other work) then falls on all names alike.
    """
    order = random.Random(seed)
    for _ in range(rounds):
        drawn = order.sample(list(names), len(names))
        yield drawn + drawn[::-1]


def enough(seconds: Sequence[float], least_count: int, least_seconds: float) -> bool:
    """Whether these calls are as many and took as long together as asked for."""
    return len(seconds) >= least_count and sum(seconds) >= least_seconds


def percentiles(seconds: ArrayLike) -> Percentiles:
    """The median and the slow end of single calls; with fewer than 100 of them p99 lies near the slowest."""
    return Percentiles(*map(float, np.percentile(np.asarray(seconds, dtype=np.float64), [50, 90, 99])))


def median(seconds: ArrayLike, confidence: float = 0.95, seed: int = 0) -> Estimate:
    """The median with a bootstrap interval; see `ratio` for the argument's shape and the method."""
    values = _by_round(seconds)
    if len(values) < LEAST_ROUNDS:
        return Estimate(float(np.median(values)), reason=_too_few(len(values)))
    drawn = _draws(len(values), seed)
    return _estimate(np.median(values), _medians(values, drawn), confidence)


def ratio(
    numerator_seconds: ArrayLike, denominator_seconds: ArrayLike, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """How many times as long one takes as the other: the ratio of their medians.

    The interval is a percentile bootstrap (Efron and Tibshirani 1993, chapter 13) over rounds, which are drawn for both
    together: what slows a whole round down then cancels out. That speed-ups are to be given this way, as a ratio with
    an interval over repeated runs, follows Kalibera and Jones 2013 ("Rigorous benchmarking in reasonable time").

    Args:
        numerator_seconds: (rounds,) or (rounds, measurements a round), positive.
        denominator_seconds: of the same rounds; the number of measurements a round may be another.
        confidence: of the interval, between 0 and 1.
        seed: of the resampling.

    Returns:
        The ratio; without an interval, and with the reason, if there are fewer than 5 rounds.

    Raises:
        ValueError: the numbers of rounds differ, there are none, or a time is not positive.
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
    """Whether a ratio tells nothing: its interval includes 1, or it has none."""
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
    return f"{rounds} rounds are too few for an interval, which takes {LEAST_ROUNDS}"
