"""Puts one bounded queue in front of the models: all work of page and API passes through it.

One thread calls the models, so that requests do not slow each other down on the same cores. Texts of several requests
for one model are classified together. The texts that arrived while the models were busy make the next batch, so that
no request waits for a batch to fill. Predictions go before explanations and files, which get a fifth of the time while
predictions never stop.
"""

import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import Classifier
from bakeoff.common.errors import BakeoffError
from bakeoff.common.limits import Limits

BUSY = "The server is busy, because its queue is full: try again in a moment."
# Predictions may run for this multiple of the last background job's time before the next background job starts.
SHARE = 4
MAX_RETRY_SECONDS = 60  # the longest Retry-After, however long the queue is
RECENT_CALLS = 32  # the calls of models from which the waiting time is estimated
BULK_TEXTS = 16  # texts per turn of an explanation or a file: about one batch of a model


class Refused(BakeoffError):
    """The work was refused or abandoned, although the request is valid.

    Attributes:
        seconds: The time after which to try again.
    """

    seconds = 1


class QueueFull(Refused):
    """The queue is full. Retry times are randomized so that rejected clients do not return at the same moment.

    Args:
        sentence: The message.
        seconds: The estimated time until there is room again.
    """

    def __init__(self, sentence: str, seconds: float = 0.0):
        super().__init__(sentence)
        self.seconds = min(math.ceil(seconds), MAX_RETRY_SECONDS) + random.randint(1, 3)


class TooLate(Refused):
    """The work was not finished in time."""


class Stopping(Refused):
    """The server is about to end."""

    seconds = 10


@dataclass(frozen=True)
class Scored:
    """A model's result for one job.

    Attributes:
        logits: A float32 array (n, k).
        seconds: The duration of the model's call, including texts of other jobs in the same batch.
        waited: Seconds in the queue.
        together: The number of texts in that call.
    """

    logits: NDArray[np.float32]
    seconds: float
    waited: float
    together: int


@dataclass(eq=False)
class Job:
    """Texts for one model. `future` gets a `Scored`; cancelling it before the job's turn drops the job."""

    classifier: Classifier
    texts: Sequence[str]
    deadline: float
    submitted: float = field(default_factory=time.monotonic)
    future: Future = field(default_factory=Future)


class WorkQueue:
    """The queue and its thread, which starts with the first job.

    Args:
        limits: Bounds on the texts that wait and on the texts in a batch.
        observe: A callback for each call of a model, with framework, number of texts, and seconds.
    """

    def __init__(self, limits: Limits, observe: Callable[[str, int, float], None] = lambda *_: None):
        self._limits = limits
        self._observe = observe
        self._urgent: deque[Job] = deque()
        self._bulk: deque[Job] = deque()
        # Seconds of predictions since the last background job, and seconds of that job.
        self._urgent_seconds = self._bulk_seconds = 0.0
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT_CALLS)  # texts and seconds per call
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def __len__(self) -> int:
        """Return the number of waiting texts, counted once per model."""
        with self._changed:
            return sum(len(job.texts) for jobs in (self._urgent, self._bulk) for job in jobs)

    def submit(
        self, classifiers: Sequence[Classifier], texts: Sequence[str], seconds: float, urgent: bool = True
    ) -> list[Future]:
        """Queue the texts for each model and return, per model, the future of a `Scored`.

        Args:
            classifiers: The models.
            texts: The texts to classify.
            seconds: The time after which a job is abandoned if its turn has not come.
            urgent: Whether this is a prediction. Parts of explanations and files are not urgent and always accepted:
                their total is bounded before they begin.

        Raises:
            QueueFull: The queue has no room for the prediction.
            Stopping: `close` was called.
        """
        deadline = time.monotonic() + seconds
        jobs = [Job(classifier, texts, deadline) for classifier in classifiers]
        with self._changed:
            waiting = self._urgent if urgent else self._bulk
            if self._closed:
                raise Stopping("The server is stopping: use another server, or try again when it is back.")
            after = sum(len(job.texts) for job in waiting) + len(jobs) * len(texts)
            if urgent and waiting and after > self._limits.queue_texts:  # an empty queue accepts any request
                raise QueueFull(BUSY, self._seconds_left())
            waiting.extend(jobs)
            self._start()
            self._changed.notify()
        return [job.future for job in jobs]

    def close(self) -> None:
        """Refuse new work; queued work is still done."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def refusal(self) -> QueueFull:
        """Return the error for requests that come while the queue is full."""
        with self._changed:
            return QueueFull(BUSY, self._seconds_left())

    def _seconds_left(self) -> float:
        """Estimate the seconds until the queued predictions are done, at the speed of the recent calls."""
        texts = sum(count for count, _ in self._recent)
        seconds = sum(duration for _, duration in self._recent)
        return sum(len(job.texts) for job in self._urgent) * seconds / texts if texts else 0.0

    @property
    def full(self) -> bool:
        """Return whether the queue would refuse a single text more."""
        with self._changed:
            return sum(len(job.texts) for job in self._urgent) >= self._limits.queue_texts

    @property
    def alive(self) -> bool:
        """Return whether submitted work would be done."""
        with self._changed:
            return not self._closed and (self._thread is None or self._thread.is_alive())

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="work-queue", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._urgent or self._bulk or self._closed)
                if not (self._urgent or self._bulk):
                    return
                urgent = self._prediction_is_next()
                jobs = self._take(urgent)
            started = time.monotonic()
            if jobs := [job for job in jobs if _wanted(job)]:
                self._compute(jobs)
            self._spent(urgent, time.monotonic() - started)

    def _prediction_is_next(self) -> bool:
        return bool(self._urgent) and (not self._bulk or self._urgent_seconds <= SHARE * self._bulk_seconds)

    def _spent(self, urgent: bool, seconds: float) -> None:
        """Add the time of a turn, because one turn of an explanation may take as long as many predictions."""
        if urgent:
            self._urgent_seconds += seconds
        else:
            self._urgent_seconds, self._bulk_seconds = 0.0, seconds

    def _take(self, urgent: bool) -> list[Job]:
        """Remove and return the jobs of the next turn: the oldest job, and others for the same model."""
        waiting = self._urgent if urgent else self._bulk
        first = waiting.popleft()
        if not urgent:
            return [first]
        jobs, left, texts = [first], [], len(first.texts)
        for job in waiting:
            if job.classifier is first.classifier and texts + len(job.texts) <= self._limits.batch_texts:
                jobs.append(job)
                texts += len(job.texts)
            else:
                left.append(job)
        waiting.clear()
        waiting.extend(left)
        return jobs

    def _compute(self, jobs: Sequence[Job]) -> None:
        classifier, texts = jobs[0].classifier, [text for job in jobs for text in job.texts]
        started = time.monotonic()
        try:
            logits = classifier.logits(texts)
        except Exception as error:  # noqa: BLE001  any error of a model is passed on to the callers
            for job in jobs:
                job.future.set_exception(error)
            return
        seconds = time.monotonic() - started
        with self._changed:
            self._recent.append((len(texts), seconds))
        self._observe(classifier.framework, len(texts), seconds)
        start = 0
        for job in jobs:
            part = logits[start : start + len(job.texts)]
            start += len(job.texts)
            job.future.set_result(Scored(part, seconds, started - job.submitted, len(texts)))


def _wanted(job: Job) -> bool:
    """Return whether a job is still wanted. From here on it can't be cancelled."""
    if not job.future.set_running_or_notify_cancel():
        return False
    if time.monotonic() > job.deadline:
        job.future.set_exception(TooLate("The server was too busy to answer in time: try again in a moment."))
        return False
    return True
