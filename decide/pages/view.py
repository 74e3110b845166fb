"""A decision laid out for people: the page to print and the parts of the tab, with the rows and bars that both draw.

The page says the recommendation first, works offline and has nothing in it that can run.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.common import html_page
from bakeoff.common.errors import ReportError
from bakeoff.common.files import export
from decide import wording as words
from decide.criteria.criteria import BY_KEY, FRAMEWORKS, RATINGS
from decide.evidence import comparison as compare
from decide.evidence.comparison import OPEN, SAME
from decide.score.scoring import rated
from decide.score.sensitivity import MARGIN, leader_of

LEAST_SPAN = 2.0  # points: a plot of nothing but small differences must not look like one of large ones
NEAREST = 5  # flips that are shown


@dataclass(frozen=True)
class Bar:
    """A bar of a plot with a line in its middle: from `start` over `width`, with an interval, in percent of the plot.

    Attributes:
        name: of its criterion.
        start: where it begins.
        width: how long it is.
        side: the framework whose colour it has; empty for neither.
        low: where its interval begins.
        span: how long that is.
        label: what it says.
    """

    name: str
    start: float
    width: float
    side: str
    low: float
    span: float
    label: str


def contributions(made: Mapping[str, Any], result: Mapping[str, Any]) -> list[Bar]:
    """What each criterion adds to the lead, and may add: to the left for PyTorch, to the right for TensorFlow."""
    outcome, stand = result["outcome"], {row["key"]: standing(row) for row in made["criteria"]}
    ends = {key: (-high, -low) for key, (low, high) in outcome["ends"].items() if round(low, 2) or round(high, 2)}
    parts = {key: 0.0 - each for key, each in outcome["contributions"].items() if key in ends}
    reach = max([LEAST_SPAN, *(abs(end) for pair in ends.values() for end in pair)])
    return [
        Bar(
            BY_KEY[key].name,
            *_stretch(0.0, part, reach),
            FRAMEWORKS[int(part > 0)],
            *_stretch(*ends[key], reach),
            f"{abs(part):.1f} for {FRAMEWORKS[int(part > 0)]}" if part else _no_part(stand[key]),
        )
        for key, part in parts.items()
    ]


def _no_part(who: str | None) -> str:
    """Why a criterion adds nothing to the lead."""
    return f"{who} is ahead, beyond the range" if who in FRAMEWORKS else who or OPEN


def swings(result: Mapping[str, Any]) -> list[Bar]:
    """The lead from no weight to twice the weight of each criterion, widest first; the thin line is the lead now."""
    outcome = result["outcome"]
    found = {key: (-low, -high) for key, (low, high) in outcome["swings"].items()}
    wide = sorted(found, key=lambda key: -abs(found[key][1] - found[key][0]))
    wide = [key for key in wide if round(abs(found[key][1] - found[key][0]), 2)]
    reach = max([LEAST_SPAN, *(abs(end) for key in wide for end in found[key])])
    now = -outcome["lead"]
    return [
        Bar(
            BY_KEY[key].name,
            *_stretch(*sorted(found[key]), reach),
            "",
            *_stretch(now, now, reach),
            f"{_lead(found[key][0])} without it, {_lead(found[key][1])} with twice its weight",
        )
        for key in wide
    ]


def _lead(towards_tensorflow: float) -> str:
    if abs(towards_tensorflow) < 0.05:
        return "level"
    return f"{FRAMEWORKS[int(towards_tensorflow > 0)]} by {abs(towards_tensorflow):.1f}"


def _stretch(one: float, other: float, reach: float) -> tuple[float, float]:
    """Start and width, in percent of a plot from -reach to reach."""
    low, high = sorted((one, other))
    return 50 + 50 * low / reach, 50 * (high - low) / reach


def shares(found: Mapping[str, float] | None) -> list[tuple[str, float, str]]:
    """Name, percent and label of each part of a stacked bar; parts of nothing are left out."""
    parts = [(name, each) for name, each in (found or {}).items() if each > 0]
    return [(name, 100 * each, f"{'neither' if name == 'tie' else name} {words.percent(each)}") for name, each in parts]


def standings(made: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Criteria that count: their weight in percent, and where each framework stands from 0 to 100."""
    weights, opinions = result["weighting"]["weights"], result["weighting"]["opinions"]
    total = sum(weights.values())
    out = []
    for row in made["criteria"]:
        weight = weights.get(row["key"], 0)
        known = row["measured"] is not None or row["key"] in opinions
        if weight and total and known:
            out.append({"name": row["name"], "weight": 100 * weight / total, "at": positions(row, opinions)})
    return sorted(out, key=lambda each: (-each["weight"], each["name"]))


