"""Numbers that know where they come from: places in reports, and the few ways from there to a cell of the matrix."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bakeoff.common.errors import ReportError
from bakeoff.stats.estimate import Estimate, mean
from decide.criteria.criteria import FRAMEWORKS
from decide.evidence.reports import Source


@dataclass(frozen=True)
class Place:
    """A place in a report: its source's id, and keys and indices from the top, parted by slashes."""

    source: str
    path: str


@dataclass(frozen=True)
class Cell:
    """A number with its interval, and how it was got.

    Attributes:
        estimate: in the criterion's unit.
        how: one of DERIVATIONS.
        factor: from the reports' unit to the criterion's.
        places: what it was made from.
    """

    estimate: Estimate
    how: str
    factor: float
    places: tuple[Place, ...]

    def to_json(self) -> dict[str, Any]:
        """The estimate's fields, `how`, `factor` and `from`."""
        where = [vars(place) for place in self.places]
        return {**self.estimate.to_json(), "how": self.how, "factor": self.factor, "from": where}


def cell(contents: Mapping[str, Any], places: Sequence[Place], how: str = "as reported", factor: float = 1.0) -> Cell:
    """The cell that these places make.

    Args:
        contents: reports by id.
        places: in the reports.
        how: one of DERIVATIONS.
        factor: what numbers are multiplied by.

    Raises:
        ReportError: a report has no such place.
    """
    nodes = [resolve(contents[place.source], place.path) for place in places]
    return Cell(DERIVATIONS[how](nodes, factor), how, factor, tuple(places))


def resolve(content: Any, path: str) -> Any:
    """What stands at a path of a report.

    Raises:
        ReportError: there is no such place.
    """
    for key in path.split("/"):
        try:
            content = content[int(key)] if isinstance(content, list) else content[key]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ReportError(f"a report has nothing at {path}: make it again with today's version.") from error
    return content


class Reader:
    """Reads cells of one kind of report.

    Args:
        source: the report.
    """

    def __init__(self, source: Source):
        self.source = source
        self._contents = {source.id: source.content}

    def cell(self, paths: str | Sequence[str], how: str = "as reported", factor: float = 1.0) -> Cell:
        """The cell made from these paths of the report."""
        paths = [paths] if isinstance(paths, str) else paths
        return cell(self._contents, [Place(self.source.id, path) for path in paths], how, factor)

    def cells(self, path: str, how: str = "as reported", factor: float = 1.0) -> dict[str, Cell]:
        """Both frameworks' cells; `{}` in the path stands for the framework's name."""
        return {name: self.cell(path.format(name), how, factor) for name in FRAMEWORKS}


def same(one: float | None, other: float | None) -> bool:
    """Whether two numbers are equal but for rounding, or both are missing."""
    return one is other is None or (None not in (one, other) and bool(np.isclose(one, other, rtol=1e-9)))


def _as_reported(nodes: Sequence[Any], factor: float) -> Estimate:
    return _times(_estimate(nodes[0]), factor)


def _inverse(nodes: Sequence[Any], factor: float) -> Estimate:
    found = _estimate(nodes[0])
    low, high = (None if end is None else factor / end for end in (found.high, found.low))
    return Estimate(None, reason=found.reason) if found.value is None else Estimate(factor / found.value, low, high)


def _mean(nodes: Sequence[Any], factor: float) -> Estimate:
    """Ends are averaged too: the true interval of the mean is no wider, however its parts hang together."""
    found = [_estimate(node) for node in nodes]
    if lost := [each.reason for each in found if each.value is None]:
        return Estimate(None, reason=lost[0])
    ends = [
        None if None in part else float(np.mean(part)) for part in zip(*((e.low, e.high) for e in found), strict=True)
    ]
    return _times(Estimate(float(np.mean([each.value for each in found])), *ends), factor)


def _mean_of_runs(nodes: Sequence[Any], factor: float) -> Estimate:
    return mean(np.array(nodes, dtype=np.float64) * factor, alone="one run")


def _first_less_second(nodes: Sequence[Any], factor: float) -> Estimate:
    first, second = map(_estimate, nodes)
    if None in (first.value, second.value):
        return Estimate(None, reason=first.reason or second.reason)
    low, high = (None if end is None else first.value - end for end in (second.high, second.low))
    return _times(Estimate(first.value - second.value, low, high), factor)


def _sum(nodes: Sequence[Any], factor: float) -> Estimate:
    return Estimate(float(sum(sum(node.values()) for node in nodes)) * factor)


def _share_that_works(nodes: Sequence[Any], factor: float) -> Estimate:
    return Estimate(sum(node == "works" for node in nodes) / len(nodes) * factor)


DERIVATIONS: dict[str, Callable[[Sequence[Any], float], Estimate]] = {
    "as reported": _as_reported,
    "one over it": _inverse,
    "mean": _mean,
    "mean of runs": _mean_of_runs,
    "first less second": _first_less_second,
    "sum of the parts": _sum,
    "share that works": _share_that_works,
}


def _estimate(node: Any) -> Estimate:
    """From an estimate as a report holds it, or a plain number."""
    if isinstance(node, Mapping):
        return Estimate(**{key: node[key] for key in ("value", "low", "high", "reason")})
    return Estimate(None, reason="the report has no number there") if node is None else Estimate(float(node))


def _times(found: Estimate, factor: float) -> Estimate:
    if found.value is None:
        return found
    low, high = (None if end is None else end * factor for end in (found.low, found.high))
    return Estimate(found.value * factor, low, high)
