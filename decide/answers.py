"""Answer in units before any score: what each criterion costs, what would settle it, and the scope of it all.

The sentences are stored in decisions: published decisions quote them.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from decide.criteria.criteria import FRAMEWORKS
from decide.evidence.comparison import EXACT, OPEN, SAME, scored_row, standing
from decide.evidence.reports import COMMANDS, Evidence
from decide.wording import capital, listed, number

FIRST = ("accuracy", "latency", "throughput", "training_step", "cold_start", "serving_memory", "install_size")
ELSEWHERE = ("GPU", "Windows", "macOS")  # what no report of ours covers


def answers(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return one sentence in units per criterion with evidence, the most asked for first.

    Args:
        rows: the criteria of a decision.

    Returns:
        `key`, `standing` and `sentence` of each; `settle` says what would settle it if it is not settled.
    """
    measured = [row for row in rows if row["measured"] is not None]
    order = {key: position for position, key in enumerate(FIRST)}
    ordered = sorted(measured, key=lambda row: order.get(row["key"], len(FIRST)))
    return [
        {
            "key": row["key"],
            "standing": standing(scored_row(row)),
            "sentence": sentence(row),
            "settle": settle(row) if standing(scored_row(row)) == OPEN else "",
        }
        for row in ordered
    ]


def sentence(row: Mapping[str, Any]) -> str:
    """Return what a criterion costs in its unit, such as "Cold start: PyTorch is ahead by 2.37 s (...)"."""
    measured, unit = row["measured"], row["unit"].replace("%", "percentage points")
    first, second = (measured[name]["value"] for name in FRAMEWORKS)
    low, high = difference(row)
    numbers = f"PyTorch {number(first)}, TensorFlow {number(second)} {row['unit']}"
    numbers += f"; TensorFlow minus PyTorch {signed(second - first)}"
    if measured["compared"]["basis"] != EXACT:
        numbers += f", 95 % {signed(low)} to {signed(high)}"
    who = standing(scored_row(row))
    amount = f"{who} is ahead by {number(abs(second - first))} {unit}"
    said = {SAME: "no difference worth acting on", OPEN: "not settled"}.get(who, amount)
    return f"{capital(row['name'])}: {said} ({numbers})."


def signed(value: float) -> str:
    """Return a number with its sign."""
    return f"{'+' if value > 0 else ''}{number(value)}"


