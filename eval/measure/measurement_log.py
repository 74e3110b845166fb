"""What a command has measured so far, line by line, so that it can be stopped at any time and goes on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bakeoff.common.errors import ReportError


class MeasurementLog:
    """A JSONL file: first what is measured, then a line a measurement.

    Args:
        path: of the file; begun where there is none.
        subject: what tells these measurements from others; JSON.

    Attributes:
        measured: what each key was measured as.

    Raises:
        ReportError: the file has measurements of something else, or can't be read or written.
    """

    def __init__(self, path: Path, subject: Mapping[str, Any]):
        self.path = path
        self.measured: dict[tuple, Any] = {}
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(subject) + "\n", encoding="utf-8")
            self._read(json.loads(json.dumps(subject)))
        except (OSError, ValueError) as error:
            raise ReportError(f"{path} can't be used for measurements ({error}); name another --output.") from error

    def add(self, key: tuple, found: Any) -> None:
        """Keep a measurement.

        Raises:
            ReportError: it can't be written.
        """
        self.measured[_hashable(key)] = found
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, found]) + "\n")
        except OSError as error:
            raise ReportError(f"{self.path} can't be written ({error.strerror}); make room and go on.") from error

    def _read(self, subject: Any) -> None:
        whole, cut, rest = self.path.read_text(encoding="utf-8").rpartition("\n")
        if rest:  # cut by a crash: measured again
            self.path.write_text(whole + cut, encoding="utf-8")
        first, *rows = map(json.loads, whole.splitlines())
        if not isinstance(first, dict):
            raise ValueError("its first line does not say what was measured")
        if first != subject:
            differing = [name for name in first | subject if first.get(name) != subject.get(name)]
            raise ReportError(
                f"{self.path} has measurements with other {', '.join(differing)}; name another --output, or remove it."
            )
        self.measured = {_hashable(key): found for key, found in rows}


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, key)) if isinstance(key, list | tuple) else key
