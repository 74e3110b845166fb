"""Caveats on the reports behind a decision: models or corpora that don't match, and other load on the machine."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from decide.criteria.criteria import FRAMEWORKS
from decide.criteria.definitions import CURRENT
from decide.evidence.reports import COMMANDS, KINDS, OF_MODELS, Evidence, Source


def remarks(evidence: Evidence, used: Collection[str]) -> list[str]:
    """Return one sentence per caveat: reports of other models or corpora, and reports begun beside other work.

    Args:
        evidence: all reports.
        used: ids of the reports that a number was taken from. The other reports are ignored.
    """
    sources = [source for source in evidence.sources if source.id in used]
    models = evidence.models()
    corpora = dict.fromkeys(source.corpus for source in evidence.sources if source.corpus)
    sentences = [
        f"{source.file} is about another {name} model than the evaluation."
        for source in sources
        for name in FRAMEWORKS
        if differs(source.models.get(name, {}), models.get(name, {}))
    ]
    if unnamed := [source.file for source in sources if source.kind in OF_MODELS and not source.models]:
        sentences.append(f"These reports don't say which models they are of: {', '.join(unnamed)}.")
    sentences += _changed_code(sources)
    sentences += _busy_kinds(sources)
    if others := [source.file for source in sources if source.corpus and source.corpus != next(iter(corpora))]:
        sentences.append(f"These reports are about another corpus or split than the first: {', '.join(others)}.")
    return sentences


def _changed_code(sources: list[Source]) -> list[str]:
    """Return one sentence per kind of report whose code has changed since it was made."""
    sentences = []
    for kind in KINDS:
        changed = [parts for source in sources if source.kind == kind and (parts := source.changed_code())]
        if changed:
            names = ", ".join(dict.fromkeys(part for parts in changed for part in parts))
            sentences.append(
                f"Stale: the code of {names} has changed since {len(changed)} of the reports of `{COMMANDS[kind]}` "
                "were made, or they are older than this record: make them again."
            )
    return sentences


def _busy_kinds(sources: list[Source]) -> list[str]:
    """Return one sentence per kind of report, with the number of reports that were begun beside other work."""
    sentences = []
    for kind in KINDS:
        loads = [busy_load(source) for source in sources if source.kind == kind]
        if busy := [load for load in loads if load is not None]:
            load, cores = max(busy)
            sentences.append(
                f"Other work ran on the machine when {len(busy)} of {len(loads)} reports of `{COMMANDS[kind]}` "
                f"began (load up to {load:g} on {cores} cores): their times may be too long and count as not settled."
            )
    return sentences


def busy_load(source: Source) -> tuple[float, int] | None:
    """Return load and cores of a machine that was busy when the report was begun; None if idle or unknown."""
    content = source.content
    machine = content.get("environment") if source.kind == "training" else content.get("machine")
    if not isinstance(machine, dict):
        return None
    load, cores = machine.get("load_average_before", content.get("load_average_before")), machine.get("cores")
    if isinstance(cores, dict):
        cores = cores.get("logical")
    if cores is None and (match := re.search(r"(\d+) cores", str(machine.get("system")))):
        cores = int(match[1])
    return (load, cores) if load and cores and load > CURRENT.rule.busy * cores else None


def differs(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether the weights of two models differ, if both are known; either digest may be shortened."""
    first, second = one.get("weights") or "", other.get("weights") or ""
    length = min(len(first), len(second))
    return first[:length] != second[:length]


def other_models(decision: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    """Return a sentence that says whether a decision is about other models than these; empty if it is not.

    Args:
        decision: the decision as JSON.
        digests: digests of the loaded models' weights, by framework.
    """
    others = [
        f"{name} {decision['models'][name]['weights'][:12] or 'unknown'} there, {digest[:12]} here"
        for name, digest in digests.items()
        if name in decision["models"] and differs(decision["models"][name], {"weights": digest})
    ]
    if not others:
        return ""
    return f"This decision is about other models than the loaded ones (digests of the weights: {'; '.join(others)})."
