"""Recompute every number of a decision from the reports that it names."""

from collections.abc import Iterator, Mapping
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.stats.estimate import Estimate
from decide.criteria.criteria import BY_KEY, FRAMEWORKS
from decide.evidence.comparison import PAIRED, unpaired
from decide.evidence.provenance import Place, cell, nearly_equal


def untraced(decision: Mapping[str, Any], contents: Mapping[str, Any]) -> list[str]:
    """Return one sentence per number of a decision that does not follow from its sources.

    Args:
        decision: the decision as JSON.
        contents: the reports that it names, by id.
    """
    named = {source["id"]: contents[source["id"]] for source in decision["sources"] if source["id"] in contents}
    return [f"{name}: {fault}" for name, number, row in _numbers(decision) for fault in _faults(number, row, named)]


def sources_of(row: Mapping[str, Any]) -> list[str]:
    """Return the ids of the reports behind a row, without repetition."""
    if row["measured"] is None:
        return []
    places = [place for name in FRAMEWORKS for place in row["measured"][name]["from"]]
    return list(dict.fromkeys(str(place["source"]) for place in places))


def _numbers(decision: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any] | None]]:
    """Yield the name and the JSON of every number, and the row it is computed from if no report gives it directly."""
    names = {row["key"]: row["name"] for row in decision["criteria"]}
    others = [row | {"name": names[row["key"]]} for other in decision["alternatives"] for row in other["rows"]]
    figures = [figure for claim in decision["claims"] for figure in claim["figures"]]
    for row in (*decision["criteria"], *others, *figures):
        if row["measured"] is not None:
            for name in FRAMEWORKS:
                yield f"{row['name']}, {name}", row["measured"][name], None
            compared = row["measured"]["compared"]
            yield f"{row['name']}, compared", compared, None if compared["basis"] == PAIRED else row


def _faults(number: Mapping[str, Any], row: Mapping[str, Any] | None, contents: Mapping[str, Any]) -> list[str]:
    places = [Place(**place) for place in number["from"]]
    if not places:
        return ["no source is given"]
    if unknown := [place.source for place in places if place.source not in contents]:
        return [f"report {unknown[0]} is not among the sources"]
    try:
        estimate = _compared_again(row) if row else cell(contents, places, number["how"], number["factor"]).estimate
    except ReportError as error:
        return [str(error)]
    equal = all(nearly_equal(getattr(estimate, part), number[part]) for part in ("value", "low", "high"))
    return [] if equal else ["the reports say something else"]


def _compared_again(row: Mapping[str, Any]) -> Estimate:
    """Recompute an unpaired comparison from the two numbers beside it."""
    parts = ("value", "low", "high", "reason")
    first, second = (Estimate(**{part: row["measured"][name][part] for part in parts}) for name in FRAMEWORKS)
    return unpaired(first, second, BY_KEY[row["key"]])
