"""Lay out a decision for readers: the page to print, the parts of the tab, and the rows and bars that both show.

The page starts with the recommendation, works offline and contains nothing that can run.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.common import html_page
from bakeoff.common.errors import ReportError
from bakeoff.common.files import export
from decide import answers
from decide import wording as words
from decide.criteria.criteria import BY_KEY, FRAMEWORKS, RATINGS
from decide.evidence import comparison
from decide.evidence.comparison import OPEN, SAME
from decide.evidence.tracing import sources_of
from decide.score.scoring import rated
from decide.score.sensitivity import leader_of

LEAST_SPAN = 2.0  # points: the smallest range of a plot, so that small differences don't look like large ones
NEAREST = 5  # number of flips that are shown


@dataclass(frozen=True)
class Bar:
    """A bar with an interval in a plot that is centered on zero; all lengths are percentages of the plot's width.

    Attributes:
        name: the name of the criterion.
        start: the left end of the bar.
        width: the length of the bar.
        side: the framework whose color the bar has; empty for a neutral color.
        low: the left end of the interval.
        span: the length of the interval.
        label: the text beside the bar.
    """

    name: str
    start: float
    width: float
    side: str
    low: float
    span: float
    label: str


def contributions(decision: Mapping[str, Any], result: Mapping[str, Any]) -> list[Bar]:
    """Return the points that each criterion adds to the lead: to the left for PyTorch, to the right for TensorFlow."""
    outcome, standing_of = result["outcome"], {row["key"]: standing(row) for row in decision["criteria"]}
    ends = {key: (-high, -low) for key, (low, high) in outcome["ends"].items() if round(low, 2) or round(high, 2)}
    points_of = {key: 0.0 - points for key, points in outcome["contributions"].items() if key in ends}
    reach = max([LEAST_SPAN, *(abs(end) for pair in ends.values() for end in pair)])
    return [
        _bar(
            key,
            (0.0, points),
            ends[key],
            reach,
            _side(points),
            f"{abs(points):.1f} for {_side(points)}" if points else _why_nothing(standing_of[key]),
        )
        for key, points in points_of.items()
    ]


def _bar(key: str, bar: tuple[float, float], interval: tuple[float, float], reach: float, side: str, label: str) -> Bar:
    start, width = _start_and_width(*bar, reach)
    low, span = _start_and_width(*interval, reach)
    return Bar(name_of(key), start, width, side, low, span, label)


def _side(points: float) -> str:
    """Return the framework that points are for: negative ones are for PyTorch, positive ones for TensorFlow."""
    return FRAMEWORKS[int(points > 0)]


def _why_nothing(leader: str | None) -> str:
    """Return why a criterion adds nothing to the lead."""
    return f"{leader} is ahead, beyond the range" if leader in FRAMEWORKS else leader or OPEN


def swings(result: Mapping[str, Any]) -> list[Bar]:
    """Return the lead from no weight to twice the weight of each criterion, widest first; the thin line is the lead."""
    outcome = result["outcome"]
    leads = {key: (-without, -doubled) for key, (without, doubled) in outcome["swings"].items()}
    span = {key: abs(doubled - without) for key, (without, doubled) in leads.items()}
    shown = [key for key in sorted(span, key=lambda key: -span[key]) if round(span[key], 2)]
    reach = max([LEAST_SPAN, *(abs(lead) for key in shown for lead in leads[key])])
    now = -outcome["lead"]
    return [
        _bar(
            key,
            leads[key],
            (now, now),
            reach,
            "",
            f"{_lead(leads[key][0])} without it, {_lead(leads[key][1])} with twice its weight",
        )
        for key in shown
    ]


def _lead(towards_tensorflow: float) -> str:
    if abs(towards_tensorflow) < 0.05:
        return "level"
    return f"{_side(towards_tensorflow)} by {abs(towards_tensorflow):.1f}"


def _start_and_width(one: float, other: float, reach: float) -> tuple[float, float]:
    """Return the start and width of the stretch between two values, in percent of a plot from -reach to reach."""
    low, high = sorted((one, other))
    return 50 + 50 * low / reach, 50 * (high - low) / reach


def shares(share_of: Mapping[str, float] | None) -> list[tuple[str, float, str]]:
    """Return name, percent and label of each part of a stacked bar, without empty parts."""
    return [
        (name, 100 * share, f"{'neither' if name == 'tie' else name} {words.percent(share)}")
        for name, share in (share_of or {}).items()
        if share > 0
    ]


def standings(decision: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the criteria with a weight: the weight in percent, and both frameworks' positions from 0 to 100."""
    weights, opinions = result["weighting"]["weights"], result["weighting"]["opinions"]
    total = sum(weights.values())
    rows = []
    for row in decision["criteria"]:
        weight = weights.get(row["key"], 0)
        known = row["measured"] is not None or row["key"] in opinions
        if weight and total and known:
            rows.append({"name": row["name"], "weight": 100 * weight / total, "at": positions(row, opinions)})
    return sorted(rows, key=lambda row: (-row["weight"], row["name"]))


