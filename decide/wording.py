"""An outcome in words: the recommendation in one sentence, and numbers as people write them."""

from collections.abc import Mapping, Sequence
from typing import Any

from decide.criteria.criteria import BY_KEY, FRAMEWORKS, RATINGS
from decide.score.sensitivity import MARGIN, Outcome

SURE = 0.95  # of the draws: from here on a lead, or that there is none, is said without a reservation
LIKELY = 2 / 3  # of the draws: with fewer the lead is as good as a coin's
ENOUGH, MOST = 0.5, 0.8  # of the weight: with evidence for less than that nothing is said, or only so far
NO_EVIDENCE, SAME, OPEN = "Not enough evidence", "It does not matter here", "Not settled"
NOISE = "no criterion that counts differs by more than its noise"


def headline(outcome: Outcome) -> str:
    """The recommendation in a few words."""
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
    """Whether the headline names a framework."""
    return not headline(outcome).startswith((NO_EVIDENCE, SAME, OPEN))


def recommendation(outcome: Outcome, name: str) -> tuple[str, str]:
    """A headline of a few words, and the sentence that gives it its reason.

    Args:
        outcome: of a weighting.
        name: what the weighting is called.
    """
    said, asked = headline(outcome), capital(f"by the weights “{name}”")
    if outcome.totals is None or said == NO_EVIDENCE:
        return said, (
            f"{asked} only {percent(outcome.coverage)} of the weight has evidence, too little to recommend "
            f"anything: {missing(outcome)}."
        )
    return said, f"{asked} {_told(outcome, said)}{_covered(outcome)}."


def _told(outcome: Outcome, said: str) -> str:
    """The scores, how sure they are, and where they come from."""
    leader = outcome.leader
    if leader is None:
        why = "what speaks for the one and for the other cancels out" if any(outcome.contributions.values()) else NOISE
        both = f"both get {outcome.totals['PyTorch']:.1f} of 100 points, because {why}"
        return both if said.startswith(SAME) else f"{both}, but PyTorch's lead {_range(outcome, FRAMEWORKS[0])}"
    scores, reasons = f"{_scores(outcome, leader)}, a lead that {_range(outcome, leader)}", _reasons(outcome, leader)
    if said.startswith(SAME):
        return (
            f"{scores}: less than {MARGIN:g} point apart in {percent(outcome.level)} of the draws, "
            f"because what differs beyond its noise counts little ({reasons})"
        )
    ahead = f"{leader} is ahead in {percent(outcome.ahead[leader])} of the draws"
    if outcome.ahead[leader] >= SURE:
        return f"{scores}; {ahead}; most of that is {reasons}"
    return f"{scores}; {ahead} only: the evidence does not settle it; most is {reasons}"


def _range(outcome: Outcome, leader: str) -> str:
    """The middle 95 % of the drawn lead of a framework."""
    sign = 1 if leader == FRAMEWORKS[0] else -1
    low, high = sorted(sign * end for end in outcome.drawn_lead)
    return f"lies between {low:+.1f} and {high:+.1f} points (95 % of the draws)"


def missing(outcome: Outcome) -> str:
    """Which criteria count and have no evidence, such as "nothing is known of cold start and energy"."""
    if not outcome.missing:
        return "nothing is missing"
    names = [BY_KEY[key].name for key in outcome.missing]
    return f"nothing is known of {listed(names)}"


def against_opinion(outcome: Outcome, without: Outcome) -> str:
    """What the result would be without the team's opinions; empty where it would be no other."""
    if without.totals is None:
        return "It rests on the team's opinion alone."
    if outcome.leader == without.leader:
        return ""
    if without.leader is None:
        return "That is the team's opinion: without it, neither is ahead."
    lead = abs(without.lead)
    return f"That is the team's opinion: without it, {without.leader} is ahead by {points(lead)}."


def crosscheck(outcome: Outcome) -> str:
    """Whether TOPSIS agrees on the leader; empty where none is recommended."""
    if outcome.topsis is None or not recommends(outcome):
        return ""
    first, second = (outcome.topsis[name] for name in FRAMEWORKS)
    leader = None if abs(first - second) < 1e-9 else FRAMEWORKS[int(second > first)]
    if leader == outcome.leader:
        return f"TOPSIS, which knows no ranges, agrees on {leader}."
    return f"TOPSIS, which knows no ranges, says {leader or 'neither'}: the result hangs on the method."


