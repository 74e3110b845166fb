"""Score two alternatives over several criteria, with pure functions.

The score is the weighted sum of positions on meaningful ranges: the additive model of multi-attribute value theory
(Keeney and Raiffa 1976, "Decisions with Multiple Objectives", chapter 3).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from decide.criteria.criteria import RATINGS, STRONGEST
from decide.evidence.compared import HALVES


def rated(rating: int, strongest: float = STRONGEST) -> NDArray[np.float64]:
    """Return the positions (2,) for an opinion from -2 (PyTorch) to 2 (TensorFlow); at most `strongest` apart."""
    half = rating / max(RATINGS) * strongest / 2
    return np.array([0.5 - half, 0.5 + half])


def weighted_sum(positions: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Return the sum of positions (..., k) by weights (k,) or (..., k), which are normalized to 1."""
    weights = np.asarray(weights, dtype=np.float64)
    return np.asarray((np.asarray(positions) * weights).sum(axis=-1) / weights.sum(axis=-1))


def share_weights(weights: Mapping[str, float], groups: Mapping[str, str]) -> dict[str, float]:
    """Let criteria that measure the same property share the weight of the heaviest, in proportion to their weights.

    Otherwise the number of its criteria would decide how much a property counts.

    Args:
        weights: weight by criterion.
        groups: the property that each criterion measures; a criterion that is missing is alone.
    """
    heaviest: dict[str, float] = {}
    total: dict[str, float] = {}
    for key, weight in weights.items():
        group = groups.get(key, key)
        heaviest[group] = max(heaviest.get(group, 0.0), weight)
        total[group] = total.get(group, 0.0) + weight
    shares = {group: heaviest[group] / total[group] if total[group] else 0.0 for group in total}
    return {key: weight * shares[groups.get(key, key)] for key, weight in weights.items()}


def simplex(keys: Sequence[str], groups: Sequence[str], seed: int = 0) -> NDArray[np.float64]:
    """Draw weightings (2 * HALVES, k) that sum to 1: Dirichlet(1) over the groups, and Dirichlet(1) within each group.

    The second half repeats the first and is combined with draws of the opposite sign. So swapping the frameworks
    mirrors the result.

    Every weighting is as likely as any other, as in SMAA-2 (Lahdelma and Salminen 2001), and criteria that measure the
    same property share the weight of one.

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
