"""Test whether two frameworks differ by more than the training runs of one framework do.

Each framework was trained with several seeds. All runs are evaluated on the same texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.stats import metric_intervals
from bakeoff.stats.bootstrap import ROUNDS, Progress, resample
from bakeoff.stats.confusion_counts import COUNT_METRICS, LOWER_IS_BETTER, METRICS, ONE_CLASS
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.outcomes import outcomes
from bakeoff.stats.proportions import CONFIDENCE
from bakeoff.stats.run_bootstrap import Runs, crossed_replicates, permutation_test
from eval.quality.verdict import ALPHA, MARGIN, Verdict, decide, explain_seeds

ONE_SEED = "one run of a framework doesn't show how much its runs vary"


@dataclass(frozen=True)
class SeedComparison:
    """One metric of all runs.

    Attributes:
        name: Name of the metric.
        pytorch: Mean over PyTorch's runs; the 95 % interval covers other seeds and other texts.
        tensorflow: Mean over TensorFlow's runs; the 95 % interval covers other seeds and other texts.
        difference: TensorFlow minus PyTorch; the 95 % interval covers other seeds and other texts.
        pytorch_runs: Metric of each PyTorch run; None where it is undefined.
        tensorflow_runs: Metric of each TensorFlow run; None where it is undefined.
        pytorch_spread: Standard deviation between the PyTorch runs, on these texts.
        tensorflow_spread: Standard deviation between the TensorFlow runs, on these texts.
        p_value: Two-sided permutation test of the frameworks' names over the runs, on these texts. Its reason says
            if there are too few runs to ever reach 0.05.
        lower_is_better: Whether the metric is a loss.
    """

    name: str
    pytorch: Estimate
    tensorflow: Estimate
    difference: Estimate
    pytorch_runs: tuple[float | None, ...]
    tensorflow_runs: tuple[float | None, ...]
    pytorch_spread: Estimate
    tensorflow_spread: Estimate
    p_value: Estimate
    lower_is_better: bool


@dataclass(frozen=True)
class FrameworkComparison:
    """A comparison of two frameworks over several training runs; `dataclasses.asdict` makes it ready for JSON.

    Attributes:
        n: Number of texts.
        pytorch_runs: Number of PyTorch runs.
        tensorflow_runs: Number of TensorFlow runs.
        rounds: Number of bootstrap resamples.
        seed: Seed of the bootstrap.
        metrics: Comparison of each of `confusion_counts.METRICS`.
        margin: Margin of equivalence, a share of accuracy.
        low: Lower end of the 90 % interval of the difference of accuracy; None with one run of a framework.
        high: Upper end of the 90 % interval of the difference of accuracy.
        larger_than_seeds: Whether the 95 % interval of the difference of accuracy excludes 0.
        verdict: One of the four verdicts.
        headline: The verdict in words.
        explanation: The reason for the verdict in one sentence.
    """

    n: int
    pytorch_runs: int
    tensorflow_runs: int
    rounds: int
    seed: int
    metrics: dict[str, SeedComparison]
    margin: float
    low: float | None
    high: float | None
    larger_than_seeds: bool
    verdict: Verdict
    headline: str
    explanation: str


def compare_seeds(
    references: Sequence[int] | NDArray[np.integer],
    pytorch_logits: Sequence[NDArray[np.float32]],
    tensorflow_logits: Sequence[NDArray[np.float32]],
    *,
    margin: float = MARGIN,
    rounds: int = ROUNDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> FrameworkComparison:
    """Compare two frameworks over several runs each with a hierarchical bootstrap; see `crossed_replicates`.

    Args:
        references: The right class of each text, 0 to k-1; (n,) integers, n at least 1.
        pytorch_logits: Logits of each PyTorch run, (n, k) finite floats, at least one run.
        tensorflow_logits: Logits of each TensorFlow run, (n, k) finite floats; the number of runs may differ.
        margin: Differences of accuracy below the margin don't matter; a share between 0 and 1.
        rounds: Number of bootstrap resamples, at least 1.
        seed: Seed of the bootstrap; the same seed gives the same intervals.
        progress: Function called with the finished share, 0 to 1.

    Raises:
        ValueError: There are no runs or no texts, or shapes, classes, logits, margin or rounds are invalid.
    """
    if not len(pytorch_logits) or not len(tensorflow_logits) or not 0 < margin < 1:
        raise ValueError("expected at least one run of each framework, and a margin between 0 and 1")
    models = [outcomes(references, logits) for logits in (*pytorch_logits, *tensorflow_logits)]
    sample, replicates = resample(models, rounds, seed, progress)
    generator = np.random.default_rng([seed, 1])
    groups = []
    for part in (slice(len(pytorch_logits)), slice(len(pytorch_logits), None)):
        s = len(models[part])
        drawn = generator.integers(0, s, size=(rounds, max(1, s - 1)))
        groups.append(Runs(models[part], sample[part], replicates[part], drawn))
    pytorch, tensorflow = groups
    metrics = {name: _compare(name, pytorch, tensorflow) for name in METRICS}
    return _concluded(pytorch, tensorflow, metrics, margin, rounds, seed)


def _compare(name: str, a: Runs, b: Runs) -> SeedComparison:
    return SeedComparison(
        name=name,
        pytorch=_framework(name, a),
        tensorflow=_framework(name, b),
        difference=difference(name, a, b, CONFIDENCE),
        pytorch_runs=_defined(a.values(name)),
        tensorflow_runs=_defined(b.values(name)),
        pytorch_spread=_spread(a.values(name)),
        tensorflow_spread=_spread(b.values(name)),
        p_value=permutation_test(a.values(name), b.values(name)),
        lower_is_better=name in LOWER_IS_BETTER,
    )


def _defined(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)


def _framework(name: str, runs: Runs) -> Estimate:
    value = float(runs.values(name).mean())
    if len(runs.models) == 1 or np.isnan(value):
        return _without_interval(value)
    replicates = crossed_replicates(name, [(runs, 1)], CONFIDENCE)
    if _is_trivial(name, runs):
        return Estimate(value, reason=metric_intervals.TWO_CLASSES)
    if name not in COUNT_METRICS and name != "top2_accuracy":
        return metric_intervals.loss_interval(value, replicates)[0]
    right = [int(model.correct.sum()) for model in runs.models]
    few = min(sum(right), len(right) * len(runs.models[0].correct) - sum(right)) < metric_intervals.FEW
    scale = metric_intervals.scale_of(name, np.bincount(runs.models[0].references))
    return metric_intervals.model_interval(value, replicates, few, scale)[0]


def difference(name: str, a: Runs, b: Runs, confidence: float) -> Estimate:
    """Return the mean metric of b's runs minus that of a's, with an interval for other seeds and other texts."""
    value = float(b.values(name).mean() - a.values(name).mean())
    if min(len(a.models), len(b.models)) == 1 or np.isnan(value):
        return _without_interval(value)
    if _is_trivial(name, a):
        return Estimate(value, reason=metric_intervals.TWO_CLASSES)
    replicates = crossed_replicates(name, [(a, -1), (b, 1)], confidence)
    if name not in COUNT_METRICS and name != "top2_accuracy":
        return metric_intervals.loss_interval(value, replicates)[0]
    right_a, right_b = a.share_right(), b.share_right()
    only = float((right_a * (1 - right_b)).sum()), float((right_b * (1 - right_a)).sum())
    few = sum(only) * min(len(a.models), len(b.models)) < 2 * metric_intervals.FEW
    scale = metric_intervals.scale_of(name, np.bincount(a.models[0].references))
    return metric_intervals.difference_interval(value, replicates, *only, len(right_a), few, scale, confidence)[0]


def _is_trivial(name: str, runs: Runs) -> bool:
    return name == "top2_accuracy" and runs.models[0].log_probabilities.shape[1] == 2


def _without_interval(value: float) -> Estimate:
    return Estimate(None, reason=ONE_CLASS) if np.isnan(value) else Estimate(value, reason=ONE_SEED)


def _spread(values: NDArray[np.float64]) -> Estimate:
    if len(values) == 1 or np.isnan(values).any():
        return Estimate(None, reason=ONE_SEED if len(values) == 1 else ONE_CLASS)
    return Estimate(float(values.std(ddof=1)))


def _concluded(
    a: Runs,
    b: Runs,
    metrics: dict[str, SeedComparison],
    margin: float,
    rounds: int,
    seed: int,
) -> FrameworkComparison:
    n, runs = len(a.models[0].references), (len(a.models), len(b.models))
    wide, narrow = metrics["accuracy"].difference, difference("accuracy", a, b, 1 - 2 * ALPHA)
    defined = wide.interval is not None and narrow.interval is not None
    larger = defined and not wide.ends[0] <= 0 <= wide.ends[1]
    equivalent = defined and -margin < narrow.ends[0] and narrow.ends[1] < margin
    verdict = decide(wide.number, larger, equivalent)
    if defined:
        spreads = [metrics["accuracy"].pytorch_spread.number, metrics["accuracy"].tensorflow_spread.number]
        explanation = explain_seeds(verdict, wide, float(np.sqrt(np.mean(np.square(spreads)))), runs, margin)
    else:
        explanation = f"At least two runs of each framework are needed for a comparison: {ONE_SEED}."
    return FrameworkComparison(
        n=n,
        pytorch_runs=runs[0],
        tensorflow_runs=runs[1],
        rounds=rounds,
        seed=seed,
        metrics=metrics,
        margin=margin,
        low=narrow.low,
        high=narrow.high,
        larger_than_seeds=larger,
        verdict=verdict,
        headline=verdict.words(n),
        explanation=explanation,
    )
