"""Choose a 95 % interval for each metric, and avoid zero-width intervals, which would overstate certainty.

- Accuracy, top-2 accuracy and the recall of a class are proportions of independent texts. They get Wilson's interval,
  and their difference gets Tango's. In simulation, a percentile bootstrap of top-2 accuracy near 0.99 covers 89 % with
  300 texts.
- Log-loss and Brier loss of one model get a BCa interval, because a few errors make up most of the loss. In simulation
  with 4 errors on 445 texts the percentile interval covers 88 % and BCa 92 %; with 20 errors both cover 95 %. For the
  difference of two losses the percentile interval is as good or better.
- All other metrics get a percentile bootstrap; the bias correction of BCa gained nothing.
- If a model makes few errors, or only one of two models is right on few texts, resamples hardly vary. The interval is
  then widened to Wilson's or Tango's at the metric's effective number of texts.
- The expected calibration error and its difference get no interval, because resampling adds to the bias. If one of two
  models is calibrated and the other is not, the percentile interval of the difference covers 56 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.stats.bootstrap import bca_interval, percentile_interval
from bakeoff.stats.confusion_counts import ONE_CLASS, FloatArray
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.paired import within
from bakeoff.stats.proportions import CONFIDENCE, tango_interval, wilson_interval

FEW = 10  # fewer errors or correct texts than this are few; for texts that only one model gets right, twice as many
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
    """The relation of a metric to a plain proportion of correct texts.

    Attributes:
        n: effective number of texts.
        unit: change of the metric per unit of the proportion.
        bottom: lowest value of the metric; the highest is 1.
    """

    n: float
    unit: float = 1.0
    bottom: float = 0.0


def scale_of(name: str, support: NDArray[np.floating] | NDArray[np.integer]) -> Scale:
    """Return the scale of a count metric.

    A mean over C classes with n_c texts each varies like a proportion of C² / sum(1 / n_c) texts if all classes have
    the same error rate. Matthews correlation is treated as Cohen's kappa: (accuracy - chance) / (1 - chance). The two
    are equal if predictions are as frequent as references.

    Args:
        name: one of `confusion_counts.COUNT_METRICS`.
        support: number of texts of each class; (k,).
    """
    support = support[support > 0]
    n = float(support.sum())
    if name == "matthews_correlation":
        chance = float(((support / n) ** 2).sum())
        return Scale(n, 1 / (1 - chance) if chance < 1 else 1.0, -1.0)
    if name.startswith(("macro_", "balanced_")):
        return Scale(float(len(support) ** 2 / (1 / support).sum()))
    return Scale(n)


def model_interval(value: float, replicates: FloatArray, few: bool, scale: Scale) -> tuple[Estimate, str]:
    """Return a count metric of one model, and the method of its interval.

    Args:
        value: the metric on the sample; NaN if it is not defined.
        replicates: the metric on each resample; (r,).
        few: whether resamples hardly vary, see `FEW`.
        scale: the scale of the metric.
    """
    if np.isnan(value):
        return Estimate(None, reason=ONE_CLASS), NO_INTERVAL
    interval = percentile_interval(replicates, CONFIDENCE)
    if few or _is_point(interval):
        as_proportion = float(np.clip(1 - (1 - value) / scale.unit, 0, 1))
        plain = wilson_interval(as_proportion * scale.n, scale.n)
        wide = [float(np.clip(1 - (1 - end) * scale.unit, scale.bottom, 1)) for end in plain]
        return _widened(value, interval, wide)
    return _bootstrapped(value, interval)


def difference_interval(
    difference: float,
    replicates: FloatArray,
    only_a: float,
    only_b: float,
    n: int,
    few: bool,
    scale: Scale,
    confidence: float = CONFIDENCE,
) -> tuple[Estimate, str]:
    """Return a count metric of model b minus that of model a, and the method of its interval.

    Args:
        difference: the difference on the sample; NaN if it is not defined.
        replicates: the difference on each resample; (r,).
        only_a: number of texts that only model a gets right.
        only_b: number of texts that only model b gets right.
        n: number of all texts.
        few: whether resamples hardly vary, see `FEW`.
        scale: the scale of the metric.
        confidence: confidence level of the interval.
    """
    if np.isnan(difference):
        return Estimate(None, reason=ONE_CLASS), NO_INTERVAL
    interval = percentile_interval(replicates, confidence)
    if few or _is_point(interval):
        share = scale.n / n
        plain = tango_interval(only_a * share, only_b * share, scale.n, confidence)
        shifts = [(end - (only_b - only_a) / n) * scale.unit for end in plain]
        limit = 1 - scale.bottom
        return _widened(difference, interval, [float(np.clip(difference + shift, -limit, limit)) for shift in shifts])
    return _bootstrapped(difference, interval)


def loss_interval(value: float, replicates: FloatArray) -> tuple[Estimate, str]:
    """Return a mean loss, or the difference of two, with its interval from replicates (r,), and the method."""
    interval = percentile_interval(replicates, CONFIDENCE)
    if _is_point(interval):
        return Estimate(value, reason=SAME_EVERYWHERE), NO_INTERVAL
    return _bootstrapped(value, interval)


def mean_loss_interval(losses: FloatArray, replicates: FloatArray) -> Estimate:
    """Return the mean of one model's losses per text (n,), with a BCa interval from replicates (r,) of the mean."""
    value = float(losses.mean())
    interval = bca_interval(losses, replicates, CONFIDENCE)
    return Estimate(value, reason=SAME_EVERYWHERE) if _is_point(interval) else within(value, *interval)


def _is_point(interval: tuple[float, float] | None) -> bool:
    return interval is not None and interval[1] - interval[0] <= 1e-12 * max(1.0, abs(interval[0]))


def _widened(value: float, interval: tuple[float, float] | None, wide: list[float]) -> tuple[Estimate, str]:
    interval = interval or (value, value)
    return Estimate(value, min(interval[0], wide[0]), max(interval[1], wide[1])), WIDENED


def _bootstrapped(value: float, interval: tuple[float, float] | None) -> tuple[Estimate, str]:
    if interval is None:
        return Estimate(value, reason=OFTEN_UNDEFINED), NO_INTERVAL
    return within(value, *interval), BOOTSTRAP
