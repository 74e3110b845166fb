"""Compare two measured numbers: the difference or ratio, its 95 % interval, and which framework is ahead."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bakeoff.stats.difference import square_and_add
from bakeoff.stats.estimate import Estimate
from decide.criteria.criteria import FRAMEWORKS
from decide.criteria.criterion import Criterion, Scale
from decide.evidence.compared import Compared
from decide.evidence.provenance import Cell

# Where the interval of a comparison comes from.
PAIRED = "paired"  # a report compares both frameworks on the same texts or in alternating runs
INDEPENDENT = "independent"  # computed from the intervals of the two numbers
ASSUMED = "assumed"  # computed from an assumed spread, because a report gives no interval
EXACT = "exact"  # both numbers are counted, so there is no interval
MEASURED_ONCE = "it was measured once, and the spread of repeated measurements is assumed"
SAME, OPEN = "no difference", "not settled"
SMALLEST = 0.01  # a ratio of counted numbers closer to 1 than this counts as equal; otherwise every byte would matter


@dataclass(frozen=True)
class Measured:
    """The numbers that a report gives for one criterion.

    Attributes:
        cells: one number per framework; all have a value.
        compared: TensorFlow's value minus PyTorch's, or TensorFlow's divided by PyTorch's.
        ratio: whether `compared` is the ratio.
        basis: where the interval of `compared` comes from: PAIRED, INDEPENDENT, ASSUMED or EXACT.
        note: the conditions of the measurement, such as the length of the texts.
        unsettled: why the difference does not count as settled, whatever its interval; empty if it can.
    """

    cells: Mapping[str, Cell]
    compared: Cell
    ratio: bool
    basis: str
    note: str = ""
    unsettled: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the numbers in the form that the decision stores."""
        return {
            **{name: self.cells[name].to_json() for name in FRAMEWORKS},
            "compared": {
                "kind": "ratio" if self.ratio else "difference",
                "basis": self.basis,
                **self.compared.to_json(),
            },
            "note": self.note,
            "unsettled": self.unsettled,
        }


@dataclass(frozen=True)
class NotMeasured:
    """A criterion for which the reports give no comparison.

    Attributes:
        reason: why there is no comparison, in the words that the decision shows.
    """

    reason: str


@dataclass(frozen=True)
class Readings:
    """The numbers that a reader finds in the reports for one criterion.

    Attributes:
        cells: one number per framework.
        paired: the comparison that a report gives itself, if it gives one.
        note: the conditions of the measurement, such as the length of the texts.
        unsettled: why no difference in these numbers counts as settled; empty if one can.
    """

    cells: Mapping[str, Cell]
    paired: Cell | None = None
    note: str = ""
    unsettled: str = ""


def compare(criterion: Criterion, readings: Readings | NotMeasured) -> Measured | NotMeasured:
    """Return both numbers with their comparison, or the reason why they can't be compared.

    Args:
        criterion: the criterion. Its scale determines whether values are divided or subtracted, and its spread is
            assumed for values without an interval.
        readings: the numbers that a reader found.
    """
    if isinstance(readings, NotMeasured):
        return readings
    ratio, cells, paired = _scale(criterion).logarithmic, readings.cells, readings.paired
    for name, cell in cells.items():
        value = cell.estimate.value
        if value is None:
            return NotMeasured(f"{name}: {cell.estimate.reason}")
        if ratio and value <= 0:
            return NotMeasured(f"{name}: {value:g} has no ratio to another number")
    if paired is not None and paired.estimate.value is not None and paired.estimate.interval is not None:
        return Measured(cells, paired, ratio, PAIRED, readings.note, readings.unsettled)
    first, second = (cells[name].estimate for name in FRAMEWORKS)
    basis = _basis(first, second, criterion)
    if basis is None:
        return NotMeasured("the report gives no interval: not settled")
    places = tuple(place for name in FRAMEWORKS for place in cells[name].places)
    comparison = Cell(unpaired(first, second, criterion), "from both", 1.0, places)
    unsettled = readings.unsettled or (MEASURED_ONCE if basis == ASSUMED else "")
    return Measured(cells, comparison, ratio, basis, readings.note, unsettled)