def everywhere(outcome: Outcome) -> str:
    """How often each framework wins over all weightings."""
    if outcome.anywhere is None:
        return ""
    first, second = (percent(outcome.anywhere[name]) for name in FRAMEWORKS)
    level = percent(outcome.level_anywhere)
    return (
        "Over all weightings of what was measured and draws from its intervals, without opinions, PyTorch is ahead in "
        f"{first} and TensorFlow in {second}; in {level} the two are less than {MARGIN:g} point apart. Criteria that "
        "measure the same thing share one weight."
    )


def flip(found: Mapping[str, Any], leader: str, measured: Mapping[str, Any]) -> list[str]:
    """Where the two would be level, of one criterion: the values needed and the weight, each as a phrase.

    Args:
        found: the flip, as JSON.
        leader: who is ahead now.
        measured: what was measured of the criterion.
    """
    other = next(name for name in FRAMEWORKS if name != leader)
    unit = BY_KEY[found["key"]].unit
    out = [
        f"level with {name} at {number(found[part])} instead of {number(measured[name]['value'])} {unit}"
        for name, part in ((other, "behind"), (leader, "leader"))
        if found[part] is not None
    ]
    if found["weight"] is not None:
        out.append(f"level at {percent(found['weight'])} of all weight")
    return out


def estimate(found: Mapping[str, Any]) -> str:
    """A number with its interval, such as "8.31 [7.9, 8.8]"."""
    if found["value"] is None:
        return "not measured"
    if found["low"] is None or found["high"] is None:
        return number(found["value"])
    return f"{number(found['value'])} [{number(found['low'])}, {number(found['high'])}]"


def milliseconds(seconds: Mapping[str, Any] | None) -> str:
    """Seconds with their interval as milliseconds; empty where there are none."""
    if seconds is None or seconds["value"] is None:
        return ""
    return estimate({key: None if seconds[key] is None else 1000 * seconds[key] for key in ("value", "low", "high")})


def compared(found: Mapping[str, Any]) -> str:
    """A comparison, such as "× 1.30 [1.27, 1.34]" or "+0.47 [-0.63, +1.6]"; what is assumed is no interval."""
    form = "{:.2f}" if found["kind"] == "ratio" else "{:+.2f}"
    text = form.format(found["value"])
    if found["basis"] != "assumed" and found["low"] != found["high"]:
        text += f" [{form.format(found['low'])}, {form.format(found['high'])}]"
    text = f"× {text}" if found["kind"] == "ratio" else text
    return f"{text}, spread assumed" if found["basis"] == "assumed" else text


def number(value: float) -> str:
    """Three significant digits, with commas; whole numbers from 1,000 on."""
    if abs(value) < 1e-9:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def points(value: float) -> str:
    """Points of 100, such as "3.4 points"."""
    text = f"{value:.1f}"
    return f"{text} point" + ("" if text == "1.0" else "s")


def rating(value: int | None) -> str:
    """An opinion as its words."""
    return "not set" if value is None else RATINGS[value]


def listed(names: Sequence[str]) -> str:
    """Names with commas and an "and"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _scores(outcome: Outcome, leader: str) -> str:
    other = next(name for name in FRAMEWORKS if name != leader)
    return f"{leader} gets {outcome.totals[leader]:.1f} of 100 points and {other} {outcome.totals[other]:.1f}"


def _reasons(outcome: Outcome, leader: str) -> str:
    """The largest contributions, for and against."""
    sign = 1 if leader == "PyTorch" else -1
    parts = {key: sign * each for key, each in outcome.contributions.items() if abs(each) >= 0.05}
    speaking = [f"{BY_KEY[key].name} ({each:+.1f})" for key, each in list(parts.items())[:3]]
    return listed(speaking) if speaking else "many small differences"


def _covered(outcome: Outcome) -> str:
    if not outcome.missing:
        return ""
    return f". That is for {percent(outcome.coverage)} of the weight: {missing(outcome)}"


def percent(share: float) -> str:
    """A share in percent, which is "all" or "none" only where it is so."""
    if share == 1:
        return "100 %"
    text = f"{100 * share:.0f} %"
    return {"100 %": "over 99 %", "0 %": "under 1 %"}.get(text, text) if share else "0 %"


def capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]
