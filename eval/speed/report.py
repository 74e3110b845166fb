"""Build, check, write and read a benchmark as one JSON document."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema

from bakeoff.common import code_digest, json_report
from bakeoff.common.errors import ReportError
from bakeoff.common.files import export, json_text
from bakeoff.common.json_report import identify
from bakeoff.corpus.corpus import Corpus
from bakeoff.stats.estimate import Estimate

SCHEMA_FILE = Path(__file__).with_name("benchmark.schema.json")


def build(*, command: str, data: Corpus, **parts: Any) -> dict[str, Any]:
    """Build the document.

    Args:
        command: The command line that reproduces the benchmark.
        data: The corpus that the texts are from.
        parts: `models`, `machine`, `settings`, `frameworks`, `statements` and `figures`, as the schema describes them.
    """
    document = {
        "schema": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "code": code_digest.of_kind("benchmark"),
        "corpus": {"name": data.name, "digest": data.digest, "train": len(data.train), "test": len(data.test)},
        **parts,
    }
    # A round trip through JSON makes the document equal to what is read back.
    document = json.loads(json.dumps(document, allow_nan=False, default=Estimate.to_json))
    document["id"] = identify(document)
    check(document, "the benchmark")
    return document


def check(document: Any, name: str) -> None:
    """Check a document against the schema and its own id.

    Raises:
        ReportError: The document is not a benchmark, or was changed after it was written.
    """
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(document))
    if error is not None:
        place = "/".join(map(str, error.absolute_path)) or "the top level"
        raise ReportError(
            f"{name} is not a report of `bakeoff speed`: at {place}, {error.message[:120]}; make it again."
        )
    if document["id"] != identify(document):
        raise ReportError(f"{name} was changed after it was written: its id does not match; make it again.")


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document atomically.

    Raises:
        ReportError: The document can't be written.
    """
    export(path, json_text(document), ReportError)


def read(path: Path) -> dict[str, Any]:
    """Read a document and check it; a document is data, and nothing in it is executed.

    Raises:
        ReportError: The file is missing, too large, not JSON, or not a benchmark.
    """
    return json_report.read(path, "benchmark", "bakeoff speed", check)
