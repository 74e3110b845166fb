"""A benchmark as one JSON document: built, checked against its schema, written and read."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema

from bakeoff.common import json_report
from bakeoff.common.errors import ReportError
from bakeoff.common.files import export, json_text
from bakeoff.common.json_report import identify
from bakeoff.corpus.corpus import Corpus
from bakeoff.stats.estimate import Estimate

SCHEMA_FILE = Path(__file__).with_name("benchmark.schema.json")


def build(*, command: str, data: Corpus, **parts: Any) -> dict[str, Any]:
    """The document.

    Args:
        command: the command line that makes it again.
        data: the corpus that the texts are from.
        parts: `models`, `machine`, `settings`, `frameworks` and `figures`, as the schema describes them.
    """
    made = {
        "schema": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "corpus": {"name": data.name, "digest": data.digest, "train": len(data.train), "test": len(data.test)},
        **parts,
    }
    # What passed through JSON once compares equal to what is read back.
    made = json.loads(json.dumps(made, allow_nan=False, default=Estimate.to_json))
    made["id"] = identify(made)
    check(made, "the benchmark")
    return made


def check(made: Any, name: str) -> None:
    """Hold a document against the schema and its own id.

    Raises:
        ReportError: it is no benchmark, or was changed after it was written.
    """
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(made))
    if error is not None:
        place = "/".join(map(str, error.absolute_path)) or "the top level"
        raise ReportError(f"{name} is no report of `bakeoff speed`: at {place}, {error.message[:120]}; make it again.")
    if made["id"] != identify(made):
        raise ReportError(f"{name} was changed after it was written: its id does not fit; make it again.")


def write(path: Path, made: Mapping[str, Any]) -> None:
    """Write a document; it appears whole or not at all.

    Raises:
        ReportError: it can't be written.
    """
    export(path, json_text(made), ReportError)


def read(path: Path) -> dict[str, Any]:
    """Read a document and check it; it is data, and nothing in it is run.

    Raises:
        ReportError: it is missing, too large, no JSON, or no benchmark.
    """
    return json_report.read(path, "benchmark", "bakeoff speed", check)
