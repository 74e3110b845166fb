"""The one bounded queue in front of the models: everything that page and API ask of them passes through it.

One thread calls the models, so that requests don't slow each other down on the same cores. Texts that several requests
ask of one model are classified together: whatever has come while the models were busy makes the next batch, so that
nobody waits for a batch to fill. Predictions go before explanations and files, which get a fifth of the time where
there are predictions all the time.
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

BUSY = "The server is busy, too many texts are waiting already: try again in a moment."
SHARE = 4  # times the seconds of the last other turn go to predictions, before something else that waits gets one
LONGEST_WAIT = 60  # seconds, whatever waits
RECENT = 32  # calls of models, that tell how long what waits will take
BULK_TEXTS = 16  # of an explanation or a file in a turn: about what a model computes at a time anyway


class Refused(BakeoffError):
    """The work is not taken, or was given up; nothing is wrong with it.

    Attributes:
        seconds: until trying again makes sense.
    """

    seconds = 1


class QueueFull(Refused):
    """Too much is waiting already; those who are refused together are told to come back apart.

    Args:
        sentence: says so.
        seconds: until there is room again, as far as is known.
    """

    def __init__(self, sentence: str, seconds: float = 0.0):
        super().__init__(sentence)
        self.seconds = min(math.ceil(seconds), LONGEST_WAIT) + random.randint(1, 3)


class TooLate(Refused):
    """It was not finished in time."""


class Stopping(Refused):
    """The server is about to end."""

    seconds = 10


@dataclass(frozen=True)
class Scored:
    """What a model said.

    Attributes:
        logits: float32 (n, k).
        seconds: the model's call, all that was classified together with it included.
        waited: seconds in the queue.
        together: how many texts that call classified.
    """

    logits: NDArray[np.float32]
    seconds: float
    waited: float
    together: int


@dataclass(eq=False)
class Job:
    """Texts for one model; `future` brings a `Scored`, and drops the job if it is cancelled before its turn."""

    classifier: Classifier
    texts: Sequence[str]
    deadline: float
    asked: float = field(default_factory=time.monotonic)
    future: Future = field(default_factory=Future)


class WorkQueue:
    """The queue and its thread, which starts with the first job.

    Args:
        limits: how much may wait, and how much is classified together.
        observe: told of each call of a model: its framework, the texts in it, its seconds.
    """

    def __init__(self, limits: Limits, observe: Callable[[str, int, float], None] = lambda *_: None):
        self._limits = limits
        self._observe = observe
        self._urgent: deque[Job] = deque()
        self._bulk: deque[Job] = deque()
        self._urgent_seconds = self._bulk_seconds = 0.0  # of predictions since the last other turn, and of that turn
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT)  # texts and seconds of calls
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def __len__(self) -> int:
        """The texts that wait, counted once for each model."""
        with self._changed:
            return sum(len(job.texts) for jobs in (self._urgent, self._bulk) for job in jobs)

    def submit(
        self, classifiers: Sequence[Classifier], texts: Sequence[str], seconds: float, urgent: bool = True
    ) -> list[Future]:
        """Ask each model about all texts: a future of a `Scored` for each.

        Args:
            classifiers: who is asked.
            texts: what they are asked.
            seconds: after which it is given up, if its turn has not come.
            urgent: a prediction; False for a part of an explanation or of a file, which is always taken: those are
                bounded as a whole, before they begin.

        Raises:
            QueueFull: no room is left for a prediction.
            Stopping: `close` was called.
        """
        deadline = time.monotonic() + seconds
        jobs = [Job(classifier, texts, deadline) for classifier in classifiers]
        with self._changed:
            waiting = self._urgent if urgent else self._bulk
            if self._closed:
                raise Stopping("The server is stopping: ask another one, or try again when it is back.")
            after = sum(len(job.texts) for job in waiting) + len(jobs) * len(texts)
            if urgent and waiting and after > self._limits.queue_texts:  # an empty queue takes anything
                raise QueueFull(BUSY, self._seconds_left())
            waiting.extend(jobs)
            self._start()
            self._changed.notify()
        return [job.future for job in jobs]

    def close(self) -> None:
        """Take nothing more; what waits is still done."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def refusal(self) -> QueueFull:
        """What they are told who come while it is full."""
        with self._changed:
            return QueueFull(BUSY, self._seconds_left())

    def _seconds_left(self) -> float:
        """Until the predictions that wait are done, at the speed of the last calls."""
        texts, seconds = (sum(each) for each in zip(*self._recent, strict=True)) if self._recent else (0, 0.0)
        return sum(len(job.texts) for job in self._urgent) * seconds / texts if texts else 0.0

    @property
    def full(self) -> bool:
        """Whether not even one prediction more would be taken."""
        with self._changed:
            return sum(len(job.texts) for job in self._urgent) >= self._limits.queue_texts

    @property
    def alive(self) -> bool:
        """Whether work would be done."""
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
        """Keep the time of a turn: one of an explanation may take as long as many predictions."""
        if urgent:
            self._urgent_seconds += seconds
        else:
            self._urgent_seconds, self._bulk_seconds = 0.0, seconds

    def _take(self, urgent: bool) -> list[Job]:
        """The next turn's jobs: the one that waits longest, and others for the same model."""
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
        except Exception as error:  # noqa: BLE001  whatever a model raises reaches those who asked
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
            job.future.set_result(Scored(part, seconds, started - job.asked, len(texts)))


def _wanted(job: Job) -> bool:
    """Whether anybody still waits for it; from here on it can't be cancelled."""
    if not job.future.set_running_or_notify_cancel():
        return False
    if time.monotonic() > job.deadline:
        job.future.set_exception(TooLate("The server was too busy to answer in time: try again in a moment."))
        return False
    return True
