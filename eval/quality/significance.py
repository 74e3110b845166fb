"""Test whether two models differ on the same texts: intervals of every metric and difference, tests, and a verdict.

Every difference is TensorFlow minus PyTorch. `seeds.py` answers the same question for frameworks, over several training
runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.stats import metric_intervals
from bakeoff.stats.bootstrap import ROUNDS, Progress, Replicates, resample
from bakeoff.stats.confusion_counts import (
    CALIBRATION_ERROR,
    CLASS_METRICS,
    CLASS_REASONS,
    COUNT_METRICS,
    LOWER_IS_BETTER,
    METRICS,
)
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.outcomes import Outcomes, outcomes
from bakeoff.stats.paired import paired_difference, share, within
from bakeoff.stats.proportions import (
    CONFIDENCE,
    McNemar,
    detectable_difference,
    equivalence_p_value,
    mcnemar,
    tango_interval,
    wilson_interval,
)
from eval.quality.calibration import calibration_error, equal_mass_bins
from eval.quality.verdict import ALPHA, MARGIN, Verdict, decide, explain_pair

TOO_FEW = "the test set is too small to show any difference"
HARDLY_DISAGREE = "the models disagree on so few texts that all disagreement is assumed to favor one of them"


@dataclass(frozen=True)
class Comparison:
    """One metric of both models.

    Attributes:
        name: Name of the metric.
        pytorch: PyTorch's value with a 95 % interval.
        tensorflow: TensorFlow's value with a 95 % interval.
        difference: TensorFlow minus PyTorch, with a 95 % interval of the paired difference.
        lower_is_better: Whether the metric is a loss.
        method: Method of the difference's interval.
    """

    name: str
    pytorch: Estimate
    tensorflow: Estimate
    difference: Estimate
    lower_is_better: bool
    method: str


@dataclass(frozen=True)
class ClassComparison:
    """Precision, recall and F1 of one class, by name, and the class's number of texts."""

    label: str
    support: int
    metrics: dict[str, Comparison]


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests that the accuracies differ by less than a margin.

    Attributes:
        margin: Margin of equivalence, a share; 0.01 is one percentage point.
        p_value: P-value of the worse side; the accuracies are equivalent if it is at most 0.05.
        low: Lower end of the 90 % interval of the difference (Tango), which must lie inside the margin.
        high: Upper end of the 90 % interval of the difference.
        equivalent: Whether the accuracies are equivalent.
    """

    margin: float
    p_value: float
    low: float
    high: float
    equivalent: bool


@dataclass(frozen=True)
class PairComparison:
    """A comparison of two models on the same texts; `dataclasses.asdict` makes it ready for JSON.

    Attributes:
        n: Number of texts.
        rounds: Number of bootstrap resamples.
        seed: Seed of the bootstrap.
        metrics: Comparison by metric: `confusion_counts.METRICS`, and "expected_calibration_error", the only one
            without intervals.
        classes: Comparison of each class.
        mcnemar: McNemar's test, in which a is PyTorch and b is TensorFlow.
        equivalence: Equivalence test of the accuracies.
        detectable: Smallest difference of accuracy that McNemar's test would find 4 times in 5, given the observed
            share of disagreement. Its interval corresponds to Wilson's interval of that share.
        verdict: One of the four verdicts.
        headline: The verdict in words, such as "cannot tell with 300 texts".
        explanation: The reason for the verdict in one sentence.
    """

    n: int
    rounds: int
    seed: int
    metrics: dict[str, Comparison]
    classes: tuple[ClassComparison, ...]
    mcnemar: McNemar
    equivalence: Equivalence
    detectable: Estimate
    verdict: Verdict
    headline: str
    explanation: str


def compare_pair(
    references: Sequence[int] | NDArray[np.integer],
    pytorch_logits: NDArray[np.float32],
    tensorflow_logits: NDArray[np.float32],
    labels: Sequence[str],
    *,
    margin: float = MARGIN,
    rounds: int = ROUNDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> PairComparison:
    """Compare two models on the same texts.

    Args:
        references: The right class of each text, 0 to k-1; (n,) integers, n at least 1.
        pytorch_logits: PyTorch's logits, (n, k) finite floats.
        tensorflow_logits: TensorFlow's logits, (n, k) finite floats.
        labels: The k classes, in the order of the columns.
        margin: Differences of accuracy below the margin don't matter; a share between 0 and 1.
        rounds: Number of bootstrap resamples, at least 1.
        seed: Seed of the bootstrap; the same seed gives the same intervals.
        progress: Function called with the finished share, 0 to 1.

    Raises:
        ValueError: There are no texts, or shapes, classes, logits, margin or rounds are invalid.
    """
    a, b = outcomes(references, pytorch_logits), outcomes(references, tensorflow_logits)
    _check_pair(a, b, labels)
    n = len(a.references)
    test, equivalence, detectable = accuracy_tests(a.correct, b.correct, margin)
    sample, replicates = resample([a, b], rounds, seed, progress)
    metrics = {name: _metric(name, a, b, sample, replicates) for name in METRICS}
    metrics[CALIBRATION_ERROR] = _calibration(a, b)
    difference = metrics["accuracy"].difference
    differs = test.p_value <= ALPHA
    verdict = decide(difference.number, differs, equivalence.equivalent)
    return PairComparison(
        n=n,
        rounds=rounds,
        seed=seed,
        metrics=metrics,
        classes=tuple(_class(column, label, a, b, sample, replicates) for column, label in enumerate(labels)),
        mcnemar=test,
        equivalence=equivalence,
        detectable=detectable,
        verdict=verdict,
        headline=verdict.words(n),
        explanation=explain_pair(verdict, difference, n, test.p_value, differs, margin, detectable),
    )


def _check_pair(a: Outcomes, b: Outcomes, labels: Sequence[str]) -> None:
    if a.log_probabilities.shape != b.log_probabilities.shape or a.log_probabilities.shape[1] != len(labels):
        raise ValueError(
            f"the models' logits differ in shape, or do not have one column for each of {len(labels)} labels"
        )
    if not len(a.references):
        raise ValueError("there are no texts to compare the models on")


def accuracy_tests(
    correct_a: NDArray[np.bool_], correct_b: NDArray[np.bool_], margin: float = MARGIN
) -> tuple[McNemar, Equivalence, Estimate]:
    """Compute McNemar's test, the equivalence test, and the smallest difference that would probably be found.

    Args:
        correct_a: Whether model a is right on each text; (n,) bool, n at least 1.
        correct_b: Whether model b is right on each text; (n,) bool.
        margin: Margin of equivalence, a share between 0 and 1.

    Raises:
        ValueError: There are no texts, the shapes differ, or the margin is not between 0 and 1.
    """
    if correct_a.shape != correct_b.shape or correct_a.ndim != 1 or not len(correct_a):
        raise ValueError(f"expected two (n,) arrays of the same texts, not {correct_a.shape} and {correct_b.shape}")
    n = len(correct_a)
    only_a, only_b = _disagreement(correct_a, correct_b)
    p_value = equivalence_p_value(only_a, only_b, n, margin)
    low, high = tango_interval(only_a, only_b, n, 1 - 2 * ALPHA)
    return (
        mcnemar(only_a, only_b),
        Equivalence(margin, p_value, low, high, p_value <= ALPHA),
        detectable(only_a + only_b, n),
    )


def detectable(disagreements: int, n: int) -> Estimate:
    """Return the smallest accuracy difference found with 80 % power; its interval is from the share of disagreement.

    If the texts show less disagreement than that, all disagreement is assumed to favor one model, without an interval.
    """
    shares = (disagreements / n, *wilson_interval(disagreements, n, CONFIDENCE))
    value, low, high = (detectable_difference(share, n, ALPHA) for share in shares)
    if value is None or low is None or high is None:  # all three are None, or none is: it depends on n alone
        return Estimate(None, reason=TOO_FEW)
    return within(value, low, high) if high > low else Estimate(value, reason=HARDLY_DISAGREE)


def _disagreement(right_a: NDArray[np.bool_], right_b: NDArray[np.bool_]) -> tuple[int, int]:
    return int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())


def _metric(name: str, a: Outcomes, b: Outcomes, sample: list[Replicates], replicates: list[Replicates]) -> Comparison:
    values = [float(model.metrics[name][0]) for model in sample]
    resampled = [model.metrics[name] for model in replicates]
    if name in metric_intervals.PROPORTIONS:
        return _proportion(name, a, b)
    difference = values[1] - values[0]
    if name in COUNT_METRICS:
        scale = metric_intervals.scale_of(name, np.bincount(a.references))
        pytorch, tensorflow = (
            metric_intervals.model_interval(
                value, resamples, bool(min(model.correct.sum(), (~model.correct).sum()) < metric_intervals.FEW), scale
            )[0]
            for value, resamples, model in zip(values, resampled, (a, b), strict=True)
        )
        only = _disagreement(a.correct, b.correct)
        paired, method = metric_intervals.difference_interval(
            difference, resampled[1] - resampled[0], *only, len(a.correct), sum(only) < 2 * metric_intervals.FEW, scale
        )
    else:
        pytorch, tensorflow = (
            metric_intervals.mean_loss_interval(getattr(model, name), resamples)
            for resamples, model in zip(resampled, (a, b), strict=True)
        )
        paired, method = metric_intervals.loss_interval(difference, resampled[1] - resampled[0])
    return Comparison(name, pytorch, tensorflow, paired, name in LOWER_IS_BETTER, method)


def _calibration(a: Outcomes, b: Outcomes) -> Comparison:
    errors = [calibration_error(m.correct, m.confidence, equal_mass_bins(m.confidence)) for m in (a, b)]
    pytorch, tensorflow, difference = (
        Estimate(value, reason=metric_intervals.CALIBRATION_BIASED) for value in (*errors, errors[1] - errors[0])
    )
    return Comparison(CALIBRATION_ERROR, pytorch, tensorflow, difference, True, metric_intervals.NO_INTERVAL)


def _proportion(name: str, a: Outcomes, b: Outcomes) -> Comparison:
    if name == "top2_accuracy" and a.log_probabilities.shape[1] == 2:
        one = Estimate(1.0, reason=metric_intervals.TWO_CLASSES)
        none = Estimate(0.0, reason=metric_intervals.TWO_CLASSES)
        return Comparison(name, one, one, none, False, metric_intervals.NO_INTERVAL)
    right = (a.top2, b.top2) if name == "top2_accuracy" else (a.correct, b.correct)
    pytorch, tensorflow = (share(int(model.sum()), len(model)) for model in right)
    return Comparison(name, pytorch, tensorflow, paired_difference(*right), False, metric_intervals.TANGO)


def _class(
    column: int, label: str, a: Outcomes, b: Outcomes, sample: list[Replicates], replicates: list[Replicates]
) -> ClassComparison:
    metrics = {name: _class_metric(name, column, a, b, sample, replicates) for name in CLASS_METRICS}
    return ClassComparison(label, int((a.references == column).sum()), metrics)


def _class_metric(
    name: str, column: int, a: Outcomes, b: Outcomes, sample: list[Replicates], replicates: list[Replicates]
) -> Comparison:
    pytorch, tensorflow = (_class_score(name, model, column) for model in (a, b))
    if pytorch.value is None or tensorflow.value is None:
        difference, method = Estimate(None, reason=CLASS_REASONS[name]), metric_intervals.NO_INTERVAL
    else:
        chosen = a.references == column
        if name != "recall":
            chosen = chosen | (a.predictions == column) | (b.predictions == column)
        right = a.correct[chosen], b.correct[chosen]
        n = int(chosen.sum())
        if name == "recall":
            difference, method = paired_difference(*right), metric_intervals.TANGO
        else:
            value = float(sample[1].classes[name][0, column] - sample[0].classes[name][0, column])
            resampled = replicates[1].classes[name][:, column] - replicates[0].classes[name][:, column]
            scale = metric_intervals.Scale(float(n))
            only = _disagreement(*right)
            few = sum(only) < 2 * metric_intervals.FEW
            difference, method = metric_intervals.difference_interval(value, resampled, *only, n, few, scale)
    return Comparison(name, pytorch, tensorflow, difference, False, method)


def _class_score(name: str, model: Outcomes, column: int) -> Estimate:
    """Return a class's score with Wilson's interval; F1 is 2J / (1 + J) of the Jaccard share J, a share of texts."""
    of_class, as_class = model.references == column, model.predictions == column
    chosen = {"precision": as_class, "recall": of_class, "f1": of_class | as_class}[name]
    n = int(chosen.sum())
    if n == 0:
        return Estimate(None, reason=CLASS_REASONS[name])
    right = share(int((of_class & as_class).sum()), n)
    if name != "f1":
        return right
    value, low, high = (2 * x / (1 + x) for x in (right.number, *right.ends))
    return Estimate(value, low, high)
