"""A number with its uncertainty, or the reason why there is none."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A measured number, its 95 % interval, or plain words where one of them is not defined.

    Attributes:
        value: the number; None where it is not defined. Never NaN or infinite.
        low: lower end of the interval; None where there is no interval.
        high: upper end of the interval; None where there is no interval.
        reason: why `value` or the interval is not defined; empty where both are.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def __post_init__(self):
        for number in (self.value, self.low, self.high):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"an Estimate holds finite numbers, not {number}: give None and a reason")
        if self.value is None and not self.reason:
            raise ValueError("an Estimate without a value gives a reason")

    def __str__(self) -> str:
        if self.value is None:
            return f"not defined, because {self.reason}"
        interval = "" if self.low is None or self.high is None else f" [{self.low:.4g}, {self.high:.4g}]"
        return f"{self.value:.4g}{interval}"

    def to_json(self) -> dict:
        """The four fields as a JSON object."""
        return asdict(self)


def mean(values: Sequence[float], alone: str = "one value") -> Estimate:
    """The mean of independent values with Student's t interval.

    Args:
        values: at least one.
        alone: the reason for no interval where there is only one.
    """
    found = np.asarray(values, dtype=np.float64)
    middle = float(found.mean())
    if len(found) < 2:
        return Estimate(middle, reason=alone)
    from scipy.stats import t  # not at the start of the page

    reach = float(t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    return Estimate(middle, middle - reach, middle + reach)
