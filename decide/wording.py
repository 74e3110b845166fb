"""Put an outcome into words: the recommendation in one sentence, and numbers in the form that readers expect.

The sentences are stored in decisions: published decisions and the README quote them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from decide.criteria.criteria import BY_KEY, FRAMEWORKS, RATINGS
from decide.criteria.definitions import CURRENT, Rule
from decide.score.sensitivity import Outcome

BLOCKED, NO_EVIDENCE = "No recommendation", "Not enough evidence"
NO_REASON, OPEN = "No reason to choose", "Not settled"


def headline(outcome: Outcome, gates: Sequence[str] = (), rule: Rule = CURRENT.rule) -> str:
    """Return the recommendation in a few words; the rule's numbers are in the registered definitions.

    Args:
        outcome: the outcome of a weighting.
        gates: one sentence per reason why nothing may be recommended.
        rule: the rule of the definitions.
    """
    leader = outcome.leader
    if gates:
        return BLOCKED
    if outcome.totals is None or outcome.coverage < rule.enough:
        return NO_EVIDENCE
    if leader is None or abs(outcome.lead) < rule.margin:
        return NO_REASON
    if outcome.ahead[leader] < rule.likely:
        return OPEN
    return leader if outcome.ahead[leader] >= rule.sure and outcome.settled >= rule.most else f"Rather {leader}"


def recommends(title: str) -> bool:
    """Return whether a headline names a framework."""
    return title.endswith(FRAMEWORKS)


def recommendation(
    outcome: Outcome, name: str, gates: Sequence[str] = (), rule: Rule = CURRENT.rule
) -> tuple[str, str]:
    """Return a headline of a few words, and the sentences with its reason.

    Args:
        outcome: the outcome of a weighting.
        name: the name of the weighting.
        gates: one sentence per reason why nothing may be recommended.
        rule: the rule of the definitions.
    """
    title, weights = headline(outcome, gates, rule), f"With the weights “{name}”"
    if title == BLOCKED:
        return title, " ".join(gates)
    if outcome.totals is None or title == NO_EVIDENCE:
        return title, (
            f"{weights}, only {percent(outcome.coverage)} of the weight has evidence, too little to recommend "
            f"anything: {missing(outcome)}."
        )
    return title, f"{weights}, {_reason(outcome, outcome.totals, title, rule)}.{_reservations(outcome)}"


def _reason(outcome: Outcome, totals: Mapping[str, float], title: str, rule: Rule) -> str:
    """Return the scores, their uncertainty, and the criteria that they come from."""
    leader = outcome.leader or FRAMEWORKS[0]
    lead = f"{_scores(totals, leader)}, a lead {_range(outcome, leader)}"
    ahead = f"{leader} is ahead in {percent(outcome.ahead[leader])} of the draws"
    if title == NO_REASON:
        sure = outcome.level >= rule.sure
        settled = f"The lead is smaller in {percent(outcome.level)} of the draws" if sure else f"{ahead}, which is open"
        return f"{lead}: less than {rule.margin:g} point is no reason to choose. {settled}"
    if title == OPEN:
        return f"{lead}. {ahead}, less than the {percent(rule.likely)} from which a framework is recommended"
    return f"{lead}. {ahead}. Most of the lead comes from {_reasons(outcome, leader)}"


def _reservations(outcome: Outcome) -> str:
    """Return what is missing and what is not settled, each with its share of the weight; empty if nothing is."""
    sentences = []
    if outcome.missing:
        sentences.append(f" {percent(1 - outcome.coverage)} of the weight has no evidence: {missing(outcome)}.")
    if outcome.unsettled:
        names = listed([BY_KEY[key].name for key in outcome.unsettled])
        sentences.append(f" {percent(outcome.coverage - outcome.settled)} of the weight is not settled: {names}.")
    return "".join(sentences)


def _range(outcome: Outcome, leader: str) -> str:
    """Return the middle 95 % of the drawn lead of a framework, in words."""
    sign = 1 if leader == FRAMEWORKS[0] else -1
    low, high = sorted(sign * end for end in outcome.drawn_lead)
    return f"between {low:+.1f} and {high:+.1f} points in 95 % of the draws"


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


def everywhere(outcome: Outcome) -> str:
    """Return how often each framework is ahead over all weightings, in words."""
    if outcome.anywhere is None:
        return ""
    first, second = (percent(outcome.anywhere[name]) for name in FRAMEWORKS)
    level = percent(outcome.level_anywhere)
    return (
        "Over all weightings of what was measured and draws from its intervals, without opinions, PyTorch is ahead in "
        f"{first} and TensorFlow in {second}; in {level} the two are less than {CURRENT.rule.margin:g} point apart. "
        "Criteria that measure the same property share one weight."
    )


def over_definitions(multiverse: Mapping[str, Any]) -> str:
    """Return the range of the lead over all defensible definitions, in words."""
    low, high = multiverse["lead"]
    shares = multiverse["recommended"]
    named = listed([f"{name} in {percent(shares[name])}" for name in (*FRAMEWORKS, "neither")])
    return (
        f"Over {multiverse['universes']:,} combinations of defensible definitions, PyTorch's lead lies between "
        f"{low:+.1f} and {high:+.1f} points; recommended: {named}."
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


def percent(share: float) -> str:
    """Return a share of draws or of weight in percent. A share of finitely many draws is never called 0 or 100 %."""
    if share > 0.9995:
        return "> 99.9 %"
    if share < 0.0005:
        return "< 0.1 %"
    digits = 1 if share > 0.995 or share < 0.005 else 0
    return f"{100 * share:.{digits}f} %"


def capital(text: str) -> str:
    """Capitalize the first letter."""
    return text[:1].upper() + text[1:]
