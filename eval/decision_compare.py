"""Two measured numbers side by side: what differs between them, and how sure that is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eval.decision_criteria import FRAMEWORKS, Scale
from eval.decision_scoring import Compared, square_and_add
from eval.decision_trace import Cell
from eval.estimate import Estimate

# Where the interval of the comparison comes from.
PAIRED = "paired"  # a report compares both on the same texts, or in turns
INDEPENDENT = "independent"  # from the two intervals
ASSUMED = "assumed"  # from an assumed spread, as a report gives no interval
EXACT = "exact"  # counted, not measured
SMALLEST = 0.01  # of a ratio of counted numbers: less than that is no difference, or every byte would be one


@dataclass(frozen=True)
class Measured:
    """What is known of one criterion.

    Attributes:
        cells: by framework; all have a value.
        compared: TensorFlow's value less PyTorch's, or over PyTorch's.
        ratio: whether it is the ratio.
        basis: where its interval comes from.
        note: what was measured exactly, such as the length of the texts.
    """

    cells: Mapping[str, Cell]
    compared: Cell
    ratio: bool
    basis: str
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the decision holds it."""
        return {
            **{name: self.cells[name].to_json() for name in FRAMEWORKS},
            "compared": {
                "kind": "ratio" if self.ratio else "difference",
                "basis": self.basis,
                **self.compared.to_json(),
            },
            "note": self.note,
        }


def measured(
    cells: Mapping[str, Cell], *, ratio: bool, paired: Cell | None = None, spread: float | None = None, note: str = ""
) -> Measured | str:
    """Both cells with their comparison; the reason where one of them has no value.

    Args:
        cells: by framework.
        ratio: whether values are compared by their ratio.
        paired: the comparison as a report gives it.
        spread: assumed where neither it nor the cells have an interval; None where the numbers are exact.
        note: what was measured exactly.
    """
    for name, each in cells.items():
        if each.estimate.value is None:
            return f"{name}: {each.estimate.reason}"
        if ratio and each.estimate.value <= 0:
            return f"{name}: {each.estimate.value:g} is no number that has a ratio to another"
    if paired is not None and None not in (paired.estimate.value, paired.estimate.low, paired.estimate.high):
        return Measured(cells, paired, ratio, PAIRED, note)
    estimate, basis = _unpaired(cells, ratio, spread)
    places = tuple(place for name in FRAMEWORKS for place in cells[name].places)
    return Measured(cells, Cell(estimate, "from both", 1.0, places), ratio, basis, note)


def _unpaired(cells: Mapping[str, Cell], ratio: bool, spread: float | None) -> tuple[Estimate, str]:
    first, second = (cells[name].estimate for name in FRAMEWORKS)
    value = second.value / first.value if ratio else second.value - first.value
    known = None not in (first.low, first.high, second.low, second.high)
    if not known and spread is None:
        ends = sorted((value, 1.0)) if ratio and abs(value - 1) < SMALLEST else (value, value)
        return Estimate(value, *ends), EXACT
    # Ends below zero have no logarithm: what is left of the interval is then a sliver above it.
    axis = (lambda number: math.log(max(number, 1e-9))) if ratio else float
    ends = [_ends(each, spread) for each in (first, second)]
    reaches = [
        (axis(each.value) - axis(low), axis(high) - axis(each.value))
        for each, (low, high) in zip((first, second), ends, strict=True)
    ]
    low, high = square_and_add(axis(second.value) - axis(first.value), *reaches)
    back = math.exp if ratio else float
    return Estimate(value, back(low), back(high)), INDEPENDENT if known else ASSUMED


def _ends(each: Estimate, spread: float | None) -> tuple[float, float]:
    if each.low is not None and each.high is not None:
        return each.low, each.high
    reach = abs(each.value) * (spread or 0)
    return each.value - reach, each.value + reach


def scored(key: str, scale: Scale, recorded: Mapping[str, Any]) -> Compared:
    """What the scoring needs of a criterion, from the JSON of what was measured."""
    found = recorded["compared"]
    axis = math.log if found["kind"] == "ratio" else float
    values = tuple(recorded[name]["value"] for name in FRAMEWORKS)
    return Compared(key, scale, values, *(axis(found[part]) for part in ("value", "low", "high")))


def ahead(compared: Compared) -> str:
    """The framework that is ahead, or "tie"."""
    if compared.tie:
        return "tie"
    return FRAMEWORKS[int((compared.gap > 0) == compared.scale.higher_is_better)]
