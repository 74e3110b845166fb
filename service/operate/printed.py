"""Turns text that libraries print while visitors are served into log lines without a visitor's text.

Gradio prints tracebacks and libraries print warnings, which quote visitors. Their C code writes without Python. Its
text is read from a pipe in place of the process's error output.
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

BURST_SECONDS = 0.2  # pieces within this time, such as those of a traceback, make one line
SKIPPED = (traceback.__file__, __file__)  # files that print on behalf of others
MAX_CHARACTERS = 500  # the length at which a quoted line is cut

log = logging.getLogger(__name__)


class Printed(io.TextIOBase):
    """A replacement of `sys.stdout` or `sys.stderr` that logs the place of a print, and the text if that is safe.

    Args:
        terminal: The stream that it replaces.
        readable: Whether to pass on unchanged what the main thread prints for the operator before it serves visitors.
    """

    def __init__(self, terminal: TextIO, readable: bool = True):
        super().__init__()
        self._terminal = terminal
        self._readable = readable
        self._last: tuple[int, str, float] = (0, "", 0.0)  # thread, place and time
        self._within = threading.local()

    def write(self, text: str) -> int:
        """Pass the text on, or log it."""
        name = threading.current_thread().name
        if self._readable and name == "MainThread" and json_log.sees_no_visitor(name):
            return self._terminal.write(text)
        if text.strip() and not getattr(self._within, "logging", False):
            self._within.logging = True  # an error of the log itself is printed too
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
            log.warning("printed at %s: %s", place, text.strip()[:MAX_CHARACTERS])
            return
        thread, now = threading.get_ident(), time.monotonic()
        before, self._last = self._last, (thread, place, now)
        if before[:2] == (thread, place) and now - before[2] < BURST_SECONDS:
            return
        error = sys.exc_info()[1]
        log.warning("printed at %s%s", place, f": {json_log.described(error)}" if error else "")

    def flush(self) -> None:
        """Flush the replaced stream."""
        self._terminal.flush()

    def fileno(self) -> int:
        """Return the file descriptor of the replaced stream."""
        return self._terminal.fileno()

    def writable(self) -> bool:
        """Return True."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here
        """Return the encoding of the replaced stream."""
        return self._terminal.encoding


@contextmanager
def logged() -> Iterator[None]:
    """Configure the logs, and log what is printed during the block."""
    before = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
    with _native_lines_logged() as terminal:
        json_log.configure(stream=terminal)
        faulthandler.enable(terminal)  # a crash report of C code would be lost in the pipe
        # Child processes of the loader still write to the terminal: the operator sees the training.
        sys.__stderr__ = terminal  # type: ignore[assignment, misc]
        sys.stdout, sys.stderr = Printed(sys.stdout), Printed(terminal)
        try:
            yield
        finally:
            logging.shutdown()
            faulthandler.disable()
            sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__ = before  # type: ignore[misc]


@contextmanager
def _native_lines_logged() -> Iterator[TextIO]:
    """Read the process's error output from a pipe, and yield a stream to the terminal."""
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
        os.dup2(terminal.fileno(), 2)  # closes the pipe's last writer, which ends the thread
        thread.join(1)


def _log_native(reading: int) -> None:
    with os.fdopen(reading, "r", encoding="utf-8", errors="backslashreplace", newline="") as lines:
        for line in lines:
            loading = any(thread.name == json_log.THREAD for thread in threading.enumerate())
            text = re.sub(r"\s+", " ", line).strip()[:MAX_CHARACTERS]
            log.warning("native code printed%s", f": {text}" if loading else "")
