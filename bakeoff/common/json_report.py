"""A measurement that decisions rest on, as one JSON document that goes by the digest of its content."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.common.files import export, json_text

MAX_BYTES = 4_000_000


def build(kind: str, **parts: Any) -> dict[str, Any]:
    """The document: its kind, its id and its parts.

    Args:
        kind: what was measured, such as `code_size`.
        parts: JSON; dataclasses become objects.
    """
    made = plain({"kind": kind, **parts})
    return {"kind": kind, "id": identify(made)} | made


def identify(report: Mapping[str, Any]) -> str:
    """The report's id: 16 hex digits of the sha256 over all its content but the id itself."""
    content = {key: value for key, value in report.items() if key != "id"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


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


def read(path: Path, what: str, command: str, check: Callable[[Any, str], None]) -> dict[str, Any]:
    """Read a document and check it; it is data, and nothing in it is run.

    Args:
        path: of the file.
        what: it is, for a sentence.
        command: the command that makes one, such as `bakeoff speed`.
        check: raises `ReportError` for what is none, given the document and its name.

    Raises:
        ReportError: it is missing, too large, no JSON, or refused by `check`.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(f"{path.name} has more than {MAX_BYTES / 1e6:.0f} MB, too much for a {what}.")
        made = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        check(made, path.name)
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path.name} can't be read as a {what} ({error}); make it with `{command}`.") from error
    return made


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
