"""Put an outcome into words: the recommendation in one sentence, and numbers in the form that readers expect.

The sentences are stored in decisions: published decisions and the README quote them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from decide.criteria.criteria import BY_KEY, FRAMEWORKS, RATINGS
from decide.score.sensitivity import MARGIN, Outcome

SURE = 0.95  # share of the draws from which a lead, or a tie, is stated without reservation
LIKELY = 2 / 3  # share of the draws below which the lead is not settled
# Shares of the weight with evidence: below ENOUGH nothing is recommended, below MOST the headline says "so far".
ENOUGH, MOST = 0.5, 0.8
NO_EVIDENCE, SAME, OPEN = "Not enough evidence", "It does not matter here", "Not settled"
NOISE = "no criterion that counts differs by more than its noise"


def headline(outcome: Outcome) -> str:
    """Return the recommendation in a few words."""
    leader = outcome.leader
    if outcome.totals is None or outcome.coverage < ENOUGH:
        return NO_EVIDENCE
    so_far = "" if outcome.coverage >= MOST else " (so far)"
    if outcome.level >= SURE:
        return SAME + so_far
    if leader is None or outcome.ahead[leader] < LIKELY:
        return OPEN
    return leader if outcome.ahead[leader] >= SURE and not so_far else f"Rather {leader}{so_far}"


def recommends(outcome: Outcome) -> bool:
    """Return whether the headline names a framework."""
    return not headline(outcome).startswith((NO_EVIDENCE, SAME, OPEN))


def recommendation(outcome: Outcome, name: str) -> tuple[str, str]:
    """Return a headline of a few words, and the sentence with its reason.

    Args:
        outcome: the outcome of a weighting.
        name: the name of the weighting.
    """
    title, weights = headline(outcome), capital(f"by the weights “{name}”")
    if outcome.totals is None or title == NO_EVIDENCE:
        return title, (
            f"{weights} only {percent(outcome.coverage)} of the weight has evidence, too little to recommend "
            f"anything: {missing(outcome)}."
        )
    return title, f"{weights} {_scores_and_reasons(outcome, outcome.totals, title)}{_covered(outcome)}."


def _scores_and_reasons(outcome: Outcome, totals: Mapping[str, float], title: str) -> str:
    """Return the scores, their uncertainty, and the criteria that they come from."""
    leader = outcome.leader
    if leader is None:
        why = "what speaks for the one and for the other cancels out" if any(outcome.contributions.values()) else NOISE
        both = f"both get {totals['PyTorch']:.1f} of 100 points, because {why}"
        return both if title.startswith(SAME) else f"{both}, but PyTorch's lead {_range(outcome, FRAMEWORKS[0])}"
    scores, reasons = f"{_scores(totals, leader)}, a lead that {_range(outcome, leader)}", _reasons(outcome, leader)
    if title.startswith(SAME):
        return (
            f"{scores}: less than {MARGIN:g} point apart in {percent(outcome.level)} of the draws, "
            f"because what differs beyond its noise counts little ({reasons})"
        )
    ahead = f"{leader} is ahead in {percent(outcome.ahead[leader])} of the draws"
    if outcome.ahead[leader] >= SURE:
        return f"{scores}; {ahead}; most of that is {reasons}"
    return f"{scores}; {ahead} only: the evidence does not settle it; most is {reasons}"


def _range(outcome: Outcome, leader: str) -> str:
    """Return the middle 95 % of the drawn lead of a framework, in words."""
    sign = 1 if leader == FRAMEWORKS[0] else -1
    low, high = sorted(sign * end for end in outcome.drawn_lead)
    return f"lies between {low:+.1f} and {high:+.1f} points (95 % of the draws)"


def missing(outcome: Outcome) -> str:
    """Name the criteria with a weight but no evidence, such as "nothing is known of cold start and energy"."""
    if not outcome.missing:
        return "nothing is missing"
    names = [BY_KEY[key].name for key in outcome.missing]
    return f"nothing is known of {listed(names)}"


def against_opinion(outcome: Outcome, without: Outcome) -> str:
    """Return the result without the team's opinions, in words; empty if the leader would be the same."""
    if without.totals is None:
        return "It rests on the team's opinion alone."
    if outcome.leader == without.leader:
        return ""
    if without.leader is None:
        return "That is the team's opinion: without it, neither is ahead."
    lead = abs(without.lead)
    return f"That is the team's opinion: without it, {without.leader} is ahead by {points(lead)}."


def crosscheck(outcome: Outcome) -> str:
    """Return whether TOPSIS agrees on the leader, in words; empty if no framework is recommended."""
    if outcome.topsis is None or not recommends(outcome):
        return ""
    first, second = (outcome.topsis[name] for name in FRAMEWORKS)
    leader = None if abs(first - second) < 1e-9 else FRAMEWORKS[int(second > first)]
    if leader == outcome.leader:
        return f"TOPSIS, which knows no ranges, agrees on {leader}."
    return f"TOPSIS, which knows no ranges, says {leader or 'neither'}: the result hangs on the method."


