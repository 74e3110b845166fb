"""Reports as JSON documents that are identified by the digest of their content."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.common.files import export, json_text

MAX_BYTES = 4_000_000  # the largest report that is read


def build(kind: str, **parts: Any) -> dict[str, Any]:
    """Build a report from its kind and its parts, and give it an id.

    Args:
        kind: what was measured, such as `code_size`.
        parts: the values of the report by name; dataclasses become objects.
    """
    report: dict[str, Any] = plain({"kind": kind, **parts})
    return {"kind": kind, "id": identify(report)} | report


def identify(report: Mapping[str, Any]) -> str:
    """Return the id of a report: 16 hex digits of the sha256 over all its content except the id itself."""
    content = {key: value for key, value in report.items() if key != "id"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """Return a value after one pass through JSON, which turns dataclasses into objects and tuples into lists."""
    return json.loads(json.dumps(value, allow_nan=False, default=asdict))


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report; the file appears complete or not at all.

    Raises:
        ReportError: the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{path} can't be written ({error.strerror}); name another --output.") from error
    export(path, json_text(report), ReportError)


def read(path: Path, what: str, command: str, check: Callable[[Any, str], None]) -> dict[str, Any]:
    """Read a report and check it; it is data, and nothing in it is run.

    Args:
        path: the file.
        what: the kind of report for messages, such as "decision".
        command: the command that writes such reports, such as `bakeoff speed`.
        check: function that takes the report and the file's name, and raises `ReportError` for an invalid report.

    Raises:
        ReportError: the file is missing, too large, not JSON, or refused by `check`.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(f"{path.name} has more than {MAX_BYTES / 1e6:.0f} MB, too much for a {what}.")
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        check(report, path.name)
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path.name} can't be read as a {what} ({error}); make it with `{command}`.") from error
    return report


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
