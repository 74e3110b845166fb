"""Whether to believe an explanation: how alike its top words come out of resampled samples, and what it explains."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explain.lime_text.fit import Surrogate, intervals

STABLE_OVERLAP, STABLE_R2 = 0.85, 0.5
INDICATIVE_OVERLAP, INDICATIVE_R2 = 0.5, 0.2
FEWEST = 3  # words that make a top
STABLE, INDICATIVE, UNTRUSTED = "stable", "indicative", "not to be trusted"


@dataclass(frozen=True)
class Trust:
    """A badge and its reason.

    Attributes:
        level: "stable", "indicative" or "not to be trusted".
        reason: one sentence.
        overlap: share of the top words that a resample of the samples gives again, 0 to 1, on average; None where it
            is not known.
    """

    level: str
    reason: str
    overlap: float | None


def overlap(surrogate: Surrogate, top: int) -> float:
    """The share of the `top` heaviest parts that are among the heaviest of a resample too, on average."""
    heaviest = _heaviest(surrogate.weights[None], top)[0]
    return float(np.mean([len(np.intersect1d(heaviest, row)) / top for row in _heaviest(surrogate.replicates, top)]))


def clear(surrogate: Surrogate) -> int:
    """How many parts have a 95 % interval without 0."""
    low, high = intervals(surrogate.weights, surrogate.replicates)
    return int(np.sum((low > 0) | (high < 0)))


def judge(surrogate: Surrogate, top: int) -> Trust:
    """The badge: *stable* from 85 % overlap and an R² of 0.5, *indicative* from 50 % and 0.2.

    R² is the one on samples that the fit did not see. The overlap is that of the top words; of fewer where fewer have
    an interval without 0, as words that weigh nothing come in any order.
    """
    if surrogate.r2 is None:
        same = "the model's answer is the same whatever is taken away: no word can be told apart."
        return Trust(UNTRUSTED, same, None)
    if surrogate.r2_unseen is None:
        few = f"{surrogate.samples} samples are too few to tell {len(surrogate.weights)} parts of a text apart."
        return Trust(UNTRUSTED, few, None)
    top = min(top, len(surrogate.weights), max(FEWEST, clear(surrogate)))
    again, r2 = overlap(surrogate, top), surrogate.r2_unseen
    reason = (
        f"drawn anew, the samples would give {again:.0%} of the top {top} words again, and the words explain "
        f"{max(r2, 0):.0%} of what the model does."
    )
    if again >= STABLE_OVERLAP and r2 >= STABLE_R2:
        return Trust(STABLE, reason, again)
    if again >= INDICATIVE_OVERLAP and r2 >= INDICATIVE_R2:
        return Trust(INDICATIVE, reason, again)
    return Trust(UNTRUSTED, reason, again)


def _heaviest(weights: NDArray[np.float64], top: int) -> NDArray[np.int64]:
    return np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :top]
