"""Judge how far to trust an explanation: by the stability of its top words under resampling, and by its R²."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explain.lime_text.fit import Surrogate, intervals

STABLE_OVERLAP, STABLE_R2 = 0.85, 0.5
INDICATIVE_OVERLAP, INDICATIVE_R2 = 0.5, 0.2
FEWEST = 3  # smallest number of words that counts as a top
STABLE, INDICATIVE, UNTRUSTED = "stable", "indicative", "not to be trusted"


@dataclass(frozen=True)
class Trust:
    """A trust level and its reason.

    Attributes:
        level: "stable", "indicative" or "not to be trusted".
        reason: The reason in one sentence.
        overlap: Mean share of the top words that are also top words in a resample, 0 to 1; None if unknown.
    """

    level: str
    reason: str
    overlap: float | None


def overlap(surrogate: Surrogate, top: int) -> float:
    """Return the mean share of the `top` heaviest parts that are also among the heaviest in a resample."""
    heaviest = _heaviest(surrogate.weights[None], top)[0]
    return float(np.mean([len(np.intersect1d(heaviest, row)) / top for row in _heaviest(surrogate.replicates, top)]))


def clear(surrogate: Surrogate) -> int:
    """Count the parts whose 95 % interval excludes 0."""
    low, high = intervals(surrogate.weights, surrogate.replicates)
    return int(np.sum((low > 0) | (high < 0)))


def judge(surrogate: Surrogate, top: int) -> Trust:
    """Return the trust level: *stable* from 85 % overlap and an R² of 0.5, *indicative* from 50 % and 0.2.

    R² is measured on samples that were not in the fit. The overlap is that of the top words. If fewer words have an
    interval that excludes 0, only those count, because words without weight come in any order.
    """
    if surrogate.r2 is None:
        constant = "the model's answer never changes, whichever words are removed, so no word has an effect."
        return Trust(UNTRUSTED, constant, None)
    if surrogate.r2_unseen is None:
        few = f"{surrogate.samples} samples are too few to estimate the weights of {len(surrogate.weights)} parts."
        return Trust(UNTRUSTED, few, None)
    top = min(top, len(surrogate.weights), max(FEWEST, clear(surrogate)))
    shared, r2 = overlap(surrogate, top), surrogate.r2_unseen
    reason = (
        f"with new samples, {shared:.0%} of the top {top} words would be the same, and the fit explains "
        f"{max(r2, 0):.0%} of the variance (R²)."
    )
    if shared >= STABLE_OVERLAP and r2 >= STABLE_R2:
        return Trust(STABLE, reason, shared)
    if shared >= INDICATIVE_OVERLAP and r2 >= INDICATIVE_R2:
        return Trust(INDICATIVE, reason, shared)
    return Trust(UNTRUSTED, reason, shared)


def _heaviest(weights: NDArray[np.float64], top: int) -> NDArray[np.int64]:
    return np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :top]