def _scale(criterion: Criterion) -> Scale:
    if criterion.scale is None:
        raise ValueError(f"{criterion.key} is an opinion, which is not measured")
    return criterion.scale


def _basis(first: Estimate, second: Estimate, criterion: Criterion) -> str | None:
    """Return where the interval of an unpaired comparison comes from, or None without a known or assumed interval."""
    if first.interval is not None and second.interval is not None:
        return INDEPENDENT
    if criterion.exact:
        return EXACT
    if criterion.spread is not None:
        return ASSUMED
    return None


def unpaired(first: Estimate, second: Estimate, criterion: Criterion) -> Estimate:
    """Compare two values by the intervals of both: the second minus the first, or the second divided by the first."""
    ratio = _scale(criterion).logarithmic
    value = second.number / first.number if ratio else second.number - first.number
    if _basis(first, second, criterion) == EXACT:
        return _exact(value, ratio)
    to_axis, from_axis = (_logarithm, math.exp) if ratio else (float, float)
    low, high = square_and_add(
        to_axis(second.number) - to_axis(first.number),
        _reach(first, criterion.spread, to_axis),
        _reach(second, criterion.spread, to_axis),
    )
    return Estimate(value, from_axis(low), from_axis(high))


def _exact(value: float, ratio: bool) -> Estimate:
    """Return a comparison of counted numbers; the interval of a ratio close to 1 includes 1, so that it is a tie."""
    if ratio and abs(value - 1) < SMALLEST:
        return Estimate(value, min(value, 1.0), max(value, 1.0))
    return Estimate(value, value, value)


def _logarithm(number: float) -> float:
    """Return the logarithm; an end of an interval that is not positive is moved just above zero first."""
    return math.log(max(number, 1e-9))


def _reach(estimate: Estimate, spread: float | None, to_axis: Callable[[float], float]) -> tuple[float, float]:
    """Return how far an interval, or else the assumed spread, extends below and above the value on the axis."""
    value = estimate.number
    assumed = abs(value) * (spread or 0)
    low, high = estimate.interval or (value - assumed, value + assumed)
    return to_axis(value) - to_axis(low), to_axis(high) - to_axis(value)


def scored(key: str, scale: Scale, measured: Mapping[str, Any]) -> Compared:
    """Return the comparison of a criterion in the form that the scoring uses.

    Args:
        key: the criterion.
        scale: its range.
        measured: its numbers as the decision stores them.
    """
    comparison = measured["compared"]
    to_axis = math.log if comparison["kind"] == "ratio" else float
    first, second = (measured[name]["value"] for name in FRAMEWORKS)
    gap, low, high = (to_axis(comparison[part]) for part in ("value", "low", "high"))
    return Compared(key, scale, (first, second), gap, low, high, settled=not measured["unsettled"])


def scored_row(row: Mapping[str, Any]) -> Compared:
    """Return the comparison of a decision's row, on the range that the row itself states."""
    compared = scored(row["key"], Scale.of(row["range"]), row["measured"])
    return replace(compared, measures=row["measures"])


def ahead(compared: Compared) -> str:
    """Return the framework that is ahead, or "tie"."""
    if compared.tie:
        return "tie"
    pytorch, tensorflow = FRAMEWORKS
    tensorflow_is_higher = compared.gap > 0
    return tensorflow if tensorflow_is_higher == compared.scale.higher_is_better else pytorch


def standing(compared: Compared) -> str:
    """Return the framework that is ahead, SAME if no difference is worth acting on, or OPEN if it is not settled."""
    if compared.same:
        return SAME
    return ahead(compared) if compared.settled and not compared.tie else OPEN
