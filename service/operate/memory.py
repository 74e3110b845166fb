"""Returns memory to the system: everything unused when the server is idle, and free blocks while it is busy."""

import ctypes
import gc
import sys
import threading
from collections.abc import Callable

SECONDS = 5.0  # from an answer to the next check
BUSY_CHECKS = 6  # busy checks in a row after which free blocks are returned nevertheless


class MemoryRelease:
    """Collects garbage some seconds after an answer when the server is idle, and trims the heap while it is busy.

    Refused requests leave little behind, but it is freed late: Python rarely collects old objects, and C's `malloc`
    keeps freed memory. Both are cheap to trigger while no client waits.

    Args:
        busy: A function that returns whether requests are being handled.
        seconds: The time between an answer and a check, and between checks while the server is busy.
    """

    def __init__(self, busy: Callable[[], bool], seconds: float = SECONDS):
        self._busy = busy
        self._seconds = seconds
        self._timer: threading.Timer | None = None
        self._busy_checks = 0

    def answered(self) -> None:
        """Schedule a check after an answered request."""
        if self._timer is None:
            self._start()

    def _start(self) -> None:
        self._timer = threading.Timer(self._seconds, self._check)
        self._timer.daemon = True
        self._timer.start()

    def _check(self) -> None:
        if self._busy():
            self._busy_checks += 1
            if self._busy_checks % BUSY_CHECKS == 0:
                # It takes milliseconds without the interpreter's lock. A garbage collection would stop all requests.
                _trim()
            self._start()
            return
        self._timer = None
        gc.collect()
        _trim()


def _trim() -> None:
    """Let glibc return free memory to the system. Other C libraries have no such call."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
