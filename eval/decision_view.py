"""A decision laid out for people: the rows and bars that the page to print and the tab both draw."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eval import decision_words as words
from eval.decision_compare import scored
from eval.decision_criteria import BY_KEY, FRAMEWORKS
from eval.decision_scoring import rated

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


def contributions(result: Mapping[str, Any]) -> list[Bar]:
    """What each criterion adds to the lead: to the left for PyTorch, to the right for TensorFlow."""
    outcome = result["outcome"]
    parts = {key: -each for key, each in outcome["contributions"].items() if round(each, 2)}
    ends = {key: (-outcome["ends"][key][1], -outcome["ends"][key][0]) for key in parts}
    reach = max([LEAST_SPAN, *(abs(end) for pair in ends.values() for end in pair)])
    return [
        Bar(
            BY_KEY[key].name,
            *_stretch(0.0, part, reach),
            FRAMEWORKS[int(part > 0)],
            *_stretch(*ends[key], reach),
            f"{abs(part):.1f} for {FRAMEWORKS[int(part > 0)]}",
        )
        for key, part in parts.items()
    ]


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
        both = scored(row["key"], BY_KEY[row["key"]].scale, row["measured"]).central()
    return {name: float(max(0.0, 100 * each)) for name, each in zip(FRAMEWORKS, both, strict=True)}


def counts(made: Mapping[str, Any]) -> str:
    """How many criteria each framework is ahead in, as a sentence."""
    rows = [row for row in made["criteria"] if not row["opinion"]]
    found = [row["ahead"] for row in rows]
    parts = [f"{name} is ahead in {found.count(name)}" for name in FRAMEWORKS]
    parts += [f"they are level within the noise in {found.count('tie')}", f"nothing is known of {found.count(None)}"]
    return f"Of {len(rows)} measured criteria, {words.listed(parts)}."


def flips(made: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nearest ways to turn the result round: criterion, how much of its range, and what it would take."""
    leader, measured = leader_of(result), {row["key"]: row["measured"] for row in made["criteria"]}
    out = []
    for found in result["outcome"]["flips"]:
        phrases = words.flip(found, leader, measured[found["key"]])
        if phrases:
            out.append(
                {"name": BY_KEY[found["key"]].name, "share": f"{100 * found['share']:.0f} %", "phrases": phrases}
            )
    return out[:NEAREST]


def leader_of(result: Mapping[str, Any]) -> str | None:
    """The framework with the higher total; None where they are level."""
    lead = result["outcome"]["lead"]
    return None if not lead else FRAMEWORKS[int(lead < 0)]


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
    """A range as words, such as "1,000 to 10 ms, by ratio"."""
    found = row["range"]
    text = f"{words.number(found['worst'])} to {words.number(found['best'])} {row['unit']}"
    return f"{text}, equal ratios count alike" if found["logarithmic"] else text
