"""Gives memory back to the machine: all of it when the server rests, what is free anyway where it never does."""

import ctypes
import gc
import sys
import threading
from collections.abc import Callable

SECONDS = 5.0  # after an answer
BUSY_LOOKS = 6  # without rest, until what is free is given back all the same


class MemoryRelease:
    """Collects garbage some seconds after an answer, as soon as nothing works; gives free memory back now and then.

    What refused requests leave behind is little and dies late: Python looks for cycles of old objects rarely, and C's
    `malloc` keeps what is freed. Both are cheap to ask for, and nobody waits meanwhile.

    Args:
        busy: whether requests are under way.
        seconds: between an answer and a look, and between looks while it is busy.
    """

    def __init__(self, busy: Callable[[], bool], seconds: float = SECONDS):
        self._busy = busy
        self._seconds = seconds
        self._timer: threading.Timer | None = None
        self._busy_looks = 0

    def answered(self) -> None:
        """A request was answered."""
        if self._timer is None:
            self._start()

    def _start(self) -> None:
        self._timer = threading.Timer(self._seconds, self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        if self._busy():
            self._busy_looks += 1
            if self._busy_looks % BUSY_LOOKS == 0:
                _trim()  # takes milliseconds and no lock of Python's; the search for garbage would stop everyone
            self._start()
            return
        self._timer = None
        gc.collect()
        _trim()


def _trim() -> None:
    """Let glibc return what is free; other C libraries have no such call."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
