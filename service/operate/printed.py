"""Turns what libraries print while visitors are served into log lines: a line each, without a visitor's text.

Gradio prints tracebacks, and libraries print warnings, which quote what a visitor sent. What their C code writes passes
Python by: it is read from a pipe in place of the process's error output.
"""

import faulthandler
import io
import logging
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from service.operate import json_log

BURST_SECONDS = 0.2  # a traceback is printed in many pieces
SKIPPED = (traceback.__file__, __file__)  # they print for others
LONGEST = 500  # characters of a line that is quoted

log = logging.getLogger(__name__)


class Printed(io.TextIOBase):
    """In place of `sys.stdout` or `sys.stderr`: logs where something was printed, and the text where that is safe.

    Args:
        terminal: what it stands for.
        readable: pass on as it is what the main thread prints before it serves visitors: it is for the operator.
    """

    def __init__(self, terminal: TextIO, readable: bool = True):
        super().__init__()
        self._terminal = terminal
        self._readable = readable
        self._last: tuple[int, str, float] = (0, "", 0.0)  # thread, place and time
        self._within = threading.local()

    def write(self, text: str) -> int:
        """Pass it on, or log it."""
        name = threading.current_thread().name
        if self._readable and name == "MainThread" and json_log.sees_no_visitor(name):
            return self._terminal.write(text)
        if text.strip() and not getattr(self._within, "logging", False):
            self._within.logging = True  # what goes wrong with a log line is printed too
            try:
                self._log(text, sys._getframe(1), json_log.sees_no_visitor(name))
            finally:
                self._within.logging = False
        return len(text)

    def _log(self, text: str, frame: FrameType | None, quoted: bool) -> None:
        while frame is not None and frame.f_code.co_filename in SKIPPED:
            frame = frame.f_back
        place = json_log.place(frame.f_code.co_filename, frame.f_lineno) if frame else "no place"
        if quoted:
            log.warning("printed at %s: %s", place, text.strip()[:LONGEST])
            return
        thread, now = threading.get_ident(), time.monotonic()
        before, self._last = self._last, (thread, place, now)
        if before[:2] == (thread, place) and now - before[2] < BURST_SECONDS:
            return
        error = sys.exc_info()[1]
        log.warning("printed at %s%s", place, f": {json_log.described(error)}" if error else "")

    def flush(self) -> None:
        """Flush what it stands for."""
        self._terminal.flush()

    def fileno(self) -> int:
        """That of what it stands for."""
        return self._terminal.fileno()

    def writable(self) -> bool:
        """It is."""
        return True

    @property
    def encoding(self) -> str:
        """That of what it stands for."""
        return self._terminal.encoding


@contextmanager
def logged() -> Iterator[None]:
    """Configure the logs, and put into them what is printed meanwhile."""
    before = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
    with _native_lines_logged() as terminal:
        json_log.configure(stream=terminal)
        faulthandler.enable(terminal)  # the last words of C code would be lost in the pipe
        # Child processes of the loader write to the terminal still: its training is for the operator.
        sys.__stderr__ = terminal
        sys.stdout, sys.stderr = Printed(sys.stdout), Printed(terminal)
        try:
            yield
        finally:
            logging.shutdown()
            faulthandler.disable()
            sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__ = before


@contextmanager
def _native_lines_logged() -> Iterator[TextIO]:
    """Read the process's error output from a pipe, and give what leads to the terminal."""
    sys.stderr.flush()
    terminal = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    os.close(writing)
    thread = threading.Thread(target=_log_native, args=(reading,), name="native-lines", daemon=True)
    thread.start()
    try:
        yield terminal
    finally:
        os.dup2(terminal.fileno(), 2)  # which ends the thread: nobody writes to the pipe any more
        thread.join(1)


def _log_native(reading: int) -> None:
    with os.fdopen(reading, "r", encoding="utf-8", errors="backslashreplace", newline="") as lines:
        for line in lines:
            loading = any(each.name == json_log.THREAD for each in threading.enumerate())
            text = re.sub(r"\s+", " ", line).strip()[:LONGEST]
            log.warning("native code printed%s", f": {text}" if loading else "")
