"""Numbers with their origin: places in reports, and the derivations that turn them into a cell of the matrix."""

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
    """A place in a report.

    Attributes:
        source: id of the report.
        path: keys and indices from the top of the report, separated by slashes.
    """

    source: str
    path: str


@dataclass(frozen=True)
class Cell:
    """A number with its interval and its origin.

    Attributes:
        estimate: the number in the criterion's unit.
        how: how it was derived, one of DERIVATIONS.
        factor: the factor from the report's unit to the criterion's.
        places: the places in the reports that it was derived from.
    """

    estimate: Estimate
    how: str
    factor: float
    places: tuple[Place, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the estimate's fields together with `how`, `factor` and `from`."""
        where = [vars(place) for place in self.places]
        return {**self.estimate.to_json(), "how": self.how, "factor": self.factor, "from": where}


def cell(contents: Mapping[str, Any], places: Sequence[Place], how: str = "as reported", factor: float = 1.0) -> Cell:
    """Derive a cell from places in reports.

    Args:
        contents: reports by id.
        places: the places to read.
        how: the derivation, one of DERIVATIONS.
        factor: the factor from the report's unit to the criterion's.

    Raises:
        ReportError: a report has no such place.
    """
    nodes = [resolve(contents[place.source], place.path) for place in places]
    return Cell(DERIVATIONS[how](nodes, factor), how, factor, tuple(places))


def resolve(content: Any, path: str) -> Any:
    """Return the JSON value at a path of a report.

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
    """A reader that derives cells from one report.

    Args:
        source: the report.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._contents = {source.id: source.content}

    def cell(self, paths: str | Sequence[str], how: str = "as reported", factor: float = 1.0) -> Cell:
        """Derive a cell from one or several paths of the report."""
        paths = [paths] if isinstance(paths, str) else paths
        return cell(self._contents, [Place(self.source.id, path) for path in paths], how, factor)

    def cells(self, path: str, how: str = "as reported", factor: float = 1.0) -> dict[str, Cell]:
        """Derive one cell per framework; `{}` in the path is replaced by the framework's name."""
        return {name: self.cell(path.format(name), how, factor) for name in FRAMEWORKS}


def nearly_equal(first: float | None, second: float | None) -> bool:
    """Return whether two numbers are equal except for rounding, or both are missing."""
    if first is None or second is None:
        return first is second
    return bool(np.isclose(first, second, rtol=1e-9))


def _as_reported(nodes: Sequence[Any], factor: float) -> Estimate:
    return _times(_estimate(nodes[0]), factor)


def _inverse(nodes: Sequence[Any], factor: float) -> Estimate:
    estimate = _estimate(nodes[0])
    if estimate.value is None:
        return Estimate(None, reason=estimate.reason)
    low, high = (None if end is None else factor / end for end in (estimate.high, estimate.low))
    return Estimate(factor / estimate.value, low, high)


def _mean(nodes: Sequence[Any], factor: float) -> Estimate:
    """Average the values and the ends; the true interval of the mean is no wider, however the parts correlate."""
    estimates = [_estimate(node) for node in nodes]
    if reasons := [estimate.reason for estimate in estimates if estimate.value is None]:
        return Estimate(None, reason=reasons[0])
    value, low, high = (
        _average([getattr(estimate, part) for estimate in estimates]) for part in ("value", "low", "high")
    )
    return _times(Estimate(value, low, high), factor)


def _average(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return float(np.mean(known)) if len(known) == len(numbers) else None


def _mean_of_runs(nodes: Sequence[Any], factor: float) -> Estimate:
    return mean(np.array(nodes, dtype=np.float64) * factor, alone="one run")


def _first_less_second(nodes: Sequence[Any], factor: float) -> Estimate:
    first, second = map(_estimate, nodes)
    if first.value is None or second.value is None:
        return Estimate(None, reason=first.reason or second.reason)
    low, high = (None if end is None else first.value - end for end in (second.high, second.low))
    return _times(Estimate(first.value - second.value, low, high), factor)


def _sum(nodes: Sequence[Any], factor: float) -> Estimate:
    return Estimate(float(sum(sum(node.values()) for node in nodes)) * factor)


def _share_that_works(nodes: Sequence[Any], factor: float) -> Estimate:
    return Estimate(sum(node == "works" for node in nodes) / len(nodes) * factor)


# The names are written into decisions.
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
    """Return the estimate that a report stores as an object or as a plain number."""
    if isinstance(node, Mapping):
        return Estimate(**{key: node[key] for key in ("value", "low", "high", "reason")})
    return Estimate(None, reason="the report has no number there") if node is None else Estimate(float(node))


def _times(estimate: Estimate, factor: float) -> Estimate:
    if estimate.value is None:
        return estimate
    low, high = (None if end is None else end * factor for end in (estimate.low, estimate.high))
    return Estimate(estimate.value * factor, low, high)