def positions(row: Mapping[str, Any], opinions: Mapping[str, int]) -> dict[str, float]:
    """Where both frameworks stand on a criterion, from 0 (the worst end of its range, or beyond) to 100."""
    if row["measured"] is None:
        both = rated(opinions[row["key"]])
    else:
        both = compare.scored(row["key"], BY_KEY[row["key"]].scale, row["measured"]).central()
    return {name: float(max(0.0, 100 * each)) for name, each in zip(FRAMEWORKS, both, strict=True)}


def counts(made: Mapping[str, Any]) -> str:
    """How many criteria each framework is ahead in, as a sentence."""
    found = [standing(row) for row in made["criteria"] if not row["opinion"]]
    parts = [f"{name} is ahead in {found.count(name)}" for name in FRAMEWORKS]
    parts += [f"there is no difference worth acting on in {found.count(SAME)}", f"{found.count(OPEN)} are not settled"]
    parts.append(f"nothing is known of {found.count(None)}")
    return f"Of {len(found)} measured criteria, {words.listed(parts)}."


def standing(row: Mapping[str, Any]) -> str | None:
    """Who is ahead on a criterion: a framework's name, SAME, or OPEN; None where nothing is known."""
    known = row["measured"] is not None
    return compare.standing(compare.scored(row["key"], BY_KEY[row["key"]].scale, row["measured"])) if known else None


def flips(made: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nearest ways to make both level: criterion, how much of its range, and what it would take."""
    leader, measured = leader_of(result["outcome"]["lead"]), {row["key"]: row["measured"] for row in made["criteria"]}
    out = []
    for found in result["outcome"]["flips"]:
        phrases = words.flip(found, leader, measured[found["key"]])
        if phrases:
            out.append(
                {"name": BY_KEY[found["key"]].name, "share": f"{100 * found['share']:.0f} %", "phrases": phrases}
            )
    return out[:NEAREST]


def groups(made: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The rows of the matrix by group, in the document's order."""
    out: dict[str, list[Mapping[str, Any]]] = {}
    for row in made["criteria"]:
        out.setdefault(row["group"], []).append(row)
    return list(out.items())


def sources_of(row: Mapping[str, Any]) -> list[str]:
    """The ids of the reports behind a row, each once."""
    if row["measured"] is None:
        return []
    parts: Iterable = (row["measured"][name]["from"] for name in FRAMEWORKS)
    return list(dict.fromkeys(place["source"] for part in parts for place in part))


def spoken_range(row: Mapping[str, Any]) -> str:
    """A range and the smallest difference worth acting on as words, such as "1,000 to 10 ms, ..."."""
    found = row["range"]
    text = f"{words.number(found['worst'])} to {words.number(found['best'])} {row['unit']}"
    if found["logarithmic"]:
        return f"{text}, equal ratios count alike, and less than {100 * found['least']:.0f} % is no reason to act"
    return f"{text}, and less than {words.number(found['least'])} is no reason to act"


SHARED = {
    "view": sys.modules[__name__],
    "words": words,
    "frameworks": FRAMEWORKS,
    "colors": html_page.COLORS,
    "ratings": RATINGS,
    "margin": MARGIN,
}


def render(made: Mapping[str, Any]) -> str:
    """The whole page, of a decision that `decision_report.check` let pass."""
    return html_page.render("decide/pages/page.html.j2", made=made, result=made["result"], **SHARED)


def part(name: str, made: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """A part of the page for the tab: `result`, `plots`, `matrix`, `claims` or `sources`."""
    return html_page.render(f"decision_{name}.html.j2", made=made, result=result, **SHARED)


def notice(sentence: str) -> str:
    """A sentence that warns; empty for none."""
    return html_page.render("decide/pages/notice.html.j2", sentence=sentence) if sentence else ""


def links(query: str, file: str) -> str:
    """Links to the page with the weights in its address, and to the weights as a file (a `data:` address)."""
    return html_page.render("decide/pages/links.html.j2", query=query, file=file)


def style() -> str:
    """The style sheet that the parts need."""
    return html_page.render("decide/pages/style.html.j2", **SHARED)


def write(path: Path, made: Mapping[str, Any]) -> None:
    """Write the page.

    Raises:
        ReportError: the file can't be written.
    """
    export(path, render(made), ReportError)
