"""Two measured numbers side by side: what differs between them, and how sure that is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.stats.difference import square_and_add
from bakeoff.stats.estimate import Estimate
from decide.criteria.criteria import BY_KEY, FRAMEWORKS
from decide.criteria.criterion import Criterion, Scale
from decide.evidence.compared import Compared
from decide.evidence.provenance import Cell, Place, cell, same

# Where the interval of the comparison comes from.
PAIRED = "paired"  # a report compares both on the same texts, or in turns
INDEPENDENT = "independent"  # from the two intervals
ASSUMED = "assumed"  # from an assumed spread, as a report gives no interval
EXACT = "exact"  # counted, not measured
SAME, OPEN = "no difference", "not settled"
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


Found = Measured | str  # the numbers, or the reason why there are none


def measured(key: str, cells: Mapping[str, Cell], paired: Cell | None = None, note: str = "") -> Found:
    """Both cells with their comparison; the reason where one of them has no value, or nothing says how sure it is.

    Args:
        key: of the criterion, which says whether their ratio counts, and what is known without an interval.
        cells: by framework.
        paired: the comparison as a report gives it.
        note: what was measured exactly.
    """
    criterion = BY_KEY[key]
    ratio = criterion.scale.logarithmic
    for name, each in cells.items():
        if each.estimate.value is None:
            return f"{name}: {each.estimate.reason}"
        if ratio and each.estimate.value <= 0:
            return f"{name}: {each.estimate.value:g} is no number that has a ratio to another"
    if paired is not None and None not in (paired.estimate.value, paired.estimate.low, paired.estimate.high):
        return Measured(cells, paired, ratio, PAIRED, note)
    estimates = [cells[name].estimate for name in FRAMEWORKS]
    basis = _basis(estimates, criterion)
    if basis is None:
        return "the report gives no interval: not settled"
    estimate = unpaired(*estimates, criterion)
    places = tuple(place for name in FRAMEWORKS for place in cells[name].places)
    return Measured(cells, Cell(estimate, "from both", 1.0, places), ratio, basis, note)


def _basis(estimates: Sequence[Estimate], criterion: Criterion) -> str | None:
    """Where the interval of an unpaired comparison comes from; None where there is none, and none is assumed."""
    if all(None not in (each.low, each.high) for each in estimates):
        return INDEPENDENT
    if criterion.exact:
        return EXACT
    return None if criterion.spread is None else ASSUMED


def unpaired(first: Estimate, second: Estimate, criterion: Criterion) -> Estimate:
    """The comparison of two values, from the intervals of both; the second less the first, or over it."""
    ratio = criterion.scale.logarithmic
    value = second.value / first.value if ratio else second.value - first.value
    if _basis((first, second), criterion) == EXACT:
        ends = sorted((value, 1.0)) if ratio and abs(value - 1) < SMALLEST else (value, value)
        return Estimate(value, *ends)
    # Ends below zero have no logarithm: what is left of the interval is then a sliver above it.
    axis = (lambda number: math.log(max(number, 1e-9))) if ratio else float
    ends = [_ends(each, criterion.spread) for each in (first, second)]
    reaches = [
        (axis(each.value) - axis(low), axis(high) - axis(each.value))
        for each, (low, high) in zip((first, second), ends, strict=True)
    ]
    low, high = square_and_add(axis(second.value) - axis(first.value), *reaches)
    back = math.exp if ratio else float
    return Estimate(value, back(low), back(high))


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


def standing(compared: Compared) -> str:
    """The framework that is ahead, SAME where no difference worth acting on is left, or OPEN."""
    return SAME if compared.same else {"tie": OPEN}.get(ahead(compared), ahead(compared))


def untraced(document: Mapping[str, Any], contents: Mapping[str, Any]) -> list[str]:
    """What in a decision's numbers does not follow from its sources, a sentence each; empty where all does.

    Args:
        document: a decision.
        contents: the reports that it names, by id.
    """
    named = {source["id"]: contents[source["id"]] for source in document["sources"] if source["id"] in contents}
    return [
        f"{name}: {fault}" for name, recorded, row in _recorded(document) for fault in _faults(recorded, row, named)
    ]


def _recorded(document: Mapping[str, Any]):
    """Name, numbers, and what gives them again, of everything measured."""
    for row in (*document["criteria"], *(figure for claim in document["claims"] for figure in claim["figures"])):
        if row["measured"] is not None:
            for name in FRAMEWORKS:
                yield f"{row['name']}, {name}", row["measured"][name], None
            compared = row["measured"]["compared"]
            yield f"{row['name']}, compared", compared, None if compared["basis"] == PAIRED else row


def _faults(recorded: Mapping[str, Any], row: Mapping[str, Any] | None, contents: Mapping[str, Any]) -> list[str]:
    places = [Place(**place) for place in recorded["from"]]
    if not places:
        return ["no source is given"]
    if lost := [place.source for place in places if place.source not in contents]:
        return [f"report {lost[0]} is not among the sources"]
    try:
        found = _of_both(row) if row else cell(contents, places, recorded["how"], recorded["factor"]).estimate
    except ReportError as error:
        return [str(error)]
    pairs = [(getattr(found, key), recorded[key]) for key in ("value", "low", "high")]
    return [] if all(same(one, other) for one, other in pairs) else ["the reports say something else"]


def _of_both(row: Mapping[str, Any]) -> Estimate:
    """The comparison again, from the two numbers that stand beside it."""
    parts = ("value", "low", "high", "reason")
    estimates = [Estimate(**{part: row["measured"][name][part] for part in parts}) for name in FRAMEWORKS]
    return unpaired(*estimates, BY_KEY[row["key"]])