def positions(row: Mapping[str, Any], opinions: Mapping[str, int]) -> dict[str, float]:
    """Return both frameworks' positions on a criterion, from 0 (the worst end of its range, or beyond) to 100."""
    measured = row["measured"] is not None
    both = comparison.scored_row(row).drawn().mean(axis=0) if measured else rated(opinions[row["key"]])
    return {name: float(max(0.0, 100 * position)) for name, position in zip(FRAMEWORKS, both, strict=True)}


def counts(decision: Mapping[str, Any]) -> str:
    """Return a sentence with the number of criteria in which each framework is ahead."""
    leaders = [standing(row) for row in decision["criteria"] if not row["opinion"]]
    parts = [f"{name} is ahead in {leaders.count(name)}" for name in FRAMEWORKS]
    parts.append(f"no difference is worth acting on in {leaders.count(SAME)}")
    parts.append(f"{leaders.count(OPEN)} are not settled")
    parts.append(f"{leaders.count(None)} have no evidence")
    return f"Of {len(leaders)} measured criteria, {words.listed(parts)}."


def standing(row: Mapping[str, Any]) -> str | None:
    """Return who is ahead on a criterion: a framework's name, SAME, or OPEN; None if there is no evidence."""
    if row["measured"] is None:
        return None
    return comparison.standing(comparison.scored_row(row))


def exchange_rates(decision: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what one percentage point of accuracy is worth in the units of the other criteria, with these weights."""
    return answers.exchange_rates(decision["criteria"], result["outcome"]["shares"])


def name_of(key: str) -> str:
    """Return the name of a criterion for readers."""
    return BY_KEY[key].name if key in BY_KEY else key


def flips(decision: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nearest changes that would make both level: the criterion, the share of its range, and the values."""
    leader = leader_of(result["outcome"]["lead"])
    if leader is None:
        return []
    measured = {row["key"]: row["measured"] for row in decision["criteria"]}
    rows = []
    for flip in result["outcome"]["flips"]:
        if phrases := words.flip(flip, leader, measured[flip["key"]]):
            share = f"{100 * flip['share']:.0f} %"
            rows.append({"name": name_of(flip["key"]), "share": share, "phrases": phrases})
    return rows[:NEAREST]


def groups(decision: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the rows of the matrix by group, in the decision's order."""
    rows_of: dict[str, list[Mapping[str, Any]]] = {}
    for row in decision["criteria"]:
        rows_of.setdefault(row["group"], []).append(row)
    return list(rows_of.items())


def spoken_range(row: Mapping[str, Any]) -> str:
    """Return a range and the smallest difference worth acting on in words, such as "1,000 to 10 ms, ..."."""
    scale = row["range"]
    text = f"{words.number(scale['worst'])} to {words.number(scale['best'])} {row['unit']}"
    if scale["logarithmic"]:
        return f"{text}, on a logarithmic scale; less than {100 * scale['least']:.0f} % is no reason to act"
    return f"{text}; less than {words.number(scale['least'])} is no reason to act"


SHARED: dict[str, Any] = {
    "view": sys.modules[__name__],
    "words": words,
    "frameworks": FRAMEWORKS,
    "colors": html_page.COLORS,
    "ratings": RATINGS,
    "answers": answers,
}


__all__ = ["sources_of"]  # the templates read it from here


def render(decision: Mapping[str, Any]) -> str:
    """Return the whole page of a decision that `report.check` accepted."""
    return html_page.render("decide/pages/page.html.j2", decision=decision, result=decision["result"], **SHARED)


def part(name: str, decision: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return a part of the page for the tab: `result`, `answers`, `score`, `plots`, `matrix`, `claims` or `sources`."""
    return html_page.render(f"decide/pages/{name}.html.j2", decision=decision, result=result, **SHARED)


def notice(sentence: str) -> str:
    """Return a warning as HTML; empty if the sentence is empty."""
    return html_page.render("decide/pages/notice.html.j2", sentence=sentence) if sentence else ""


def links(query: str, file: str) -> str:
    """Return a link to the page with the weights in its address, and a link to save the weights.

    Args:
        query: the query with the weights.
        file: the `data:` address of the file with the weights.
    """
    return html_page.render("decide/pages/links.html.j2", query=query, file=file)


def style() -> str:
    """Return the style sheet that the parts need."""
    return html_page.render("decide/pages/style.html.j2", **SHARED)


def write(path: Path, decision: Mapping[str, Any]) -> None:
    """Write the page.

    Raises:
        ReportError: the file can't be written.
    """
    export(path, render(decision), ReportError)
