"""The decision as one JSON document: build it from the evidence, check it, write it, read it and weight it again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from bakeoff.common import json_report
from bakeoff.common.errors import ReportError
from bakeoff.common.files import export, json_text
from bakeoff.common.json_report import identify
from decide import claims as decision_claims
from decide import trainer_diff
from decide.answers import scope
from decide.criteria.criteria import FRAMEWORKS
from decide.criteria.criterion import Criterion
from decide.criteria.definitions import CURRENT, Definitions
from decide.criteria.presets import DEFAULT, PRESETS, presets_of
from decide.criteria.weighting import Weighting
from decide.evidence.caveats import remarks
from decide.evidence.comparison import NotMeasured, ahead, scored_row
from decide.evidence.gates import gates, mixed
from decide.evidence.readers import KIND_OF, every_format, measure, variants
from decide.evidence.reports import Evidence, gather
from decide.evidence.tracing import sources_of
from decide.score.multiverse import Universe, explore, universes
from decide.score.sensitivity import Matrix, Outcome
from decide.wording import against_opinion, everywhere, over_definitions, percent, recommendation
from eval.report.catalog import RESULTS

SCHEMA_FILE = Path(__file__).with_name("decision.schema.json")
SEED = 0


@dataclass(frozen=True)
class Choice:
    """What a decision is about, beside the weights.

    Attributes:
        basis: how the library is called; empty for the definitions' basis, or else the first that was measured.
        variant: the builds of the packages; empty for the definitions' variant.
        allow_mixed: whether reports of different models, corpora and machines may be combined.
        definitions: the registered definitions.
    """

    basis: str = ""
    variant: str = ""
    allow_mixed: bool = False
    definitions: Definitions = CURRENT

    def resolved(self, evidence: Evidence) -> "Choice":
        """Fill in the basis and the variant."""
        rule, bases = self.definitions.rule, evidence.bases()
        basis = self.basis or (rule.basis if rule.basis in bases or not bases else bases[0])
        return replace(self, basis=basis, variant=self.variant or rule.variant)


def build(evidence: Evidence, weighting: Weighting, command: str, choice: Choice = Choice()) -> dict[str, Any]:
    """Build the decision: the answers, the matrix, the source of each number, and the results of all weightings.

    Args:
        evidence: the reports.
        weighting: the weighting whose result comes first; the results of the presets follow.
        command: the command line that makes the decision again.
        choice: basis, variant and definitions.

    Raises:
        ReportError: a report was written by another version and lacks something.
    """
    choice = choice.resolved(evidence)
    own, code = evidence.on(choice.basis), trainer_diff.side_by_side()
    adoption, exports = own.of("adoption"), own.of("deployability")
    criteria = _rows(own, choice)
    claims = decision_claims.check(own, code)
    decision: dict[str, Any] = {
        "schema": 2,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "definitions": choice.definitions.to_json(),
        "basis": choice.basis,
        "variant": choice.variant,
        "corpus": _corpus(own),
        "models": own.models(),
        "other_models": "",
        "machine": own.machine(),
        "settings": {"seed": SEED, "margin": choice.definitions.rule.margin},
        "sources": [source.to_json() for source in evidence.sources],
        "gates": gates(own, choice.allow_mixed),
        "remarks": [*_chosen_otherwise(choice), *(mixed(own) if choice.allow_mixed else [])],
        "criteria": criteria,
        "alternatives": _alternatives(evidence, choice, criteria),
        "claims": claims,
        "code": code,
        "formats": [dict(row) | {"source": exports.id} for row in exports.content["formats"]] if exports else [],
        "facts": list(adoption.content["facts"]) if adoption else [],
    }
    decision["remarks"] += remarks(own, _used(criteria, claims))
    opened = Opened.of(decision)
    decision["scope"] = scope(decision, own)
    decision |= {
        "result": opened.result(weighting),
        "presets": {key: opened.result(preset) for key, preset in presets_of(choice.definitions).items()},
    }
    # After one pass through JSON the decision compares equal to what is read back.
    decision = json.loads(json.dumps(decision, allow_nan=False))
    decision["id"] = identify(decision)
    check(decision, "the decision")
    return decision


def _chosen_otherwise(choice: Choice) -> list[str]:
    """Say that the figures are on another basis than the registered one; empty if they are on it."""
    registered = choice.definitions.rule.basis
    if choice.basis == registered:
        return []
    return [
        f"The figures of speed are on the basis “{choice.basis}”; the registered one is “{registered}”, which "
        f"`bakeoff speed --basis {registered}` measures."
    ]


def marked(decision: Mapping[str, Any], other_models: str) -> dict[str, Any]:
    """Return the decision with a note that it is about other models than the loaded ones, and a new id.

    Args:
        decision: the decision.
        other_models: a sentence that names the models; empty if the loaded ones were measured.
    """
    decision = dict(decision) | {"other_models": other_models}
    return decision | {"id": identify(decision)}


def _without_opinions(matrix: Matrix, weighting: Weighting, outcome: Outcome) -> str:
    counted = [key for key in weighting.opinions if weighting.weight(key) > 0]
    if not counted:
        return ""
    weights = {key: weight for key, weight in weighting.weights.items() if key not in counted}
    return against_opinion(outcome, matrix.outcome(replace(weighting, weights=weights, opinions={})))


def _rows(evidence: Evidence, choice: Choice) -> list[dict[str, Any]]:
    return [_row(criterion, evidence, choice) for criterion in choice.definitions.criteria]


def _row(criterion: Criterion, evidence: Evidence, choice: Choice) -> dict[str, Any]:
    opinion = criterion.opinion
    measured = NotMeasured("the team sets it") if opinion else measure(evidence, criterion, choice.variant)
    numbers = None if isinstance(measured, NotMeasured) else measured.to_json()
    scale = criterion.scale
    row: dict[str, Any] = {
        "key": criterion.key,
        "name": criterion.name,
        "group": criterion.group,
        "definition": criterion.definition,
        "opinion": opinion,
        "measures": criterion.measures,
        "unit": criterion.unit,
        "range": None if scale is None else scale.to_json(),
        "assumed_spread": criterion.spread,
        "basis": choice.basis if criterion.basis else "",
        "variant": choice.variant if criterion.variant else "",
        "kind": "" if opinion else KIND_OF[criterion.key],
        "measured": numbers,
        "ahead": None,
        "stale": [],
        "reason": measured.reason if isinstance(measured, NotMeasured) else "",
    }
    if numbers is None:
        return row
    changed = {source.id: source.changed_code() for source in evidence.sources}
    stale = dict.fromkeys(part for id_ in sources_of(row) for part in changed[id_])
    return row | {"ahead": ahead(scored_row(row)), "stale": list(stale)}


def _alternatives(evidence: Evidence, choice: Choice, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that change under each other basis, variant of the packages and list of formats."""
    others: list[tuple[str, str, Evidence, Choice]] = []
    for basis in evidence.bases():
        others.append(("basis", basis, evidence.on(basis), replace(choice, basis=basis)))
    for variant in variants(evidence):
        others.append(("packages", variant, evidence.on(choice.basis), replace(choice, variant=variant)))
    alternatives = []
    for name, value, alternative, changed in others:
        parts = [row for row in _rows(alternative, changed) if not row["opinion"]]
        own = {row["key"]: row["measured"] for row in rows}
        different = [
            {"key": row["key"], "measured": row["measured"], "reason": row["reason"]}
            for row in parts
            if row["measured"] != own[row["key"]]
        ]
        if different:
            alternatives.append({"choice": name, "name": value, "rows": different})
    if all_formats := every_format(evidence.on(choice.basis)):
        alternatives.append({"choice": "formats", "name": "every format tried", "rows": [all_formats]})
    return alternatives


