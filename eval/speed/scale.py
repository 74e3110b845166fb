"""Fit the latency of a single text as fixed milliseconds per call and a slope per token, to scale it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.bootstrap import percentile_interval
from bakeoff.stats.estimate import Estimate
from eval.measure import timing


def line(tokens: ArrayLike, milliseconds: ArrayLike, seed: int = 0) -> dict[str, Any]:
    """Fit a line by least squares to the medians of each length, with a bootstrap interval over the rounds.

    Args:
        tokens: The lengths, at least two.
        milliseconds: Times of shape (lengths, rounds, visits), whose rounds are shared by all lengths.
        seed: Seed of the resampling.

    Returns:
        `fixed_milliseconds`, `milliseconds_per_token`, and the largest distance of a median from the line.
    """
    lengths, times = np.asarray(tokens, dtype=np.float64), np.asarray(milliseconds, dtype=np.float64)
    rounds = times.shape[1]
    drawn = np.random.default_rng(seed).integers(0, rounds, size=(timing.RESAMPLES, rounds))
    medians = np.median(times, axis=(1, 2))
    resampled = np.median(times[:, drawn].reshape(len(lengths), timing.RESAMPLES, -1), axis=2)
    slope, fixed = np.polyfit(lengths, medians, 1)
    slopes, fixeds = np.polyfit(lengths, resampled, 1)
    return {
        "fixed_milliseconds": _estimate(fixed, fixeds, rounds),
        "milliseconds_per_token": _estimate(slope, slopes, rounds),
        "largest_residual_milliseconds": float(np.abs(medians - (fixed + slope * lengths)).max()),
    }


def _estimate(value: float, resampled: NDArray[np.float64], rounds: int) -> Estimate:
    if rounds < timing.LEAST_ROUNDS:
        return Estimate(float(value), reason=f"{rounds} rounds are too few for an interval")
    low, high = percentile_interval(resampled, 0.95)
    return Estimate(float(value), float(low), float(high))
