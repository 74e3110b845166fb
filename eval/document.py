"""A measurement that decisions rest on, as one JSON document that goes by the digest of its content."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from errors import ReportError
from eval.estimate import Estimate
from eval.report import identify
from files import export, json_text


def build(kind: str, **parts: Any) -> dict[str, Any]:
    """The document: its kind, its parts and its id.

    Args:
        kind: what was measured, such as `code_size`.
        parts: JSON; estimates become objects.
    """
    # What passed through JSON once compares equal to what is read back.
    made = json.loads(json.dumps({"kind": kind, **parts}, allow_nan=False, default=Estimate.to_json))
    return {"kind": kind, "id": identify(made), **{name: part for name, part in made.items() if name != "kind"}}


def write(path: Path, made: Mapping[str, Any]) -> None:
    """Write a document; it appears whole or not at all.

    Raises:
        ReportError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{path} can't be written ({error.strerror}); name another --output.") from error
    export(path, json_text(made), ReportError)