def difference(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the interval of TensorFlow's value minus PyTorch's in the unit; a ratio's is taken at PyTorch's value."""
    compared, first = row["measured"]["compared"], row["measured"][FRAMEWORKS[0]]["value"]
    if compared["kind"] == "ratio":
        return first * (compared["low"] - 1), first * (compared["high"] - 1)
    return compared["low"], compared["high"]


def settle(row: Mapping[str, Any]) -> str:
    """Say what would settle a criterion, with the command."""
    measured = row["measured"]
    command = f"`{COMMANDS[row['kind']]}`"
    if measured["unsettled"]:
        return f"{measured['unsettled']}: repeat {command} on a quiet machine, in several runs"
    compared = scored_row(row)
    half, distance = (compared.high - compared.low) / 2, max(abs(compared.gap), compared.scale.margin)
    factor = math.ceil((half / distance) ** 2)
    more = f"about {factor} times as many repetitions" if factor > 1 else "a few more repetitions"
    return f"{more} (test texts and seeds, or rounds) with {command} would narrow the interval enough"


def scope(decision: Mapping[str, Any], evidence: Evidence) -> str:
    """Return one line on what the decision is about: machine, corpus, models, packages, basis, variant and dates."""
    machine, corpus = decision["machine"], decision["corpus"] or {}
    cores = machine.get("cores")
    cores = cores.get("logical") if isinstance(cores, dict) else cores
    versions = machine.get("versions", {})
    packages = [f"{name} {versions[name]}" for name in ("torch", "tensorflow") if name in versions]
    dates = sorted(source.created[:10] for source in evidence.sources if source.created)
    parts = [
        f"{corpus.get('name', 'unknown corpus')}" + (f", {corpus['texts']:,} test texts" if "texts" in corpus else ""),
        _encoder(evidence),
        f"{machine.get('processor', 'unknown processor')}" + (f", {cores} cores" if cores else "") + ", no GPU",
        ", ".join(packages),
        f"speed on the basis “{decision['basis']}”, packages “{decision['variant']}”",
        f"measured {dates[0]} to {dates[-1]}" if dates else "",
    ]
    return "; ".join(part for part in parts if part)


def _encoder(evidence: Evidence) -> str:
    evaluation = evidence.of("evaluation")
    models: Mapping[str, Any] = evaluation.content["models"] if evaluation else {}
    model: Mapping[str, Any] = next(iter(models.values()), {})
    encoder, recipe = model.get("encoder") or {}, model.get("recipe") or {}
    name = encoder.get("hub_id") or recipe.get("encoder", "")
    return f"{name}, {recipe['max_length']} tokens" if name and "max_length" in recipe else name


def situation(result: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what one situation calls for: the recommendation, its reasons in units, and what would change it.

    Args:
        result: the result of a preset weighting.
        rows: the criteria of the decision.
    """
    by_key = {row["key"]: row for row in rows}
    largest = [key for key, points in result["outcome"]["contributions"].items() if abs(points) >= 0.05]
    reasons = [_reason(by_key[key]) for key in largest if key in by_key]
    turns = result["multiverse"]["turns"]
    change = listed([choices_in_words(turn) for turn in turns[:3]]) if turns else "no single defensible choice"
    return {
        "name": result["weighting"]["name"],
        "recommendation": result["headline"],
        "reason": " ".join(list(filter(None, reasons))[:2]) or "Nothing that counts differs by more than its noise.",
        "change": change,
    }


def _reason(row: Mapping[str, Any]) -> str:
    """Return why a criterion speaks for a framework; empty if it is not settled or there is no difference."""
    if row["opinion"]:
        return f"{capital(row['name'])}: the team's opinion."
    return sentence(row) if standing(scored_row(row)) in FRAMEWORKS else ""


def choices_in_words(turn: Mapping[str, Any]) -> str:
    """Return a turn of the headline in words, such as "packages “CPU-only wheels” (then TensorFlow)"."""
    choices = " together with ".join(f"{choice} “{name}”" for choice, name in turn["choices"].items())
    return f"{choices} (then {turn['recommended']})"


def exchange_rates(rows: Sequence[Mapping[str, Any]], weights: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return what one percentage point of accuracy is worth in the unit of each other weighted criterion.

    The rate follows from the weights and the ranges alone: equal contributions to the score. On a logarithmic scale it
    is a factor.

    Args:
        rows: the criteria of a decision.
        weights: the effective weight of each criterion.
    """
    by_key = {row["key"]: row for row in rows}
    if not weights.get("accuracy"):
        return []
    scale = by_key["accuracy"]["range"]
    point = weights["accuracy"] / abs(scale["best"] - scale["worst"])  # score per percentage point
    rates = []
    for key, weight in weights.items():
        row = by_key.get(key)
        if key == "accuracy" or not weight or row is None or row["range"] is None:
            continue
        position = point / weight
        if row["range"]["logarithmic"]:
            factor = math.exp(position * abs(math.log(row["range"]["best"] / row["range"]["worst"])))
            rates.append({"key": key, "name": row["name"], "worth": f"a factor of {factor:.2f} in {row['unit']}"})
        else:
            amount = position * abs(row["range"]["best"] - row["range"]["worst"])
            unit = row["unit"].replace("%", "percentage points")
            rates.append({"key": key, "name": row["name"], "worth": f"{number(amount)} {unit}"})
    return rates


def unmeasured(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one sentence per thing that was not measured, with the command that would measure it."""
    missing = [f"{row['name']}: {row['reason']}" for row in rows if row["measured"] is None and not row["opinion"]]
    return [*missing, *(f"{what}: no report covers it; run `bakeoff speed` on such a machine" for what in ELSEWHERE)]
