"""Paired bootstrap: the same resampled texts for every model, thousands of rounds in a second.

Every metric follows from sums over texts: counts a class, and losses. One sparse product of the texts' contributions
with how often each text was drawn gives all sums of all models for many rounds.
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
UNDEFINED_SHARE = 0.05  # of the resamples, beyond which there is no interval
DRAWS_AT_ONCE = 2_000_000  # texts drawn before they are summed: about 60 MB

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Replicates:
    """One model's metrics, of the sample itself or of r resamples.

    Attributes:
        metrics: name to (r,) float64; NaN where a resample leaves the metric undefined.
        classes: "precision", "recall", "f1" to (r, k) float64; NaN likewise.
    """

    metrics: dict[str, NDArray[np.float64]]
    classes: dict[str, NDArray[np.float64]]


def resample(
    models: Sequence[Outcomes],
    rounds: int = ROUNDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[list[Replicates], list[Replicates]]:
    """All metrics of all models on the sample and on its resamples.

    Args:
        models: results on the same n texts, n at least 1.
        rounds: resamples, at least 1.
        seed: of the draws; the same seed and n draw the same texts.
        progress: called with the finished share, 0 to 1.

    Returns:
        For each model its metrics on the sample (r = 1), and on the resamples (r = rounds).

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
    """How often each of n texts is drawn in each round, in chunks (n, rounds of the chunk) float64 that sum to n."""
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
    """The middle part of the replicates (r,) (Efron and Tibshirani 1993, chapter 13).

    None if more than 5 % of them are undefined: what is left would be a biased choice.
    """
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - UNDEFINED_SHARE) * len(values):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def bca_interval(
    values: NDArray[np.float64], replicates: NDArray[np.float64], confidence: float
) -> tuple[float, float]:
    """Bias-corrected and accelerated interval of a mean (Efron 1987): follows the skewness of the losses.

    Args:
        values: of each text; (n,).
        replicates: of their mean; (r,).
        confidence: between 0 and 1.
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


def _one_hot(columns: NDArray[np.int64], k: int, values: NDArray | None = None) -> csr_array:
    """(k, n) with one entry a text, 1 or its value."""
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
    """Metrics of each model from all sums (r, all heights)."""
    support, *parts = np.split(sums, np.cumsum(heights)[:-1], axis=1)
    texts = support.sum(axis=1)
    out = []
    for correct, predicted, means in zip(*[iter(parts)] * 3, strict=True):
        metrics = count_scores(correct, predicted, support)
        for column, name in enumerate(("accuracy", "top2_accuracy", "log_loss", "brier_loss")):
            metrics[name] = means[:, column] / texts
        out.append(Replicates(metrics, class_scores(correct, predicted, support)))
    return out
