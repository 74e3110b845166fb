"""Fit a temperature to the logits, to test whether one number would calibrate a model's confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from bakeoff.stats.estimate import Estimate
from bakeoff.stats.outcomes import outcomes
from eval.quality.calibration import NO_TEXTS, calibration_error, equal_mass_bins

TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True)
class TemperatureScaling:
    """The effect of dividing the logits by a temperature, which leaves accuracy unchanged.

    Attributes:
        temperature: Temperature fitted on all texts, for use on new texts; more than 1 if the model is overconfident.
            The interval is Wald's on 1 / temperature with the sandwich variance (White 1982).
        fold_temperatures: Temperature fitted on each half, and evaluated on the other half.
        log_loss_before: Log-loss without scaling, in nats.
        log_loss_after: Log-loss in nats, with each text scaled by the temperature of the other half.
        error_before: Expected calibration error without scaling.
        error_after: Expected calibration error, with each text scaled by the temperature of the other half.
    """

    temperature: Estimate
    fold_temperatures: tuple[float, ...]
    log_loss_before: Estimate
    log_loss_after: Estimate
    error_before: Estimate
    error_after: Estimate


def temperature_scaling(
    references: Sequence[int] | NDArray[np.integer], logits: NDArray[np.float32], seed: int = 0
) -> TemperatureScaling:
    """Fit a temperature (Guo et al. 2017) by least log-loss, and evaluate it by cross-fitting on two seeded halves.

    Args:
        references: The right class of each text, 0 to k-1; (n,) integers, n may be 0.
        logits: The logits, (n, k) finite floats.
        seed: Seed of the split.

    Raises:
        ValueError: Shapes, classes or logits are invalid.
    """
    model = outcomes(references, logits)
    exact = np.asarray(logits, dtype=np.float64)
    n = len(model.references)
    if n < 2:
        none = Estimate(None, reason=NO_TEXTS if n == 0 else "two halves need two texts")
        return TemperatureScaling(none, (), none, none, none, none)
    first = np.zeros(n, dtype=bool)
    first[np.random.default_rng(seed).permutation(n)[: n // 2]] = True
    folds = [fit_temperature(model.references[half], exact[half]) for half in (first, ~first)]
    scaled = exact / np.where(first, folds[1], folds[0])[:, None]
    after = outcomes(model.references, scaled)
    errors = [
        Estimate(calibration_error(o.correct, o.confidence, equal_mass_bins(o.confidence))) for o in (model, after)
    ]
    return TemperatureScaling(
        _temperature(model.references, exact),
        tuple(folds),
        Estimate(float(model.log_loss.mean())),
        Estimate(float(after.log_loss.mean())),
        *errors,
    )


def fit_temperature(references: NDArray[np.int64], logits: NDArray[np.float64]) -> float:
    """Return the temperature, 0.05 to 20, of the least log-loss, which is convex in its reciprocal; n at least 1."""
    rows = np.arange(len(references))

    def loss(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[rows, references].mean()

    minimum = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(minimum.x))


def _temperature(references: NDArray[np.int64], logits: NDArray[np.float64]) -> Estimate:
    """Fit the temperature of all texts with an interval, or say why it is at a bound."""
    temperature = fit_temperature(references, logits)
    if temperature < TEMPERATURES[0] * 1.001:
        return Estimate(
            temperature, reason="at its lower bound: the log-loss keeps falling as the model gets more confident"
        )
    if temperature > TEMPERATURES[1] * 0.999:
        return Estimate(
            temperature, reason="at its upper bound: the log-loss keeps falling as the model gets less confident"
        )
    probabilities = np.exp(log_softmax(logits / temperature, axis=1))
    mean = (probabilities * logits).sum(axis=1)
    slopes = logits[np.arange(len(references)), references] - mean
    curvature = ((probabilities * logits**2).sum(axis=1) - mean**2).sum()
    if curvature <= 0:
        return Estimate(
            temperature, reason="the logits don't distinguish the classes, so the temperature has no effect"
        )
    half = 1.96 * np.sqrt((slopes**2).sum()) / curvature
    inverse = 1 / temperature
    low, high = 1 / (inverse + half), 1 / max(inverse - half, 1 / TEMPERATURES[1])
    return Estimate(temperature, float(low), float(max(high, temperature)))
