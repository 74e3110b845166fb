"""Temperature scaling: whether one number would make a model's confidence believable."""

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
    """What dividing the logits by a temperature does; accuracy stays as it is.

    Attributes:
        temperature: fitted on all texts, for use on new ones; more than 1 if the model is overconfident. The interval
            is Wald's on 1 / temperature with the sandwich variance (White 1982).
        fold_temperatures: fitted on each half; each judged the other half.
        log_loss_before: in nats.
        log_loss_after: each text scaled by the temperature of the half it is not in.
        error_before: expected calibration error.
        error_after: likewise, each text scaled by the other half's temperature.
    """

    temperature: Estimate
    fold_temperatures: tuple[float, ...]
    log_loss_before: Estimate
    log_loss_after: Estimate
    error_before: Estimate
    error_after: Estimate


def temperature_scaling(
    references: Sequence[int] | NDArray, logits: NDArray[np.float32], seed: int = 0
) -> TemperatureScaling:
    """Fit a temperature (Guo et al. 2017) by least log-loss, and judge it by cross-fitting on two seeded halves.

    Args:
        references: the right class of each text, 0 to k-1; (n,) integers, n may be 0.
        logits: (n, k) finite floats.
        seed: of the split.

    Raises:
        ValueError: shapes, classes or logits are not like that.
    """
    model = outcomes(references, logits)
    logits = np.asarray(logits, dtype=np.float64)
    n = len(model.references)
    if n < 2:
        none = Estimate(None, reason=NO_TEXTS if n == 0 else "two halves need two texts")
        return TemperatureScaling(none, (), none, none, none, none)
    first = np.zeros(n, dtype=bool)
    first[np.random.default_rng(seed).permutation(n)[: n // 2]] = True
    folds = [fit_temperature(model.references[half], logits[half]) for half in (first, ~first)]
    scaled = logits / np.where(first, folds[1], folds[0])[:, None]
    after = outcomes(model.references, scaled)
    errors = [
        Estimate(calibration_error(o.correct, o.confidence, equal_mass_bins(o.confidence))) for o in (model, after)
    ]
    return TemperatureScaling(
        _temperature(model.references, logits),
        tuple(folds),
        Estimate(float(model.log_loss.mean())),
        Estimate(float(after.log_loss.mean())),
        *errors,
    )


def fit_temperature(references: NDArray[np.int64], logits: NDArray[np.float64]) -> float:
    """The temperature of the least log-loss, from 0.05 to 20 (log-loss is convex in its reciprocal); n at least 1."""
    rows = np.arange(len(references))

    def loss(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[rows, references].mean()

    found = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def _temperature(references: NDArray[np.int64], logits: NDArray[np.float64]) -> Estimate:
    """The temperature of all texts with an interval, or why it is at a bound."""
    temperature = fit_temperature(references, logits)
    if temperature < TEMPERATURES[0] * 1.001:
        return Estimate(temperature, reason="at its lower bound: the texts would have the model ever more confident")
    if temperature > TEMPERATURES[1] * 0.999:
        return Estimate(temperature, reason="at its upper bound: the texts would have the model ever less confident")
    probabilities = np.exp(log_softmax(logits / temperature, axis=1))
    mean = (probabilities * logits).sum(axis=1)
    slopes = logits[np.arange(len(references)), references] - mean
    curvature = ((probabilities * logits**2).sum(axis=1) - mean**2).sum()
    if curvature <= 0:
        return Estimate(temperature, reason="the logits don't tell the classes apart, so that it has no effect")
    half = 1.96 * np.sqrt((slopes**2).sum()) / curvature
    inverse = 1 / temperature
    low, high = 1 / (inverse + half), 1 / max(inverse - half, 1 / TEMPERATURES[1])
    return Estimate(temperature, float(low), float(max(high, temperature)))
