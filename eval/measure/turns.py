"""Advance a training run some steps at a time, so that several runs can take turns on one machine."""

import queue
import threading
import time
from collections.abc import Callable

EndStep = Callable[[], None]


class Turns:
    """A training run in its own thread, which is paused between two calls of `advance`.

    Args:
        train: The whole training run, a function that calls its argument at the end of each step.
    """

    def __init__(self, train: Callable[[EndStep], object]):
        self._allowed = threading.Semaphore(0)
        self._ended: queue.Queue[float | BaseException] = queue.Queue()
        self._thread = threading.Thread(target=self._run, args=(train,), daemon=True)

    def advance(self, steps: int) -> list[float]:
        """Train `steps` more steps.

        Returns:
            Seconds of each step. The very first step includes the library's preparation, such as compiling.

        Raises:
            Exception: The error that the training run raised.
            EOFError: The training run ended before.
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
        except BaseException as error:  # noqa: BLE001  raised again in `advance`
            self._ended.put(error)
        else:
            self._ended.put(EOFError("the training has no more steps"))

    def _end_step(self) -> None:
        self._ended.put(time.perf_counter())
        self._allowed.acquire()
