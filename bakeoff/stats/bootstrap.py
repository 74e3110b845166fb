"""Paired bootstrap: resample the same texts for every model, thousands of rounds per second.

Every metric follows from sums over texts: counts per class, and losses. One sparse matrix product gives all sums of all
models for many rounds. Its factors are the contribution of each text and the number of times each text was drawn.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.stats import norm

from bakeoff.stats.confusion_counts import class_scores, count_scores
from bakeoff.stats.outcomes import Outcomes

ROUNDS = 2000
UNDEFINED_SHARE = 0.05  # if a larger share of the resamples leaves a metric undefined, it gets no interval
DRAWS_AT_ONCE = 2_000_000  # number of texts drawn before they are summed: about 60 MB

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Replicates:
    """The metrics of one model on the sample itself or on r resamples.

    Attributes:
        metrics: metric name to (r,) float64; NaN where a resample leaves the metric undefined.
        classes: "precision", "recall" and "f1" to (r, k) float64; NaN where a resample leaves the metric undefined.
    """

    metrics: dict[str, NDArray[np.float64]]
    classes: dict[str, NDArray[np.float64]]


def resample(
    models: Sequence[Outcomes],
    rounds: int = ROUNDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[list[Replicates], list[Replicates]]:
    """Compute all metrics of all models on the sample and on its resamples.

    Args:
        models: the outcomes of each model on the same n texts, with n at least 1.
        rounds: number of resamples, at least 1.
        seed: seed of the draws. The same seed and n draw the same texts.
        progress: function that is called with the finished share, from 0 to 1.

    Returns:
        The metrics of each model on the sample (r = 1), and those on the resamples (r = rounds).

    Raises:
        ValueError: there are no texts or no rounds, or the models' texts differ.
    """
    references = models[0].references
    n, k = models[0].log_probabilities.shape
    if n == 0 or rounds < 1:
        raise ValueError(f"a bootstrap needs texts and rounds, not {n} texts and {rounds} rounds")
    if any(model.log_probabilities.shape != (n, k) or (model.references != references).any() for model in models):
        raise ValueError("the models were not evaluated on the same texts and classes")
    blocks = [_one_hot(references, k)]
    for model in models:
        blocks += _contributions(model, k)
    matrix = vstack(blocks, format="csr")
    sample = matrix.sum(axis=1)[None, :]
    sums = np.concatenate([matrix @ drawn for drawn in draws(n, rounds, seed, progress)], axis=1).T
    heights = [block.shape[0] for block in blocks]
    return _replicates(sample, heights), _replicates(sums, heights)


def draws(n: int, rounds: int, seed: int, progress: Progress | None = None) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of n texts is drawn, in float64 chunks (n, rounds of the chunk) whose columns sum to n."""
    generator = np.random.default_rng(seed)
    at_once = max(1, min(rounds, DRAWS_AT_ONCE // n))
    for start in range(0, rounds, at_once):
        size = min(at_once, rounds - start)
        drawn = generator.integers(0, n, size=(size, n), dtype=np.int64)
        drawn += n * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        yield np.ascontiguousarray(counts.T, dtype=np.float64)
        if progress:
            progress((start + size) / rounds)


def percentile_interval(values: NDArray[np.float64], confidence: float) -> tuple[float, float] | None:
    """Return the middle part of the replicates (r,) (Efron and Tibshirani 1993, chapter 13).

    The result is None if more than 5 % of the replicates are undefined: the others would be a biased choice.
    """
    defined = values[~np.isnan(values)]
    return None if len(defined) < (1 - UNDEFINED_SHARE) * len(values) else middle_part(defined, confidence)


def middle_part(values: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return the ends of the middle part of replicates (r,), all of which are defined."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def bca_interval(
    values: NDArray[np.float64], replicates: NDArray[np.float64], confidence: float
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval of a mean (Efron 1987), which follows the losses' skewness.

    Args:
        values: the value of each text; (n,).
        replicates: the mean of each resample; (r,).
        confidence: confidence level, between 0 and 1.
    """
    mean = values.mean()
    below = (replicates < mean).mean() + (replicates == mean).mean() / 2
    shift = norm.ppf(np.clip(below, 1 / len(replicates), 1 - 1 / len(replicates))) if len(replicates) > 1 else 0.0
    deviations = values - mean
    spread = (deviations**2).sum()
    acceleration = (deviations**3).sum() / (6 * spread**1.5) if spread > 0 else 0.0
    z = norm.ppf((1 + confidence) / 2) * np.array([-1, 1]) + shift
    ends = norm.cdf(shift + z / (1 - acceleration * z))
    low, high = np.quantile(replicates, ends)
    return float(low), float(high)


def _one_hot(columns: NDArray[np.int64], k: int, values: NDArray[np.float64] | None = None) -> csr_array:
    """Return a matrix (k, n) with one entry per text: 1, or the text's value."""
    n = len(columns)
    return csr_array((np.ones(n) if values is None else values, (columns, np.arange(n))), shape=(k, n))


def _contributions(model: Outcomes, k: int) -> list[csr_array]:
    correct = model.correct.astype(np.float64)
    means = csr_array(np.stack([correct, model.top2, model.log_loss, model.brier_loss]))
    return [
        _one_hot(model.references, k, correct),
        _one_hot(model.predictions, k),
        means,
    ]


def _replicates(sums: NDArray[np.float64], heights: list[int]) -> list[Replicates]:
    """Return the metrics of each model, from the sums (r, heights of all blocks)."""
    support, *parts = np.split(sums, np.cumsum(heights)[:-1], axis=1)
    texts = support.sum(axis=1)
    replicates = []
    for correct, predicted, means in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
        metrics = count_scores(correct, predicted, support)
        for column, name in enumerate(("accuracy", "top2_accuracy", "log_loss", "brier_loss")):
            metrics[name] = means[:, column] / texts
        replicates.append(Replicates(metrics, class_scores(correct, predicted, support)))
    return replicates
