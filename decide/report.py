"""The decision as one JSON document: build it from the evidence, check it, write it, read it and weight it again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from bakeoff.common import json_report
from bakeoff.common.errors import ReportError
from bakeoff.common.files import export, json_text
from bakeoff.common.json_report import identify
from decide import claims as decision_claims
from decide import trainer_diff
from decide.criteria.criteria import CRITERIA, FRAMEWORKS
from decide.criteria.criterion import Criterion
from decide.criteria.presets import DEFAULT, PRESETS
from decide.criteria.weighting import Weighting
from decide.evidence.caveats import remarks
from decide.evidence.comparison import NotMeasured, ahead, scored
from decide.evidence.readers import read as read_criterion
from decide.evidence.reports import Evidence, gather
from decide.score.sensitivity import MARGIN, Matrix, Outcome
from decide.wording import against_opinion, crosscheck, everywhere, recommendation
from eval.report.catalog import RESULTS

SCHEMA_FILE = Path(__file__).with_name("decision.schema.json")
SEED = 0


def build(evidence: Evidence, weighting: Weighting, command: str) -> dict[str, Any]:
    """Build the decision: the matrix, the source of each number, the claims, and the results of all weightings.

    Args:
        evidence: the reports.
        weighting: the weighting whose result comes first; the results of the presets follow.
        command: the command line that makes the decision again.

    Raises:
        ReportError: a report was written by another version and lacks something.
    """
    code = trainer_diff.side_by_side()
    adoption, exports = evidence.of("adoption"), evidence.of("deployability")
    criteria = [_row(criterion, evidence) for criterion in CRITERIA]
    claims = decision_claims.check(evidence, code)
    decision: dict[str, Any] = {
        "schema": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "corpus": _corpus(evidence),
        "models": evidence.models(),
        "stale": "",
        "machine": evidence.machine(),
        "settings": {"seed": SEED, "margin": MARGIN},
        "sources": [source.to_json() for source in evidence.sources],
        "remarks": remarks(evidence, _used(criteria, claims)),
        "criteria": criteria,
        "claims": claims,
        "code": code,
        "formats": [dict(row) | {"source": exports.id} for row in exports.content["formats"]] if exports else [],
        "facts": list(adoption.content["facts"]) if adoption else [],
    }
    matrix = Matrix.of(decision)
    decision |= {
        "result": result(matrix, weighting),
        "presets": {key: result(matrix, preset) for key, preset in PRESETS.items()},
    }
    # After one pass through JSON the decision compares equal to what is read back.
    decision = json.loads(json.dumps(decision, allow_nan=False))
    decision["id"] = identify(decision)
    check(decision, "the decision")
    return decision


def marked(decision: Mapping[str, Any], stale: str) -> dict[str, Any]:
    """Return the decision with a warning that it is stale, and a new id.

    Args:
        decision: the decision.
        stale: a sentence that names the models which changed since; empty if none did.
    """
    decision = dict(decision) | {"stale": stale}
    return decision | {"id": identify(decision)}


def result(matrix: Matrix, weighting: Weighting) -> dict[str, Any]:
    """Return the result of a weighting as JSON, with the recommendation first."""
    outcome = matrix.outcome(weighting)
    headline, sentence = recommendation(outcome, weighting.name)
    return {
        "headline": headline,
        "sentence": sentence,
        "opinion": _without_opinions(matrix, weighting, outcome),
        "crosscheck": crosscheck(outcome),
        "everywhere": everywhere(outcome),
        "weighting": weighting.to_json(),
        "outcome": outcome.to_json(),
    }


def _without_opinions(matrix: Matrix, weighting: Weighting, outcome: Outcome) -> str:
    counted = [key for key in weighting.opinions if weighting.weight(key) > 0]
    if not counted:
        return ""
    weights = {key: weight for key, weight in weighting.weights.items() if key not in counted}
    return against_opinion(outcome, matrix.outcome(replace(weighting, weights=weights, opinions={})))


def _row(criterion: Criterion, evidence: Evidence) -> dict[str, Any]:
    measured = NotMeasured("the team sets it") if criterion.opinion else read_criterion(evidence, criterion.key)
    numbers = None if isinstance(measured, NotMeasured) else measured.to_json()
    scale = criterion.scale
    return {
        "key": criterion.key,
        "name": criterion.name,
        "group": criterion.group,
        "definition": criterion.definition,
        "opinion": criterion.opinion,
        "unit": criterion.unit,
        "range": None if scale is None else {**vars(scale), "higher_is_better": scale.higher_is_better},
        "assumed_spread": criterion.spread,
        "measured": numbers,
        "ahead": None if numbers is None else ahead(scored(criterion.key, numbers)),
        "reason": measured.reason if isinstance(measured, NotMeasured) else "",
    }


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
    if [row["key"] for row in decision["criteria"]] != [criterion.key for criterion in CRITERIA]:
        raise ReportError(f"{name} has other criteria than this version: make it again with `bakeoff decide`.")
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

    def result(self, weighting: Weighting) -> dict[str, Any]:
        """Return the result of a weighting in the form of the document's `result`; this takes milliseconds."""
        return result(self.matrix, weighting)

    def with_weights(self, weighting: Weighting) -> dict[str, Any]:
        """Return the document with the result of this weighting instead of its own, and a new id."""
        return marked(dict(self.document) | {"result": self.result(weighting)}, self.document["stale"])


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
    return Opened(decision, Matrix.of(decision))
