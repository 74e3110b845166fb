"""Scoring two alternatives over several criteria: pure functions.

Weighted sum of positions on meaningful ranges, the additive model of multi-attribute value theory (Keeney and Raiffa
1976, "Decisions with Multiple Objectives", chapter 3), and TOPSIS (Hwang and Yoon 1981, "Multiple Attribute
Decision Making", chapter 3) as a cross-check, which knows no ranges.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from decide.criteria.criteria import RATINGS, STRONGEST
from decide.criteria.criterion import Scale

HALVES = 1_000  # draws, and as many of the opposite sign: swapping the frameworks then mirrors every result
REACH = 1.959964  # standard deviations from the middle to the end of a 95 % interval


@dataclass(frozen=True)
class Compared:
    """Two frameworks on one criterion.

    Attributes:
        key: of the criterion; its draws depend on it and on nothing else.
        scale: its range.
        values: PyTorch's and TensorFlow's.
        gap: TensorFlow's value minus PyTorch's on the scale's axis (a difference, or the logarithm of a ratio).
        low: lower end of the gap's 95 % interval.
        high: upper end; equal to `gap` and `low` where the numbers are exact.
    """

    key: str
    scale: Scale
    values: tuple[float, float]
    gap: float
    low: float
    high: float

    @property
    def tie(self) -> bool:
        """Whether the gap may be noise: its interval holds 0."""
        return self.low <= 0 <= self.high

    def positions(self, gaps: ArrayLike) -> NDArray[np.float64]:
        """Positions (..., 2) of both frameworks for gaps (...) around what they have in common."""
        middle = sum(map(self.scale.axis, self.values)) / 2
        half = np.asarray(gaps, dtype=np.float64) / 2
        return self.scale.positions(np.stack([middle - half, middle + half], axis=-1))

    def central(self) -> NDArray[np.float64]:
        """Positions (2,) of both; equal in a tie."""
        return self.positions(0.0 if self.tie else self.gap)

    @property
    def same(self) -> bool:
        """Whether no difference worth acting on is left: the interval lies inside the scale's margin."""
        return max(abs(self.low), abs(self.high)) <= self.scale.margin

    def drawn(self, seed: int = 0) -> NDArray[np.float64]:
        """Positions (2 * HALVES, 2), drawn from the gap's interval; of ties too, as noise makes a result less sure.

        Half of the draws lie below the gap and half above, each half normal: their median is the gap, and their middle
        95 % the interval. (The two-piece normal of Wallis 2014 gives each side a mass in proportion to its standard
        deviation: the gap is then its mode, but not the middle of what it draws.)
        """
        half = np.random.default_rng([seed, *self.key.encode()]).standard_normal(HALVES)
        unit = np.concatenate([half, -half]) / REACH
        return self.positions(self.gap + unit * np.where(unit > 0, self.high - self.gap, self.gap - self.low))


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


def square_and_add(gap: float, first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Ends of the interval of a difference of two independent estimates (Zou and Donner 2008's MOVER).

    Args:
        gap: the second minus the first.
        first: how far the first's interval reaches below and above it.
        second: likewise.
    """
    return gap - float(np.hypot(second[0], first[1])), gap + float(np.hypot(second[1], first[0]))
