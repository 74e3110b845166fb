"""A decision as one JSON document: built from the evidence, checked against its schema, written, read and reopened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from bakeoff.common import json_report as document
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
from decide.evidence.comparison import ahead, scored
from decide.evidence.readers import read as read_criterion
from decide.evidence.reports import Evidence, gather
from decide.score.sensitivity import MARGIN, Matrix, Outcome
from decide.wording import against_opinion, crosscheck, everywhere, recommendation
from eval.report.catalog import RESULTS

SCHEMA_FILE = Path(__file__).with_name("decision.schema.json")
SEED = 0


def build(evidence: Evidence, weighting: Weighting, command: str) -> dict[str, Any]:
    """The document: the matrix, where each number comes from, the claims, and what this weighting and all presets say.

    Args:
        evidence: the reports.
        weighting: whose result comes first.
        command: the command line that makes it again.

    Raises:
        ReportError: a report lacks what today's version of it has.
    """
    code = trainer_diff.side_by_side()
    adoption, tried = evidence.of("adoption"), evidence.of("deployability")
    criteria = [_row(criterion, evidence) for criterion in CRITERIA]
    claims = decision_claims.check(evidence, code)
    made = {
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
        "formats": [dict(row) | {"source": tried.id} for row in tried.content["formats"]] if tried else [],
        "facts": list(adoption.content["facts"]) if adoption else [],
    }
    matrix = Matrix.of(made)
    made |= {
        "result": result(matrix, weighting),
        "presets": {key: result(matrix, preset) for key, preset in PRESETS.items()},
    }
    # What passed through JSON once compares equal to what is read back.
    made = json.loads(json.dumps(made, allow_nan=False))
    made["id"] = identify(made)
    check(made, "the decision")
    return made


def marked(made: Mapping[str, Any], stale: str) -> dict[str, Any]:
    """The document with what is stale about it, and an id to fit.

    Args:
        made: a decision.
        stale: which models are no longer those that were measured, as a sentence; empty where all are.
    """
    made = dict(made) | {"stale": stale}
    return made | {"id": identify(made)}


def result(matrix: Matrix, weighting: Weighting) -> dict[str, Any]:
    """What a weighting makes of the matrix, as JSON: the recommendation first."""
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
    weights = {key: each for key, each in weighting.weights.items() if key not in counted}
    return against_opinion(outcome, matrix.outcome(replace(weighting, weights=weights, opinions={})))


def _row(criterion: Criterion, evidence: Evidence) -> dict[str, Any]:
    found = "the team sets it" if criterion.opinion else read_criterion(evidence, criterion.key)
    lost = isinstance(found, str)
    measured = None if lost else found.to_json()
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
        "measured": measured,
        "ahead": None if lost else ahead(scored(criterion.key, scale, measured)),
        "reason": found if lost else "",
    }


def _used(criteria: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]) -> set[str]:
    """The ids of the reports that a number was taken from."""
    rows = (*criteria, *(figure for claim in claims for figure in claim["figures"]))
    found = [row["measured"] for row in rows if row["measured"] is not None]
    return {place["source"] for each in found for name in FRAMEWORKS for place in each[name]["from"]}


def _corpus(evidence: Evidence) -> dict[str, Any] | None:
    found = evidence.of("evaluation") or evidence.of("benchmark")
    return None if found is None else dict(found.content["corpus"])


def check(made: Any, name: str) -> None:
    """Hold a document against the schema, its own id, and its own sources.

    Raises:
        ReportError: it is no decision, was changed after it was written, or has a number without a source.
    """
    import jsonschema  # the page opens before it reads a decision

    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(made))
    if error is not None:
        place = "/".join(map(str, error.absolute_path)) or "the top level"
        raise ReportError(
            f"{name} is no decision of `bakeoff decide`: at {place}, {error.message[:120]}; make it again."
        )
    if made["id"] != identify(made):
        raise ReportError(f"{name} was changed after it was written: its id does not fit; make it again.")
    if [row["key"] for row in made["criteria"]] != [criterion.key for criterion in CRITERIA]:
        raise ReportError(f"{name} has other criteria than today's: make it again with `bakeoff decide`.")
    named = {source["id"] for source in made["sources"]}
    for row in made["criteria"]:
        for part in ("PyTorch", "TensorFlow", "compared"):
            places = [] if row["measured"] is None else row["measured"][part]["from"]
            if row["measured"] is not None and (not places or {place["source"] for place in places} - named):
                raise ReportError(f"{name}: {row['name']} has a number without a source; make it again.")


def write(path: Path, made: Mapping[str, Any]) -> None:
    """Write a document; it appears whole or not at all.

    Raises:
        ReportError: it can't be written.
    """
    export(path, json_text(made), ReportError)


def read(path: Path) -> dict[str, Any]:
    """Read a document and check it; it is data, and nothing in it is run.

    Raises:
        ReportError: it is missing, too large, no JSON, or no decision.
    """
    return document.read(path, "decision", "decide", check)


@dataclass(frozen=True, eq=False)
class Opened:
    """A decision, ready to be weighted.

    Attributes:
        document: as `check` let it pass.
        matrix: of its criteria, with their draws.
    """

    document: Mapping[str, Any]
    matrix: Matrix

    def result(self, weighting: Weighting) -> dict[str, Any]:
        """What a weighting makes of it, as the document's `result` holds it; takes milliseconds."""
        return result(self.matrix, weighting)

    def with_weights(self, weighting: Weighting) -> dict[str, Any]:
        """The document with this weighting's result in place of its own, and an id to fit."""
        return marked(dict(self.document) | {"result": self.result(weighting)}, self.document["stale"])


def published(folder: Path = RESULTS) -> dict[str, Path]:
    """The decisions of published studies, by the study's name."""
    return {path.parent.name: path for path in sorted(folder.glob("*/decision.json"))}


def open_decision(path: Path) -> Opened:
    """A decision from its file, or made from a folder of reports with the default weights.

    Raises:
        ReportError: it can't be read or made.
    """
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    found = _open(path, tuple((file, file.stat().st_mtime_ns if file.exists() else 0) for file in files))
    if isinstance(found, str):
        raise ReportError(found)
    return found


@lru_cache(maxsize=8)
def _open(path: Path, files: tuple[tuple[Path, int], ...]) -> Opened | str:
    """The decision, or why there is none: neither is worked out again before a file changes."""
    try:
        return _opened(path)
    except ReportError as error:
        return str(error)


def _opened(path: Path) -> Opened:
    if path.is_dir():
        weighting = PRESETS[DEFAULT]
        command = f"bakeoff decide --report {path.name} --weights {DEFAULT}"
        document = build(gather([path]), weighting, command)
    else:
        document = read(path)
    return Opened(document, Matrix.of(document))
