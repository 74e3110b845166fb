"""A log handler that shows the first of many alike warnings and counts the rest: no client can fill the disk."""

import logging
import threading
from copy import copy
from dataclasses import dataclass
from typing import TextIO

MOST = 10  # of one kind, in each period
SECONDS = 60.0
KINDS = 1_000  # that are told apart; there are far fewer places that log


@dataclass
class _Seen:
    """Records of one kind in the current period."""

    count: int = 0
    last: logging.LogRecord | None = None  # of those that were suppressed


class LimitedHandler(logging.StreamHandler):
    """Writes each kind of warning and error a few times in a period, then how many were suppressed.

    Records of one kind come from one line of code. Information, such as a line for each request, is never suppressed.

    Args:
        stream: to write to.
        most: records of one kind in a period.
        seconds: of a period, which begins with the first record of the kind.
    """

    def __init__(self, stream: TextIO, most: int = MOST, seconds: float = SECONDS):
        super().__init__(stream)
        self._most = most
        self._seconds = seconds
        self._seen: dict[tuple, _Seen] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write or count the record; `logging` holds this handler's lock meanwhile."""
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        kind = (record.name, record.levelno, record.pathname, record.lineno)
        if kind not in self._seen:
            if len(self._seen) >= KINDS:
                return
            self._seen[kind] = _Seen()
            timer = threading.Timer(self._seconds, self._end, [kind])
            timer.daemon = True
            timer.start()
        seen = self._seen[kind]
        seen.count += 1
        if seen.count <= self._most:
            super().emit(record)
        else:
            seen.last = record

    def flush_counts(self) -> None:
        """Write now how many records were suppressed."""
        for kind in list(self._seen):
            self._end(kind)

    def _end(self, kind: tuple) -> None:
        """End a kind's period."""
        with self.lock:
            seen = self._seen.pop(kind, None)
            if seen is None or seen.last is None:
                return
            record = copy(seen.last)
            record.suppressed = seen.count - self._most
            super().emit(record)

    def close(self) -> None:
        """Write the counts that are left."""
        self.flush_counts()
        super().close()
