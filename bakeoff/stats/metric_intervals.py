"""Which 95 % interval each metric gets, so that none is of zero width where that would be a boast.

- Accuracy, top-2 accuracy and a class's recall are proportions of independent texts: Wilson's interval, and Tango's
  for the difference. Simulation: a percentile bootstrap of top-2 accuracy near 0.99 covers 89 % with 300 texts.
- Log-loss and Brier loss of one model: BCa, for a few errors make most of them (percentile 88 %, BCa 92 % where a
  model has 4 errors on 445 texts; both 95 % where it has 20). For their difference percentile is as good or better.
- Everything else: percentile bootstrap; BCa's bias correction gained nothing.
- With few errors of a model, or few texts that only one of two has right, resamples hardly vary or not at all. The
  interval is then widened to Wilson's or Tango's at the metric's effective number of texts.
- The expected calibration error has none, nor has its difference: resampling adds to its bias, and where one of two
  models is calibrated and the other is not, the percentile interval of the difference covers 56 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.stats.bootstrap import bca_interval, percentile_interval
from bakeoff.stats.confusion_counts import ONE_CLASS
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.paired import within
from bakeoff.stats.proportions import CONFIDENCE, tango_interval, wilson_interval

FEW = 10  # errors, or right texts, of a model; twice as many texts that only one of two has right
WILSON, TANGO, BOOTSTRAP = "Wilson", "Tango", "paired bootstrap percentile"
WIDENED = "paired bootstrap percentile, widened where texts hardly vary"
NO_INTERVAL = "none"

PROPORTIONS = ("accuracy", "weighted_recall", "top2_accuracy")  # weighted recall is accuracy by another name
SAME_EVERYWHERE = "it is the same in all resamples, so the texts don't show how much it varies"
OFTEN_UNDEFINED = "it is not defined in more than 5 % of the resamples"
TWO_CLASSES = "of two classes, the reference is always among the first two"
CALIBRATION_BIASED = "few texts in a bin inflate it, and resampling would again: compare it with a calibrated model's"


@dataclass(frozen=True)
class Scale:
    """How a metric relates to a plain proportion of right texts.

    Attributes:
        n: effective number of texts.
        unit: what one unit of that proportion is worth.
        bottom: lowest value of the metric; 1 is the highest.
    """

    n: float
    unit: float = 1.0
    bottom: float = 0.0


def scale_of(name: str, support: NDArray) -> Scale:
    """The scale of a count metric.

    A mean over C classes with n_c texts each varies like a proportion of C² / sum(1 / n_c) texts, where all classes
    have the same error rate. Matthews correlation is taken for Cohen's kappa, which it equals where predictions are as
    frequent as references: (accuracy - chance) / (1 - chance).

    Args:
        name: one of `counts.COUNT_METRICS`.
        support: texts of each class; (k,).
    """
    support = support[support > 0]
    n = float(support.sum())
    if name == "matthews_correlation":
        chance = float(((support / n) ** 2).sum())
        return Scale(n, 1 / (1 - chance) if chance < 1 else 1.0, -1.0)
    if name.startswith(("macro_", "balanced_")):
        return Scale(float(len(support) ** 2 / (1 / support).sum()))
    return Scale(n)


def model_interval(value: float, replicates: NDArray, few: bool, scale: Scale) -> tuple[Estimate, str]:
    """A count metric of one model, and the method of its interval.

    Args:
        value: the metric on the sample; NaN where it is not defined.
        replicates: the metric on the resamples; (r,).
        few: resamples hardly vary, see `FEW`.
        scale: of the metric.
    """
    if np.isnan(value):
        return Estimate(None, reason=ONE_CLASS), NO_INTERVAL
    ends = percentile_interval(replicates, CONFIDENCE)
    if few or _is_point(ends):
        as_proportion = float(np.clip(1 - (1 - value) / scale.unit, 0, 1))
        plain = wilson_interval(as_proportion * scale.n, scale.n)
        wide = [float(np.clip(1 - (1 - end) * scale.unit, scale.bottom, 1)) for end in plain]
        return _widened(value, ends, wide)
    return _bootstrapped(value, ends)


def difference_interval(
    difference: float,
    replicates: NDArray,
    only_a: float,
    only_b: float,
    n: int,
    few: bool,
    scale: Scale,
    confidence: float = CONFIDENCE,
) -> tuple[Estimate, str]:
    """A count metric of b minus that of a, and the method of its interval.

    Args:
        difference: on the sample; NaN where it is not defined.
        replicates: on the resamples; (r,).
        only_a: texts that only a has right.
        only_b: texts that only b has right.
        n: all texts.
        few: resamples hardly vary, see `FEW`.
        scale: of the metric.
        confidence: of the interval.
    """
    if np.isnan(difference):
        return Estimate(None, reason=ONE_CLASS), NO_INTERVAL
    ends = percentile_interval(replicates, confidence)
    if few or _is_point(ends):
        share = scale.n / n
        plain = tango_interval(only_a * share, only_b * share, scale.n, confidence)
        shifts = [(end - (only_b - only_a) / n) * scale.unit for end in plain]
        limit = 1 - scale.bottom
        return _widened(difference, ends, [float(np.clip(difference + shift, -limit, limit)) for shift in shifts])
    return _bootstrapped(difference, ends)


def loss_interval(value: float, replicates: NDArray) -> tuple[Estimate, str]:
    """A mean loss or a difference of two, from replicates (r,) of it, and the interval's method."""
    ends = percentile_interval(replicates, CONFIDENCE)
    return (Estimate(value, reason=SAME_EVERYWHERE), NO_INTERVAL) if _is_point(ends) else _bootstrapped(value, ends)


def mean_loss_interval(losses: NDArray[np.float64], replicates: NDArray[np.float64]) -> Estimate:
    """The mean of one model's per-text losses (n,), with a BCa interval from replicates (r,) of it."""
    value = float(losses.mean())
    ends = bca_interval(losses, replicates, CONFIDENCE)
    return Estimate(value, reason=SAME_EVERYWHERE) if _is_point(ends) else within(value, *ends)


def _is_point(ends: tuple[float, float] | None) -> bool:
    return ends is not None and ends[1] - ends[0] <= 1e-12 * max(1.0, abs(ends[0]))


def _widened(value: float, ends: tuple[float, float] | None, wide: list[float]) -> tuple[Estimate, str]:
    ends = ends or (value, value)
    return Estimate(value, min(ends[0], wide[0]), max(ends[1], wide[1])), WIDENED


def _bootstrapped(value: float, ends: tuple[float, float] | None) -> tuple[Estimate, str]:
    if ends is None:
        return Estimate(value, reason=OFTEN_UNDEFINED), NO_INTERVAL
    return within(value, *ends), BOOTSTRAP
