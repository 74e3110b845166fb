"""Measure whether a model's confidence is calibrated: calibration error and reliability curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.stats.bootstrap import middle_part
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.outcomes import outcomes
from bakeoff.stats.proportions import CONFIDENCE, wilson_interval

BINS = 15
NO_TEXTS = "there are no texts"


@dataclass(frozen=True)
class ReliabilityBin:
    """Texts of similar confidence.

    Attributes:
        count: Number of texts in the bin, at least 1.
        confidence: Mean confidence of the texts.
        lowest: Lowest confidence of the texts.
        highest: Highest confidence of the texts.
        accuracy: Accuracy on the texts, with Wilson's 95 % interval.
    """

    count: int
    confidence: float
    lowest: float
    highest: float
    accuracy: Estimate


@dataclass(frozen=True)
class Calibration:
    """The gap between a model's confidence and its accuracy.

    Attributes:
        n: Number of texts.
        error: Expected calibration error, 0 (good) to 1, over equal-mass bins.
        if_calibrated: The error that a calibrated model with the same confidences would show on n texts: its mean and
            middle 95 %. The error of real data is biased upwards by this mean.
        p_value: Share of such calibrated models with at least this error; small if the model is not calibrated.
        mean_confidence: Mean probability of the predicted classes.
        accuracy: Share of right predictions; lower than `mean_confidence` if the model is overconfident.
        bins: At most 15 bins, from low to high confidence.
    """

    n: int
    error: Estimate
    if_calibrated: Estimate
    p_value: Estimate
    mean_confidence: Estimate
    accuracy: Estimate
    bins: tuple[ReliabilityBin, ...]


def equal_mass_bins(confidence: NDArray[np.float64], bins: int = BINS) -> NDArray[np.int64]:
    """Assign each text to a bin, 0 to bins-1, with about n / bins texts in each (Nixon et al. 2019).

    Texts of equal confidence share the bin of the first one, so the order of the texts does not matter. Ties and few
    texts leave bins empty. Confidences have shape (n,), and n may be 0.
    """
    _, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    first_of_group = np.cumsum(sizes) - sizes
    return first_of_group[group] * bins // max(1, len(confidence))


def calibration(
    references: Sequence[int] | NDArray[np.integer],
    logits: NDArray[np.float32],
    bins: int = BINS,
    rounds: int = 1000,
    seed: int = 0,
) -> Calibration:
    """Compute the expected calibration error (Guo et al. 2017) over equal-mass bins, and the reliability curve.

    Calibrated models are simulated, in which each text is right as often as its confidence (Bröcker and Smith 2007).

    Args:
        references: The right class of each text, 0 to k-1; (n,) integers, n may be 0.
        logits: The logits, (n, k) finite floats.
        bins: Number of bins, at least 1.
        rounds: Number of calibrated models to simulate, at least 1.
        seed: Seed of the simulation.

    Raises:
        ValueError: Shapes, classes, logits or counts are invalid.
    """
    if bins < 1 or rounds < 1:
        raise ValueError(f"expected at least one bin and one round, not {bins} and {rounds}")
    model = outcomes(references, logits)
    confidence, n = model.confidence, len(model.references)
    if n == 0:
        none = Estimate(None, reason=NO_TEXTS)
        return Calibration(0, none, none, none, none, none, ())
    bin_of = equal_mass_bins(confidence, bins)
    error = calibration_error(model.correct, confidence, bin_of)
    simulated = _errors_if_calibrated(confidence, bin_of, rounds, seed)
    return Calibration(
        n=n,
        error=Estimate(error),
        if_calibrated=Estimate(float(simulated.mean()), *middle_part(simulated, CONFIDENCE)),
        p_value=Estimate(float((1 + (simulated >= error - 1e-12).sum()) / (1 + rounds))),
        mean_confidence=Estimate(float(confidence.mean())),
        accuracy=Estimate(float(model.correct.mean()), *wilson_interval(int(model.correct.sum()), n)),
        bins=tuple(_reliability_bin(model.correct[bin_of == b], confidence[bin_of == b]) for b in np.unique(bin_of)),
    )


def _reliability_bin(correct: NDArray[np.bool_], confidence: NDArray[np.float64]) -> ReliabilityBin:
    right, count = int(correct.sum()), len(correct)
    accuracy = Estimate(right / count, *wilson_interval(right, count))
    return ReliabilityBin(count, float(confidence.mean()), float(confidence.min()), float(confidence.max()), accuracy)


def calibration_error(correct: NDArray[np.bool_], confidence: NDArray[np.float64], bin_of: NDArray[np.int64]) -> float:
    """Average, over the texts, the gap between accuracy and mean confidence of their bin."""
    return float(np.abs(np.bincount(bin_of, correct - confidence)).sum() / len(confidence))


def _errors_if_calibrated(
    confidence: NDArray[np.float64], bin_of: NDArray[np.int64], rounds: int, seed: int
) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    order = np.argsort(bin_of, kind="stable")
    starts = np.unique(bin_of[order], return_index=True)[1]
    confidence = confidence[order]
    errors = []
    at_once = max(1, 1_000_000 // len(confidence))
    for start in range(0, rounds, at_once):
        uniform = generator.random((min(at_once, rounds - start), len(confidence)))
        gaps = np.add.reduceat((uniform < confidence) - confidence, starts, axis=1)
        errors.append(np.abs(gaps).sum(axis=1) / len(confidence))
    return np.concatenate(errors)
