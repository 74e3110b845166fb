"""Resample both texts and trainings: estimate how a mean over several runs varies with other seeds and other texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from bakeoff.stats.bootstrap import UNDEFINED_SHARE, Replicates
from bakeoff.stats.confusion_counts import ONE_CLASS
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.outcomes import Outcomes

MAX_RELABELLINGS = 20_000  # if there are more relabellings, this number of random ones is drawn


@dataclass(frozen=True)
class Runs:
    """All runs of one framework, evaluated on the same texts.

    Attributes:
        models: the outcomes of each run.
        sample: the metrics of each run on the texts.
        replicates: the metrics of each run on the resampled texts, which are the same for all runs.
        drawn: the runs that each round draws; (rounds, runs - 1) int64, or (rounds, 1) if there is a single run.
    """

    models: list[Outcomes]
    sample: list[Replicates]
    replicates: list[Replicates]
    drawn: NDArray[np.int64]

    def values(self, name: str) -> NDArray[np.float64]:
        """Return a metric of each run; (runs,), NaN where it is not defined."""
        return np.array([run.metrics[name][0] for run in self.sample])

    def resampled(self, name: str) -> NDArray[np.float64]:
        """Return a metric of each run on the resampled texts; (runs, rounds)."""
        return np.stack([run.metrics[name] for run in self.replicates])

    def share_right(self) -> NDArray[np.float64]:
        """Return the share of runs that get each text right; (n,)."""
        return np.asarray(np.mean([model.correct for model in self.models], axis=0))


def crossed_replicates(name: str, groups: Sequence[tuple[Runs, int]], confidence: float) -> NDArray[np.float64]:
    """Return replicates (rounds,) of a signed sum of the frameworks' mean metrics, with texts and runs resampled.

    Each round resamples the texts, the same for all runs, and the runs within each framework. It draws s-1 of s runs,
    which gives the variance of a mean of s its correct size (Rao and Wu 1988).

    Runs differ on the observed texts for two reasons: their seeds, and the texts that they happen to miss. The
    resampled texts already show the second. If it were counted twice, an interval would cover up to 100 % in simulation
    (Owen 2007). So the part of the resampled runs is shrunk to the first reason.

    The replicates are then stretched by Student's t ÷ the normal quantile, with Welch and Satterthwaite's degrees of
    freedom, because five runs estimate their own variance badly.

    Args:
        name: the metric, which must be defined on every run.
        groups: the frameworks with at least two runs each, and the sign of their mean.
        confidence: confidence level of the interval that will be computed.
    """
    value = sum(sign * runs.values(name).mean() for runs, sign in groups)
    of_texts = np.sum([sign * runs.resampled(name).mean(axis=0) for runs, sign in groups], axis=0)
    if np.isnan(of_texts).mean() > UNDEFINED_SHARE:
        return np.asarray(of_texts)
    of_runs = sum(
        sign * (runs.values(name)[runs.drawn].mean(axis=1) - runs.values(name).mean()) for runs, sign in groups
    )
    parts = np.array([runs.values(name).var(ddof=1) / len(runs.models) for runs, _ in groups])
    counted_twice = sum(_variance_of_misses(runs.resampled(name)) for runs, _ in groups)
    pure = max(0.0, parts.sum() - counted_twice)
    shrink = np.sqrt(pure / parts.sum()) if parts.sum() > 0 else 0.0
    total = pure + np.nanvar(of_texts)
    uncertainty = sum(part**2 / (len(runs.models) - 1) for part, (runs, _) in zip(parts, groups, strict=True))
    freedom = total**2 / uncertainty if uncertainty > 0 else np.inf
    fewest = sum(len(runs.models) - 1 for runs, _ in groups)
    quantile = (1 + confidence) / 2
    stretch = t.ppf(quantile, max(freedom, fewest)) / norm.ppf(quantile)
    return np.asarray(value + (of_texts - value + shrink * of_runs) * stretch)


def _variance_of_misses(resampled: NDArray[np.float64]) -> float:
    """Return the part of the variance of the mean over runs that comes from the texts that each run happens to miss.

    Args:
        resampled: a metric of each run on the resampled texts; (runs, rounds).
    """
    runs = len(resampled)
    own = resampled - resampled.mean(axis=0)
    return float(np.nanvar(own, axis=1).sum() / (runs - 1) / runs)


def permutation_test(a: NDArray[np.float64], b: NDArray[np.float64], level: float = 0.05, seed: int = 0) -> Estimate:
    """Return the two-sided p-value of equal means under relabelling of the runs' frameworks (Fisher 1935).

    All relabellings are counted, or 20,000 random ones if there are more.

    Args:
        a: a metric of each run of one framework; (s,).
        b: the metric of each run of the other framework; (u,).
        level: significance level. If so few runs can never reach it, the reason of the result says so.
        seed: seed of the random relabellings.
    """
    if not len(a) or not len(b):
        return Estimate(None, reason="there are no runs")
    if np.isnan(a).any() or np.isnan(b).any():
        return Estimate(None, reason=ONE_CLASS)
    pooled = np.concatenate([a, b])
    relabellings = comb(len(pooled), len(a))
    if relabellings <= MAX_RELABELLINGS:
        groups, observed_too = np.array(list(combinations(range(len(pooled)), len(a)))), 0  # includes the observed one
    else:
        order = np.tile(np.arange(len(pooled)), (MAX_RELABELLINGS, 1))
        groups, observed_too = np.random.default_rng(seed).permuted(order, axis=1)[:, : len(a)], 1
    sums = pooled[groups].sum(axis=1)
    distances = np.abs((pooled.sum() - sums) / len(b) - sums / len(a))
    as_far = (distances >= abs(b.mean() - a.mean()) - 1e-12).sum()
    smallest = (2 if len(a) == len(b) else 1) / relabellings
    few = f"{len(a)} and {len(b)} runs can't give less than {smallest:.2g}" if smallest > level else ""
    return Estimate(float((as_far + observed_too) / (len(groups) + observed_too)), reason=few)
