"""Score two alternatives over several criteria, with pure functions.

The score is the weighted sum of positions on meaningful ranges: the additive model of multi-attribute value theory
(Keeney and Raiffa 1976, "Decisions with Multiple Objectives", chapter 3). TOPSIS (Hwang and Yoon 1981, "Multiple
Attribute Decision Making", chapter 3), which uses no ranges, is the cross-check.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from decide.criteria.criteria import RATINGS, STRONGEST
from decide.evidence.compared import HALVES


def rated(rating: int) -> NDArray[np.float64]:
    """Return the positions (2,) for an opinion from -2 (PyTorch) to 2 (TensorFlow); at most STRONGEST apart."""
    half = rating / max(RATINGS) * STRONGEST / 2
    return np.array([0.5 - half, 0.5 + half])


def weighted_sum(positions: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Return the sum of positions (..., k) by weights (k,) or (..., k), which are normalized to 1."""
    weights = np.asarray(weights, dtype=np.float64)
    return np.asarray((np.asarray(positions) * weights).sum(axis=-1) / weights.sum(axis=-1))


def topsis(values: ArrayLike, weights: ArrayLike, higher_is_better: Sequence[bool]) -> NDArray[np.float64]:
    """Return the closeness (m,) of m alternatives to the ideal one, from 0 to 1; 0.5 for all if they are equal.

    Args:
        values: values (m, k) in each criterion's unit.
        weights: weights (k,), not negative and not all 0.
        higher_is_better: one flag per criterion.
    """
    values, weights = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    lengths = np.sqrt((values**2).sum(axis=0))
    weighted = values / np.where(lengths > 0, lengths, 1) * weights / weights.sum()
    upwards = np.where(higher_is_better, weighted, -weighted)
    to_ideal = np.sqrt(((upwards - upwards.max(axis=0)) ** 2).sum(axis=1))
    to_worst = np.sqrt(((upwards - upwards.min(axis=0)) ** 2).sum(axis=1))
    both = to_ideal + to_worst
    return np.where(both > 0, to_worst / np.where(both > 0, both, 1), 0.5)


def simplex(keys: Sequence[str], groups: Sequence[str], seed: int = 0) -> NDArray[np.float64]:
    """Draw weightings (2 * HALVES, k) that sum to 1: Dirichlet(1) over the groups, and Dirichlet(1) within each group.

    The second half repeats the first and is combined with draws of the opposite sign. So swapping the frameworks
    mirrors the result.

    Every weighting is as likely as any other, as in SMAA-2 (Lahdelma and Salminen 2001). But criteria that measure the
    same property share the weight of one, such as the four criteria of classification speed. Otherwise the number of
    its criteria would decide how much a property counts.

    Args:
        keys: the criteria.
        groups: the property that each criterion measures.
        seed: the seed of the draws.
    """
    shares = np.stack([_gammas(1, key, seed) for key in keys], axis=-1)
    outer = {group: _gammas(2, group, seed) for group in groups}
    total = np.sum([outer[group] for group in sorted(outer)], axis=0)
    weights = np.empty_like(shares)
    for group, weight in outer.items():
        members = [column for column, own_group in enumerate(groups) if own_group == group]
        within = shares[:, members] / shares[:, members].sum(axis=1, keepdims=True)
        weights[:, members] = within * (weight / total)[:, None]
    return np.concatenate([weights, weights])


def _gammas(stream: int, name: str, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng([seed, stream, *name.encode()]).standard_exponential(HALVES)
