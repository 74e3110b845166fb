"""Two frameworks on one criterion, as positions on its scale: what the scoring adds up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