def _used(criteria: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the ids of the reports that a number was taken from."""
    rows = (*criteria, *(figure for claim in claims for figure in claim["figures"]))
    numbers = [row["measured"] for row in rows if row["measured"] is not None]
    return {place["source"] for number in numbers for name in FRAMEWORKS for place in number[name]["from"]}


def _corpus(evidence: Evidence) -> dict[str, Any] | None:
    source = evidence.of("evaluation") or evidence.of("benchmark")
    return None if source is None else dict(source.content["corpus"])


def check(decision: Any, name: str) -> None:
    """Check a decision against the schema, its own id, and its own sources.

    Args:
        decision: the JSON value to check.
        name: what messages call it, such as the file's name.

    Raises:
        ReportError: it is not a decision, was changed after it was written, or has a number without a source.
    """
    import jsonschema  # imported late: the page starts before it reads a decision

    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(decision))
    if error is not None:
        place = "/".join(map(str, error.absolute_path)) or "the top level"
        raise ReportError(
            f"{name} is no decision of `bakeoff decide`: at {place}, {error.message[:120]}; make it again."
        )
    if decision["id"] != identify(decision):
        raise ReportError(f"{name} was changed after it was written: its id does not match; make it again.")
    named = {source["id"] for source in decision["sources"]}
    for row in decision["criteria"]:
        for part in ("PyTorch", "TensorFlow", "compared"):
            places = [] if row["measured"] is None else row["measured"][part]["from"]
            if row["measured"] is not None and (not places or {place["source"] for place in places} - named):
                raise ReportError(f"{name}: {row['name']} has a number without a source; make it again.")


def write(path: Path, decision: Mapping[str, Any]) -> None:
    """Write a decision; the file appears complete or not at all.

    Raises:
        ReportError: the file can't be written.
    """
    export(path, json_text(decision), ReportError)


def read(path: Path) -> dict[str, Any]:
    """Read a decision and check it; it is data, and nothing in it is run.

    Raises:
        ReportError: the file is missing, too large, not JSON, or not a decision.
    """
    return json_report.read(path, "decision", "decide", check)


@dataclass(frozen=True, eq=False)
class Opened:
    """A decision that is ready to be weighted again.

    Attributes:
        document: the decision as JSON, which `check` accepted.
        matrix: the matrix of its criteria with their draws.
    """

    document: Mapping[str, Any]
    matrix: Matrix

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Opened":
        """Prepare a decision."""
        return cls(document, Matrix.of(document))

    @cached_property
    def universes(self) -> list[Universe]:
        """All combinations of the defensible definitions."""
        return universes(self.document)

    def result(self, weighting: Weighting) -> dict[str, Any]:
        """Return the result of a weighting as JSON, with the recommendation first; this takes milliseconds."""
        outcome = self.matrix.outcome(weighting)
        headline, sentence = recommendation(outcome, weighting.name, self.document["gates"], self.matrix.rule)
        multiverse = explore(self.universes, weighting, self.document["definitions"]["multiverse"])
        return {
            "headline": headline,
            "sentence": sentence + _stale(self.document, outcome),
            "opinion": _without_opinions(self.matrix, weighting, outcome),
            "everywhere": everywhere(outcome),
            "definitions": over_definitions(multiverse),
            "weighting": weighting.to_json(),
            "outcome": outcome.to_json(),
            "multiverse": multiverse,
        }

    def with_weights(self, weighting: Weighting) -> dict[str, Any]:
        """Return the document with the result of this weighting instead of its own, and a new id."""
        return marked(dict(self.document) | {"result": self.result(weighting)}, self.document["other_models"])


def _stale(document: Mapping[str, Any], outcome: Outcome) -> str:
    """Return a sentence with the share of the weight whose code has changed since; empty if there is none."""
    stale = {row["key"] for row in document["criteria"] if row["stale"]}
    share = sum(outcome.shares.get(key, 0.0) for key in stale)
    return f" Stale: {percent(share)} of the weight was measured with code that has changed since." if share else ""


def published(folder: Path = RESULTS) -> dict[str, Path]:
    """Return the paths of the published decisions by the study's name."""
    return {path.parent.name: path for path in sorted(folder.glob("*/decision.json"))}


def open_decision(path: Path) -> Opened:
    """Open a decision from its file, or build one from a folder of reports with the default weights.

    Raises:
        ReportError: the decision can't be read or built.
    """
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    opened = _open_once(path, tuple((file, file.stat().st_mtime_ns if file.exists() else 0) for file in files))
    if isinstance(opened, ReportError):
        raise ReportError(str(opened))
    return opened


@lru_cache(maxsize=8)
def _open_once(path: Path, files: tuple[tuple[Path, int], ...]) -> Opened | ReportError:
    """Return the decision or the error; neither is computed again until a file changes."""
    try:
        return _open(path)
    except ReportError as error:
        return error.with_traceback(None)


def _open(path: Path) -> Opened:
    if path.is_dir():
        weighting = PRESETS[DEFAULT]
        command = f"bakeoff decide --report {path.name} --weights {DEFAULT}"
        decision = build(gather([path]), weighting, command)
    else:
        decision = read(path)
    return Opened.of(decision)
