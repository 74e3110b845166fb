"""What a criterion is, and the scale that makes positions of its values."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Scale:
    """A range of values, and how they become positions from 0 (its worst end) to 1 (its best end).

    Attributes:
        worst: what one would hardly accept. Worse than that is still worse: the position is negative.
        best: what one can't wish better. Better than that counts as the best.
        logarithmic: whether equal ratios, not equal differences, count the same.
        why: why these ends.
        least: the smallest difference worth acting on: in the unit, or as a share where ratios count.
    """

    worst: float
    best: float
    logarithmic: bool
    why: str
    least: float = 0.1

    @property
    def higher_is_better(self) -> bool:
        """Which way is better."""
        return self.best > self.worst

    @property
    def margin(self) -> float:
        """The smallest difference worth acting on, on the axis."""
        return math.log1p(self.least) if self.logarithmic else self.least

    def axis(self, value: float) -> float:
        """The value where differences count the same: itself, or its logarithm."""
        return math.log(value) if self.logarithmic else value

    def positions(self, on_axis: ArrayLike) -> NDArray[np.float64]:
        """Positions of values on the axis, of the same shape."""
        worst, best = self.axis(self.worst), self.axis(self.best)
        return np.minimum((np.asarray(on_axis, dtype=np.float64) - worst) / (best - worst), 1.0)

    def value(self, position: float) -> float:
        """The value that has this position."""
        worst, best = self.axis(self.worst), self.axis(self.best)
        on_axis = worst + position * (best - worst)
        return math.exp(on_axis) if self.logarithmic else on_axis


@dataclass(frozen=True)
class Criterion:
    """One row of the matrix.

    Attributes:
        key: its name in files and links.
        name: its name for people.
        group: which criteria it stands with.
        definition: what is measured.
        unit: of its values and its range.
        scale: None for an opinion, which a team rates from -2 (PyTorch) to 2 (TensorFlow).
        spread: what repeated measurements differ by, as a share of the value, where a report gives no interval; an
            assumption, and shown as one. None where nothing is assumed: without an interval it is then not settled.
        exact: whether it is counted, so that no interval is needed.
        measures: what it measures together with others, which are high or low together; empty for a thing of its own.
    """

    key: str
    name: str
    group: str
    definition: str
    unit: str = ""
    scale: Scale | None = None
    spread: float | None = None
    exact: bool = False
    measures: str = ""

    @property
    def together(self) -> str:
        """What criteria that measure the same thing share, and no others."""
        return self.measures or self.key

    @property
    def opinion(self) -> bool:
        """Whether the team sets it."""
        return self.scale is None
