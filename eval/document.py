"""A measurement that decisions rest on, as one JSON document that goes by the digest of its content."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from errors import ReportError
from eval.report import identify
from files import export, json_text


def build(kind: str, **parts: Any) -> dict[str, Any]:
    """The document: its kind, its id and its parts.

    Args:
        kind: what was measured, such as `code_size`.
        parts: JSON; dataclasses become objects.
    """
    made = plain({"kind": kind, **parts})
    return {"kind": kind, "id": identify(made)} | made


def plain(value: Any) -> Any:
    """JSON as it is read back, with objects for dataclasses."""
    return json.loads(json.dumps(value, allow_nan=False, default=asdict))


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
