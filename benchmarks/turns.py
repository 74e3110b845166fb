"""A training that advances some steps at a time, so that several can take turns on one machine."""

import queue
import threading
import time
from collections.abc import Callable

EndStep = Callable[[], None]


class Turns:
    """Runs a training in a thread of its own; between two calls of `advance` it stands still.

    Args:
        train: the whole training; calls what it is given at the end of each step.
    """

    def __init__(self, train: Callable[[EndStep], object]):
        self._allowed = threading.Semaphore(0)
        self._ended: queue.Queue[float | BaseException] = queue.Queue()
        self._thread = threading.Thread(target=self._run, args=(train,), daemon=True)

    def advance(self, steps: int) -> list[float]:
        """Train so many steps more.

        Returns:
            Seconds of each step; the first of all includes what the library does before it, such as compiling.

        Raises:
            Exception: what the training raised.
            EOFError: it ended before.
        """
        last, seconds = time.perf_counter(), []
        if self._thread.ident is None:
            self._thread.start()
        for _ in range(steps):
            self._allowed.release()
        for _ in range(steps):
            ended = self._ended.get()
            if isinstance(ended, BaseException):
                raise ended
            seconds.append(ended - last)
            last = ended
        return seconds

    def _run(self, train: Callable[[EndStep], object]) -> None:
        self._allowed.acquire()
        try:
            train(self._end_step)
        except BaseException as error:  # noqa: BLE001  raised again where the steps are waited for
            self._ended.put(error)
        else:
            self._ended.put(EOFError("the training has no more steps"))

    def _end_step(self) -> None:
        self._ended.put(time.perf_counter())
        self._allowed.acquire()
