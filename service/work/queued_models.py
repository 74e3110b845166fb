"""The two models as page and API see them: behind the one work queue."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.answer import Answer
from bakeoff.classifiers.base import BertClassifier, Classifier, softmax
from bakeoff.classifiers.pair import NAMES
from bakeoff.common.errors import ModelError
from bakeoff.common.limits import current
from service.work.model_loader import ModelLoader, Progress
from service.work.work_queue import BULK_TEXTS, Refused, Scored, WorkQueue


class Cancelled(Refused):
    """Nobody waits for the answer any more."""


class NeverReady(ModelError):
    """A model that is asked could not be loaded, and nobody tries again."""


class QueuedClassifier:
    """A classifier whose calls wait for their turn, a few texts at a time, so that predictions come in between.

    Args:
        classifier: who answers.
        queue: where its calls wait.
        cancelled: when it is set, the next call raises `Cancelled`.
    """

    def __init__(self, classifier: Classifier, queue: WorkQueue, cancelled: threading.Event | None = None):
        self._classifier = classifier
        self._queue = queue
        self._cancelled = cancelled

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits (n, k) of n texts; (0, k) of none.

        Raises:
            Refused: the queue is full or closed, its turn did not come in time, or it was cancelled.
        """
        if not texts:
            return self._classifier.logits(texts)
        parts = [self._part(texts[start : start + BULK_TEXTS]) for start in range(0, len(texts), BULK_TEXTS)]
        return np.concatenate(parts)

    def _part(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._cancelled is not None and self._cancelled.is_set():
            raise Cancelled("Nobody waits for this answer any more: ask again.")
        [future] = self._queue.submit([self._classifier], texts, current().explain_seconds, urgent=False)
        return future.result().logits

    def __getattr__(self, name: str) -> Any:
        """Everything else is the classifier's own."""
        return getattr(self._classifier, name)


class QueuedPair:
    """Both models, PyTorch first, as `bakeoff.classifiers.pair.Pair` gives them."""

    def __init__(self, classifiers: Sequence[QueuedClassifier]):
        self.pytorch, self.tensorflow = classifiers

    def __iter__(self) -> Iterator[QueuedClassifier]:
        return iter((self.pytorch, self.tensorflow))

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of both."""
        return self.pytorch.labels


class QueuedModels:
    """Stands in for the loader: the same models, reports and progress, but all work passes the queue.

    Args:
        loader: has the models or will have them.
        queue: where work waits.
    """

    def __init__(self, loader: ModelLoader, queue: WorkQueue):
        self._loader = loader
        self.queue = queue

    @property
    def report(self) -> Path | None:
        """The pair's own evaluation report, if it has one."""
        return self._loader.report

    @property
    def failures(self) -> dict[str, str]:
        """Why a framework has no model, by its name."""
        return self._loader.failures

    def progress(self) -> Progress:
        """What the loader does."""
        return self._loader.progress()

    def classifiers(self) -> tuple[QueuedClassifier, ...]:
        """Those that are ready, PyTorch first, for explanations and files.

        Raises:
            ModelError: none is ready yet, or the two can't be compared.
        """
        return tuple(QueuedClassifier(each, self.queue) for each in self._loader.classifiers())

    def pair(self) -> QueuedPair:
        """Both models, for files.

        Raises:
            ModelError: one is not ready, or the two can't be compared.
        """
        return QueuedPair([QueuedClassifier(each, self.queue) for each in self._loader.pair()])

    def ready(self) -> bool:
        """Whether both models answer, agree on their labels, and work is taken."""
        try:
            self._loader.pair()
        except ModelError:
            return False
        return self.queue.alive

    def loaded(self) -> tuple[BertClassifier, ...]:
        """Those that are ready, PyTorch first: for what is known of them, not to be asked."""
        try:
            return tuple(self._loader.classifiers())
        except ModelError:
            return ()

    def facts(self) -> list[dict[str, Any]]:
        """What is known of those that are ready, PyTorch first."""
        return [_facts(each) for each in self.loaded()]

    def asked(self, framework: str | None = None) -> tuple[Classifier, ...]:
        """The model of a framework (`pytorch` or `tensorflow`); for None both. Their calls do not wait: see `submit`.

        Raises:
            ModelError: it is not ready, or the two can't be compared; `NeverReady` where that stays so.
        """
        try:
            return self._asked(framework)
        except ModelError as error:
            if self.failed(framework):
                raise NeverReady(str(error)) from error
            raise

    def failed(self, framework: str | None = None) -> bool:
        """Whether a framework's model (for None: one of them) will never answer."""
        progress, failed = self._loader.progress(), self._loader.failures
        return (progress.failed and progress.finished) or bool(
            failed if framework is None else NAMES[framework] in failed
        )

    def _asked(self, framework: str | None) -> tuple[Classifier, ...]:
        if framework is None:
            return tuple(self._loader.pair())
        found = tuple(each for each in self._loader.classifiers() if each.framework == NAMES[framework])
        if not found:
            raise ModelError(f"{NAMES[framework]} is not ready ({self.progress().text}): ask the other one, or wait.")
        return found

    def answers(self, texts: Sequence[str]) -> list[Answer]:
        """What those that are ready say, PyTorch first; a prediction, which goes before explanations and files.

        Raises:
            ModelError: none is ready yet, or the two can't be compared.
            Refused: the queue is full or closed, or the turn did not come in time.
        """
        classifiers = self._loader.classifiers()
        futures = self.queue.submit(classifiers, texts, current().predict_seconds)
        return [answer(each, future.result()) for each, future in zip(classifiers, futures, strict=True)]


def _facts(classifier: BertClassifier) -> dict[str, Any]:
    out = {"framework": classifier.framework, "revision": classifier.revision, "labels": list(classifier.labels)}
    return out | {"notice": classifier.notice, "recipe": classifier.folder.recipe if classifier.folder else {}}


def answer(classifier: Classifier, scored: Scored) -> Answer:
    """What a model said, with the seconds of its call."""
    return Answer(classifier.framework, classifier.labels, softmax(scored.logits), scored.seconds)
