"""The gates before any recommendation: reasons why the evidence may not recommend a framework at all."""

from collections.abc import Mapping
from typing import Any

from decide.criteria.criteria import FRAMEWORKS
from decide.evidence.caveats import differs
from decide.evidence.reports import OF_MODELS, Evidence, Source

MACHINE = ("processor", "cores")  # the parts of a machine that must be the same in all reports
TIMED = ("benchmark", "explanations", "deployability")  # kinds of report whose figures depend on the machine


def gates(evidence: Evidence, allow_mixed: bool = False) -> list[str]:
    """Return one sentence per reason why nothing may be recommended; empty if there is none.

    Args:
        evidence: all reports.
        allow_mixed: whether reports of different models, corpora and machines may be combined.
    """
    evaluation = evidence.of("evaluation")
    sentences = [] if evaluation is None else _behind_the_floor(evaluation.content)
    return sentences if allow_mixed else sentences + mixed(evidence)


def mixed(evidence: Evidence) -> list[str]:
    """Return one sentence per kind of difference between the reports: other models, corpora or machines."""
    sentences = []
    models = evidence.models()
    others = [
        source.file
        for source in evidence.sources
        if source.kind in OF_MODELS
        and any(differs(source.models.get(name, {}), models.get(name, {})) for name in FRAMEWORKS)
    ]
    corpora = {source.corpus: source.file for source in evidence.sources if source.corpus}
    machines = {described: source.file for source in evidence.sources if (described := _described(source))}
    if others:
        sentences.append(f"The reports are about different models ({', '.join(others)} differ from the evaluation).")
    if len(corpora) > 1:
        sentences.append(f"The reports are about different corpora or splits ({', '.join(corpora.values())}).")
    if len(machines) > 1:
        sentences.append(f"The reports were measured on different machines ({', '.join(machines.values())}).")
    if sentences:
        sentences[-1] += " Make them again for one pair, corpus and machine, or allow it with --allow-mixed."
    return sentences


def _described(source: Source) -> str:
    """Describe the machine of a timed report; empty if it is not timed or does not say."""
    if source.kind not in TIMED or not all(source.machine.get(part) for part in MACHINE):
        return ""
    cores = source.machine["cores"]
    return f"{source.machine['processor']}, {cores.get('logical') if isinstance(cores, dict) else cores} cores"


def _behind_the_floor(evaluation: Mapping[str, Any]) -> list[str]:
    """Say which models do not beat the floor by more than their interval; reports without a floor say nothing."""
    floor = evaluation.get("floor")
    if not floor:
        return []
    behind = [name for name in FRAMEWORKS if not (floor["difference"][name]["low"] or 0) > 0]
    if not behind:
        return []
    numbers = ", ".join(f"{name} {100 * floor['difference'][name]['value']:+.1f} points" for name in behind)
    return [
        f"{' and '.join(behind)} does not beat {floor['name']} by more than its 95 % interval ({numbers} against "
        f"{100 * floor['accuracy']['value']:.1f} %): neither framework is needed for this, so none is recommended."
    ]
