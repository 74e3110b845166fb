"""Scoring two alternatives over several criteria: pure functions.

Weighted sum of positions on meaningful ranges, the additive model of multi-attribute value theory (Keeney and Raiffa
1976, "Decisions with Multiple Objectives", chapter 3), and TOPSIS (Hwang and Yoon 1981, "Multiple Attribute
Decision Making", chapter 3) as a cross-check, which knows no ranges.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from decide.criteria.criteria import RATINGS, STRONGEST
from decide.evidence.compared import HALVES


def rated(rating: int) -> NDArray[np.float64]:
    """Positions (2,) that an opinion from -2 (PyTorch) to 2 (TensorFlow) gives both: at most STRONGEST apart."""
    half = rating / max(RATINGS) * STRONGEST / 2
    return np.array([0.5 - half, 0.5 + half])


def weighted_sum(positions: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """The sum of positions (..., k) by weights (k,) or (..., k), which are normalised to 1."""
    weights = np.asarray(weights, dtype=np.float64)
    return (np.asarray(positions) * weights).sum(axis=-1) / weights.sum(axis=-1)


def topsis(values: ArrayLike, weights: ArrayLike, higher_is_better: Sequence[bool]) -> NDArray[np.float64]:
    """Closeness (m,) of m alternatives to the ideal one, 0 to 1; one half for all where they don't differ.

    Args:
        values: (m, k) in each criterion's unit.
        weights: (k,), not negative and not all 0.
        higher_is_better: of each criterion.
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
    """Weightings (2 * HALVES, k) that sum to 1: Dirichlet(1) over the groups, and within each group Dirichlet(1) again.

    The second half repeats the first and meets draws of the opposite sign: swapping the frameworks mirrors the result.

    Every weighting is as likely as any other, as in SMAA-2 (Lahdelma and Salminen 2001), but criteria that measure the
    same thing, such as four of how fast a text is classified, share the weight of one: counting it four times would
    let the number of its criteria decide.

    Args:
        keys: of the criteria.
        groups: what each of them measures.
        seed: of the draws.
    """
    shares = np.stack([_gammas(1, key, seed) for key in keys], axis=-1)
    outer = {group: _gammas(2, group, seed) for group in groups}
    whole = sum(outer[group] for group in sorted(outer))
    out = np.empty_like(shares)
    for group, weight in outer.items():
        within = [number for number, each in enumerate(groups) if each == group]
        out[:, within] = shares[:, within] / shares[:, within].sum(axis=1, keepdims=True) * (weight / whole)[:, None]
    return np.concatenate([out, out])


def _gammas(stream: int, name: str, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng([seed, stream, *name.encode()]).standard_exponential(HALVES)
