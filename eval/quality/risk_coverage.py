"""Compute the risk-coverage curve: how the error rate falls if the least confident texts are not answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.stats.bootstrap import draws, middle_part
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.outcomes import outcomes
from bakeoff.stats.proportions import CONFIDENCE
from eval.quality.calibration import NO_TEXTS

CURVE_POINTS = 200


@dataclass(frozen=True)
class RiskCoverage:
    """The error rate if only the most confident texts are answered.

    Attributes:
        coverage: Share of answered texts, increasing; at most 200 points.
        risk: Error rate on the answered texts at each coverage.
        area: Mean risk over all n coverages (Geifman and El-Yaniv 2017), with a bootstrap interval; 0 is best.
        excess_area: `area` minus the area of the best possible order of the same errors (Geifman et al. 2019).
    """

    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: Estimate
    excess_area: Estimate


def risk_coverage(
    references: Sequence[int] | NDArray[np.integer], logits: NDArray[np.float32], rounds: int = 1000, seed: int = 0
) -> RiskCoverage:
    """Answer the most confident texts first; texts of equal confidence share their group's mean error.

    Args:
        references: The right class of each text, 0 to k-1; (n,) integers, n may be 0.
        logits: The logits, (n, k) finite floats.
        rounds: Number of bootstrap resamples, at least 1.
        seed: Seed of the bootstrap.

    Raises:
        ValueError: Shapes, classes, logits or rounds are invalid.
    """
    if rounds < 1:
        raise ValueError(f"expected at least one round, not {rounds}")
    model = outcomes(references, logits)
    n = len(model.references)
    if n == 0:
        none = Estimate(None, reason=NO_TEXTS)
        return RiskCoverage((), (), none, none)
    order = np.argsort(-model.confidence, kind="stable")
    errors = (~model.correct).astype(np.float64)
    wrong = _mean_of_equals(errors, model.confidence)[order]
    accepted = np.arange(1, n + 1)
    risk = np.cumsum(wrong) / accepted
    best = np.cumsum(np.sort(errors)) / accepted
    shown = np.unique(np.linspace(0, n - 1, CURVE_POINTS).astype(int))
    return RiskCoverage(
        tuple((accepted[shown] / n).tolist()),
        tuple(risk[shown].tolist()),
        _area(wrong, risk, rounds, seed),
        Estimate(float(max(0.0, risk.mean() - best.mean()))),
    )


def _mean_of_equals(values: NDArray[np.float64], keys: NDArray[np.float64]) -> NDArray[np.float64]:
    _, group, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    return (np.bincount(group, values) / sizes)[group]


def _area(wrong: NDArray[np.float64], risk: NDArray[np.float64], rounds: int, seed: int) -> Estimate:
    area = float(risk.mean())
    if np.ptp(wrong) == 0:
        return Estimate(
            area, reason="the model is right on every text, or wrong on every text, so resamples don't vary"
        )
    areas = []
    for drawn in draws(len(wrong), rounds, seed, None):
        covered = np.cumsum(drawn, axis=0)
        risks = np.cumsum(drawn * wrong[:, None], axis=0) / np.maximum(covered, 1)
        areas.append((drawn * risks).sum(axis=0) / len(wrong))
    return Estimate(area, *middle_part(np.concatenate(areas), CONFIDENCE))
