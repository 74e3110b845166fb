"""Limits repeated warnings: it logs the first ones and counts the rest, so that no client can fill the disk."""

import logging
import threading
from copy import copy
from dataclasses import dataclass
from typing import TextIO

MAX_RECORDS = 10  # records of one kind per period
SECONDS = 60.0  # the length of a period
MAX_KINDS = 1_000  # kinds that are counted at a time; far fewer places log


@dataclass
class _Seen:
    """Records of one kind in the current period."""

    count: int = 0
    last: logging.LogRecord | None = None  # the last suppressed record


class LimitedHandler(logging.StreamHandler):
    """A handler that writes each kind of warning a few times per period, and then how many were suppressed.

    Records of one kind come from one line of code. Information, such as the line of a request, is never suppressed.

    Args:
        stream: The stream to write to.
        limit: The maximum number of records of one kind per period.
        seconds: The length of a period, which begins with the first record of the kind.
    """

    def __init__(self, stream: TextIO, limit: int = MAX_RECORDS, seconds: float = SECONDS):
        super().__init__(stream)
        self._limit = limit
        self._seconds = seconds
        self._seen: dict[tuple, _Seen] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write or count the record. `logging` holds this handler's lock during the call."""
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        kind = (record.name, record.levelno, record.pathname, record.lineno)
        if kind not in self._seen:
            if len(self._seen) >= MAX_KINDS:
                return
            self._seen[kind] = _Seen()
            timer = threading.Timer(self._seconds, self._end, [kind])
            timer.daemon = True
            timer.start()
        seen = self._seen[kind]
        seen.count += 1
        if seen.count <= self._limit:
            super().emit(record)
        else:
            seen.last = record

    def flush_counts(self) -> None:
        """Write the counts of suppressed records now."""
        for kind in list(self._seen):
            self._end(kind)

    def _end(self, kind: tuple) -> None:
        """End the period of a kind and write its count."""
        with self.lock:
            seen = self._seen.pop(kind, None)
            if seen is None or seen.last is None:
                return
            record = copy(seen.last)
            record.suppressed = seen.count - self._limit
            super().emit(record)

    def close(self) -> None:
        """Write the remaining counts and close the handler."""
        self.flush_counts()
        super().close()