def everywhere(outcome: Outcome) -> str:
    """Return how often each framework is ahead over all weightings, in words."""
    if outcome.anywhere is None:
        return ""
    first, second = (percent(outcome.anywhere[name]) for name in FRAMEWORKS)
    level = percent(outcome.level_anywhere)
    return (
        "Over all weightings of what was measured and draws from its intervals, without opinions, PyTorch is ahead in "
        f"{first} and TensorFlow in {second}; in {level} the two are less than {MARGIN:g} point apart. Criteria that "
        "measure the same thing share one weight."
    )


def flip(flip_json: Mapping[str, Any], leader: str, measured: Mapping[str, Any]) -> list[str]:
    """Return one phrase per change to a criterion that would make both frameworks level.

    Args:
        flip_json: the flip as JSON.
        leader: the framework that is ahead.
        measured: the numbers of the criterion as JSON.
    """
    other = next(name for name in FRAMEWORKS if name != leader)
    unit = BY_KEY[flip_json["key"]].unit
    phrases = [
        f"level with {name} at {number(flip_json[part])} instead of {number(measured[name]['value'])} {unit}"
        for name, part in ((other, "behind"), (leader, "leader"))
        if flip_json[part] is not None
    ]
    if flip_json["weight"] is not None:
        phrases.append(f"level at {percent(flip_json['weight'])} of all weight")
    return phrases


def estimate(interval: Mapping[str, Any]) -> str:
    """Return a number with its interval, such as "8.31 [7.9, 8.8]"."""
    if interval["value"] is None:
        return "not measured"
    if interval["low"] is None or interval["high"] is None:
        return number(interval["value"])
    return f"{number(interval['value'])} [{number(interval['low'])}, {number(interval['high'])}]"


def milliseconds(seconds: Mapping[str, Any] | None) -> str:
    """Return seconds with their interval as milliseconds; empty if there are none."""
    if seconds is None or seconds["value"] is None:
        return ""
    return estimate({key: None if seconds[key] is None else 1000 * seconds[key] for key in ("value", "low", "high")})


def compared(comparison: Mapping[str, Any]) -> str:
    """Return a comparison such as "× 1.30 [1.27, 1.34]" or "+0.47 [-0.63, +1.6]", without an assumed interval."""
    form = "{:.2f}" if comparison["kind"] == "ratio" else "{:+.2f}"
    text = form.format(comparison["value"])
    if comparison["basis"] != "assumed" and comparison["low"] != comparison["high"]:
        text += f" [{form.format(comparison['low'])}, {form.format(comparison['high'])}]"
    text = f"× {text}" if comparison["kind"] == "ratio" else text
    return f"{text}, spread assumed" if comparison["basis"] == "assumed" else text


def number(value: float) -> str:
    """Return a number with three significant digits and commas; from 1,000 on as a whole number."""
    if abs(value) < 1e-9:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def points(value: float) -> str:
    """Return points of 100, such as "3.4 points"."""
    text = f"{value:.1f}"
    return f"{text} point" + ("" if text == "1.0" else "s")


def rating(value: int | None) -> str:
    """Return an opinion in words."""
    return "not set" if value is None else RATINGS[value]


def listed(names: Sequence[str]) -> str:
    """Join names with commas and an "and"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _scores(totals: Mapping[str, float], leader: str) -> str:
    other = next(name for name in FRAMEWORKS if name != leader)
    return f"{leader} gets {totals[leader]:.1f} of 100 points and {other} {totals[other]:.1f}"


def _reasons(outcome: Outcome, leader: str) -> str:
    """Name the three largest contributions, for and against the leader."""
    sign = 1 if leader == "PyTorch" else -1
    points_of = {key: sign * points for key, points in outcome.contributions.items() if abs(points) >= 0.05}
    largest = [f"{BY_KEY[key].name} ({points:+.1f})" for key, points in list(points_of.items())[:3]]
    return listed(largest) if largest else "many small differences"


def _covered(outcome: Outcome) -> str:
    if not outcome.missing:
        return ""
    return f". That is for {percent(outcome.coverage)} of the weight: {missing(outcome)}"


def percent(share: float) -> str:
    """Return a share in percent; "100 %" and "0 %" mean exactly all and none."""
    if share == 1:
        return "100 %"
    text = f"{100 * share:.0f} %"
    return {"100 %": "over 99 %", "0 %": "under 1 %"}.get(text, text) if share else "0 %"


def capital(text: str) -> str:
    """Capitalize the first letter."""
    return text[:1].upper() + text[1:]
