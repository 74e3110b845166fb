"""What a reader should know of the reports behind a decision: what does not fit, and what else ran meanwhile."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from decide.criteria.criteria import FRAMEWORKS
from decide.evidence.reports import COMMANDS, KINDS, OF_MODELS, Evidence, Source

BUSY = 0.5  # of the cores: where more were at work already, times are too long


def remarks(evidence: Evidence, used: Collection[str]) -> list[str]:
    """Reports of other models or corpora, and those that were begun beside other work, each as a sentence.

    Args:
        evidence: all reports.
        used: ids of those that a number was taken from; nothing is said of the others.
    """
    sources = [source for source in evidence.sources if source.id in used]
    models, digests = evidence.models(), dict.fromkeys(each.corpus for each in evidence.sources if each.corpus)
    out = [
        f"{source.file} is about another {name} model than the evaluation."
        for source in sources
        for name in FRAMEWORKS
        if differs(source.models.get(name, {}), models.get(name, {}))
    ]
    if silent := [each.file for each in sources if each.kind in OF_MODELS and not each.models]:
        out.append(f"These reports don't say which models they are of: {', '.join(silent)}.")
    out += _busy_ones(sources)
    if others := [each.file for each in sources if each.corpus and each.corpus != next(iter(digests))]:
        out.append(f"These reports are about another corpus or split than the first: {', '.join(others)}.")
    return out


def _busy_ones(sources: list[Source]) -> list[str]:
    """For each kind, how many of its reports were begun beside other work."""
    out = []
    for kind in KINDS:
        found = [_busy(source) for source in sources if source.kind == kind]
        if busy := list(filter(None, found)):
            load, cores = max(busy)
            out.append(
                f"Other work ran on the machine when {len(busy)} of {len(found)} reports of `{COMMANDS[kind]}` "
                f"began (load up to {load:g} on {cores} cores): their times may be too long."
            )
    return out


def _busy(source: Source) -> tuple[float, int] | None:
    """Load and cores of the machine where other work took much of it as a report was begun; else, or unknown, None."""
    content = source.content
    machine = content.get("environment") if source.kind == "training" else content.get("machine")
    if not isinstance(machine, dict):
        return None
    load, cores = machine.get("load_average_before", content.get("load_average_before")), machine.get("cores")
    if isinstance(cores, dict):
        cores = cores.get("logical")
    if cores is None and (said := re.search(r"(\d+) cores", str(machine.get("system")))):
        cores = int(said[1])
    return (load, cores) if load and cores and load > BUSY * cores else None


def differs(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two models have other weights, as far as both are known; a digest may be cut off."""
    first, second = one.get("weights") or "", other.get("weights") or ""
    length = min(len(first), len(second))
    return first[:length] != second[:length]


def stale(made: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    """Which models are no longer those that a decision is about, in one sentence; empty where they are.

    Args:
        made: a decision.
        digests: of the weights that are there now, by framework.
    """
    changed = [
        f"{name} was {made['models'][name]['weights'][:12] or 'unknown'}, is {digest[:12]}"
        for name, digest in digests.items()
        if name in made["models"] and differs(made["models"][name], {"weights": digest})
    ]
    return (
        f"Stale: this is about other models than these (digests of their weights: {'; '.join(changed)})."
        if changed
        else ""
    )
