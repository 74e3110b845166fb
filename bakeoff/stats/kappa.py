"""Cohen's kappa: the agreement of two raters of the same texts beyond chance."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.estimate import Estimate
from bakeoff.stats.paired import NO_TEXTS
from bakeoff.stats.shapes import check_same_texts

Z = 1.959963984540054  # quantile of the normal distribution for a two-sided 95 % interval


def cohens_kappa(first: ArrayLike, second: ArrayLike) -> Estimate:
    """Return Cohen's kappa of two raters with its large-sample 95 % interval.

    Kappa is not defined if both raters use only one and the same class: chance alone would give full agreement. It has
    no interval if the large-sample variance is 0, as at full agreement: the interval would claim certainty.

    Args:
        first: the first rater's classes (n,), of any type that can be sorted.
        second: the second rater's classes (n,), for the same texts in the same order.

    Raises:
        ValueError: the two have different lengths or are not one-dimensional.

    Sources: J. Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement
    20; J. L. Fleiss, J. Cohen and B. S. Everitt (1969), Large sample standard errors of kappa and weighted kappa,
    Psychological Bulletin 72.
    """
    first, second = np.asarray(first), np.asarray(second)
    check_same_texts(first=first, second=second)
    if not len(first):
        return Estimate(None, reason=NO_TEXTS)
    shares = _joint_shares(first, second)
    observed, expected = float(np.trace(shares)), float(shares.sum(axis=1) @ shares.sum(axis=0))
    if len(shares) == 1:
        return Estimate(None, reason="both give one and the same class to every text")
    kappa = (observed - expected) / (1 - expected)
    error = math.sqrt(_variance(shares, observed, expected) / len(first))
    if error < 1e-12:
        return Estimate(kappa, reason=f"{_why_certain(shares, observed)}: the large-sample interval shrinks to a point")
    return Estimate(kappa, max(-1.0, kappa - Z * error), min(1.0, kappa + Z * error))


def _why_certain(shares: NDArray[np.float64], observed: float) -> str:
    if observed == 1:
        return "the two agree on every text"
    constant = 1 in (np.count_nonzero(shares.sum(axis=0)), np.count_nonzero(shares.sum(axis=1)))
    return "one of the two never varies" if constant else "the texts are few and regular"


def _joint_shares(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Return the table (k, k) of both raters' classes as shares of the texts."""
    classes, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    table = np.zeros((len(classes), len(classes)))
    np.add.at(table, (codes[: len(first)], codes[len(first) :]), 1)
    return table / len(first)


def _variance(shares: NDArray[np.float64], observed: float, expected: float) -> float:
    """Return Fleiss, Cohen and Everitt's variance of kappa, times the number of texts."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    kappa = (observed - expected) / (1 - expected)
    diagonal = np.diag(shares) @ (1 - (rows + columns) * (1 - kappa)) ** 2
    elsewhere = shares * (columns[:, None] + rows[None, :]) ** 2
    spread = (elsewhere.sum() - np.trace(elsewhere)) * (1 - kappa) ** 2
    return max(float(diagonal + spread - (kappa - expected * (1 - kappa)) ** 2), 0.0) / (1 - expected) ** 2
