"""A number with its uncertainty, or the reason why there is none."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Estimate:
    """A measured number with its 95 % interval, or the reason why one of them is not defined.

    Attributes:
        value: the number; None if it is not defined. It is never NaN or infinite.
        low: lower end of the interval; None if there is no interval.
        high: upper end of the interval; None if there is no interval.
        reason: why the value or the interval is not defined; empty if both are.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        for number in (self.value, self.low, self.high):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"an Estimate holds finite numbers, not {number}: give None and a reason")
        if self.value is None and not self.reason:
            raise ValueError("an Estimate without a value gives a reason")

    def __str__(self) -> str:
        if self.value is None:
            return f"not defined, because {self.reason}"
        interval = "" if self.interval is None else " [{:.4g}, {:.4g}]".format(*self.interval)
        return f"{self.value:.4g}{interval}"

    @property
    def number(self) -> float:
        """The value, for callers that know that it is defined.

        Raises:
            ValueError: the value is not defined.
        """
        if self.value is None:
            raise ValueError(f"the value is not defined, because {self.reason}")
        return self.value

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends of the interval; None if there is no interval."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of the interval, for callers that know that there is one.

        Raises:
            ValueError: there is no interval.
        """
        if self.interval is None:
            raise ValueError(f"there is no interval, because {self.reason or 'none was computed'}")
        return self.interval

    def to_json(self) -> dict[str, Any]:
        """Return the four fields as a JSON object."""
        return asdict(self)


def mean(values: Sequence[float] | NDArray[np.float64], alone: str = "one value") -> Estimate:
    """Return the mean of independent values with Student's t interval.

    Args:
        values: at least one value.
        alone: the reason to give for the missing interval of a single value.
    """
    array = np.asarray(values, dtype=np.float64)
    middle = float(array.mean())
    if len(array) < 2:
        return Estimate(middle, reason=alone)
    from scipy.stats import t  # imported late: the page starts without it

    reach = float(t.ppf(0.975, len(array) - 1) * array.std(ddof=1) / np.sqrt(len(array)))
    return Estimate(middle, middle - reach, middle + reach)
