"""One criterion of the two frameworks as positions on its scale, which the scoring adds up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from decide.criteria.criterion import Scale

HALVES = 1_000  # number of draws; each is used with the opposite sign too, so that swapping the frameworks mirrors all
REACH = 1.959964  # standard deviations from the middle to the end of a 95 % interval


@dataclass(frozen=True)
class Compared:
    """A comparison of the two frameworks on one criterion.

    Attributes:
        key: the criterion. Its random draws depend on the key and the seed only.
        scale: the range of the criterion.
        values: PyTorch's value and TensorFlow's value.
        gap: TensorFlow's value minus PyTorch's on the scale's axis: a difference, or the logarithm of a ratio.
        low: lower end of the gap's 95 % interval.
        high: upper end of that interval; `low`, `gap` and `high` are equal if the numbers are exact.
        settled: whether the interval can settle who is ahead. It can't if the numbers were taken under load or once.
        measures: the property that it measures together with correlated criteria; empty if there are no others.
    """

    key: str
    scale: Scale
    values: tuple[float, float]
    gap: float
    low: float
    high: float
    settled: bool = True
    measures: str = ""

    @property
    def together(self) -> str:
        """The property that the criterion measures: the same for correlated criteria, and unique otherwise."""
        return self.measures or self.key

    @property
    def tie(self) -> bool:
        """Whether the gap may be noise: its interval includes 0."""
        return self.low <= 0 <= self.high

    def positions(self, gaps: ArrayLike) -> NDArray[np.float64]:
        """Return positions (..., 2) of both frameworks for gaps (...) around the midpoint of the two values."""
        middle = sum(map(self.scale.axis, self.values)) / 2
        half = np.asarray(gaps, dtype=np.float64) / 2
        return self.scale.positions(np.stack([middle - half, middle + half], axis=-1))

    @property
    def same(self) -> bool:
        """Whether no difference is worth acting on: the interval is settled and lies inside the scale's margin."""
        return self.settled and max(abs(self.low), abs(self.high)) <= self.scale.margin

    def drawn(self, seed: int = 0) -> NDArray[np.float64]:
        """Draw positions (2 * HALVES, 2) from the gap's interval.

        Both frameworks have the same position in every draw if no difference is worth acting on. What is not settled is
        drawn too, because noise adds uncertainty.

        Half of the draws lie below the gap and half above, and each half is normal. So their median is the gap, and
        their middle 95 % is the interval. (The two-piece normal of Wallis 2014 gives each side a mass in proportion to
        its standard deviation. There the gap is the mode of the draws, but not their median.)
        """
        if self.same:
            return np.repeat(self.positions(0.0)[None], 2 * HALVES, axis=0)
        half = np.random.default_rng([seed, *self.key.encode()]).standard_normal(HALVES)
        unit = np.concatenate([half, -half]) / REACH
        return self.positions(self.gap + unit * np.where(unit > 0, self.high - self.gap, self.gap - self.low))
