"""Keep a command's measurements line by line, so that it can be stopped at any time and resumed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bakeoff.common.errors import ReportError


class MeasurementLog:
    """A JSONL file whose first line says what is measured and whose other lines hold one measurement each.

    Args:
        path: Path of the file, which is created if it does not exist.
        subject: JSON values that identify what is measured.

    Attributes:
        measured: The measurement of each key.

    Raises:
        ReportError: The file has measurements of something else, or can't be read or written.
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

    def add(self, key: tuple, measurement: Any) -> None:
        """Add a measurement.

        Raises:
            ReportError: The measurement can't be written.
        """
        self.measured[_hashable(key)] = measurement
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, measurement]) + "\n")
        except OSError as error:
            raise ReportError(
                f"{self.path} can't be written ({error.strerror}); free some space and resume."
            ) from error

    def _read(self, subject: Any) -> None:
        whole, cut, rest = self.path.read_text(encoding="utf-8").rpartition("\n")
        if rest:  # a crash left this line incomplete, so it is measured again
            self.path.write_text(whole + cut, encoding="utf-8")
        first, *rows = map(json.loads, whole.splitlines())
        if not isinstance(first, dict):
            raise ValueError("its first line does not say what was measured")
        if first != subject:
            differing = [name for name in first | subject if first.get(name) != subject.get(name)]
            raise ReportError(
                f"{self.path} has measurements with different {', '.join(differing)}; name another --output, or remove "
                "the file."
            )
        self.measured = {_hashable(key): measurement for key, measurement in rows}


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, key)) if isinstance(key, list | tuple) else key
