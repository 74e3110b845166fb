"""A criterion of the decision, and the scale that turns its values into positions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Scale:
    """A range of values that maps them to positions from 0 (worst end) to 1 (best end).

    Attributes:
        worst: a value that is hardly acceptable. Worse values get a negative position.
        best: a value that leaves nothing to wish for. Better values get the position 1 too.
        logarithmic: whether equal ratios count the same; otherwise equal differences do.
        why: why the range has these ends.
        least: the smallest difference worth acting on: in the unit, or as a share if ratios count.
    """

    worst: float
    best: float
    logarithmic: bool
    why: str
    least: float = 0.1

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Scale":
        """Return the scale of a decision's row, from the form of `to_json`."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    def to_json(self) -> dict[str, Any]:
        """Return all fields and the direction."""
        return {**vars(self), "higher_is_better": self.higher_is_better}

    @property
    def higher_is_better(self) -> bool:
        """Whether higher values are better."""
        return self.best > self.worst

    @property
    def margin(self) -> float:
        """The smallest difference worth acting on, on the axis."""
        return math.log1p(self.least) if self.logarithmic else self.least

    def axis(self, value: float) -> float:
        """Return the value on the axis where equal differences count the same: itself, or its logarithm."""
        return math.log(value) if self.logarithmic else value

    def positions(self, on_axis: ArrayLike) -> NDArray[np.float64]:
        """Return the positions of values on the axis, in an array of the same shape."""
        worst, best = self.axis(self.worst), self.axis(self.best)
        return np.minimum((np.asarray(on_axis, dtype=np.float64) - worst) / (best - worst), 1.0)

    def value(self, position: float) -> float:
        """Return the value at a position."""
        worst, best = self.axis(self.worst), self.axis(self.best)
        on_axis = worst + position * (best - worst)
        return math.exp(on_axis) if self.logarithmic else on_axis


@dataclass(frozen=True)
class Criterion:
    """One row of the matrix.

    Attributes:
        key: its name in files and links.
        name: its name for readers.
        group: the heading that it is listed under.
        definition: what is measured, in one phrase.
        unit: the unit of its values and its range.
        scale: its range; None for an opinion, which a team rates from -2 (PyTorch) to 2 (TensorFlow).
        spread: the assumed spread of repeated measurements, as a share of the value, for reports without an interval.
            It is shown as an assumption. None means that nothing is assumed: without an interval it is not settled.
        exact: whether the value is counted, so that it needs no interval.
        measures: the property that it measures together with correlated criteria; empty if there are no others.
        basis: whether the value depends on how the library is called, so that it belongs to one basis.
        variant: whether the value depends on the builds of the packages, so that it belongs to one variant.
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
    basis: bool = False
    variant: bool = False

    @property
    def together(self) -> str:
        """The property that the criterion measures: the same for correlated criteria, and unique otherwise."""
        return self.measures or self.key

    @property
    def opinion(self) -> bool:
        """Whether the team rates the criterion instead of measuring it."""
        return self.scale is None
