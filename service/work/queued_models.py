"""Gives page and API the two models behind the one work queue."""

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
    """The work was cancelled because its client is gone."""


class NeverReady(ModelError):
    """A requested model failed to load for good: the loader does not try again."""


class QueuedClassifier:
    """A classifier whose calls pass the queue a few texts at a time, so that predictions run in between.

    Args:
        classifier: The classifier that computes the logits.
        queue: The queue for its calls.
        cancelled: After this event is set, the next call raises `Cancelled`.
    """

    def __init__(self, classifier: Classifier, queue: WorkQueue, cancelled: threading.Event | None = None):
        self._classifier = classifier
        self._queue = queue
        self._cancelled = cancelled

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the logits (n, k) of n texts, or (0, k) of no texts.

        Raises:
            Refused: The queue is closed, the turn did not come in time, or the work was cancelled.
        """
        if not texts:
            return self._classifier.logits(texts)
        parts = [self._part(texts[start : start + BULK_TEXTS]) for start in range(0, len(texts), BULK_TEXTS)]
        return np.concatenate(parts)

    def _part(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._cancelled is not None and self._cancelled.is_set():
            raise Cancelled("The client is gone, so the work was cancelled: send the request again.")
        [future] = self._queue.submit([self._classifier], texts, current().explain_seconds, urgent=False)
        return future.result().logits

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the classifier."""
        return getattr(self._classifier, name)


class QueuedPair:
    """Both queued models, PyTorch first, in place of `bakeoff.classifiers.pair.Pair`."""

    def __init__(self, classifiers: Sequence[QueuedClassifier]):
        self.pytorch, self.tensorflow = classifiers

    def __iter__(self) -> Iterator[QueuedClassifier]:
        return iter((self.pytorch, self.tensorflow))

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the classes of both models."""
        return self.pytorch.labels


class QueuedModels:
    """The loader's models, reports and progress, except that all work passes the queue.

    Args:
        loader: The loader of the models.
        queue: The queue for their work.
    """

    def __init__(self, loader: ModelLoader, queue: WorkQueue):
        self._loader = loader
        self.queue = queue

    @property
    def report(self) -> Path | None:
        """Return the file of the pair's own evaluation report, if it has one."""
        return self._loader.report

    @property
    def failures(self) -> dict[str, str]:
        """Return, per framework that has no model, the reason."""
        return self._loader.failures

    def progress(self) -> Progress:
        """Return what the loader is doing."""
        return self._loader.progress()

    def classifiers(self) -> tuple[QueuedClassifier, ...]:
        """Return the models that are ready, PyTorch first, for explanations and files.

        Raises:
            ModelError: No model is ready yet, or the two can't be compared.
        """
        return tuple(QueuedClassifier(classifier, self.queue) for classifier in self._loader.classifiers())

    def pair(self) -> QueuedPair:
        """Return both models, for files.

        Raises:
            ModelError: One model is not ready, or the two can't be compared.
        """
        return QueuedPair([QueuedClassifier(classifier, self.queue) for classifier in self._loader.pair()])

    def ready(self) -> bool:
        """Return whether both models answer and agree on their labels, and the queue accepts work."""
        try:
            self._loader.pair()
        except ModelError:
            return False
        return self.queue.alive

    def loaded(self) -> tuple[BertClassifier, ...]:
        """Return the models that are ready, PyTorch first. Read their metadata only: their calls bypass the queue."""
        try:
            return tuple(self._loader.classifiers())
        except ModelError:
            return ()

    def facts(self) -> list[dict[str, Any]]:
        """Return the metadata of the models that are ready, PyTorch first."""
        return [_facts(classifier) for classifier in self.loaded()]

    def requested(self, framework: str | None = None) -> tuple[Classifier, ...]:
        """Return the model of a framework (`pytorch` or `tensorflow`), or both for None.

        Their own calls bypass the queue: pass them to `queue.submit`.

        Raises:
            NeverReady: A model failed to load for good.
            ModelError: A model is not ready, or the two can't be compared.
        """
        try:
            return self._requested(framework)
        except ModelError as error:
            if self.failed(framework):
                raise NeverReady(str(error)) from error
            raise

    def failed(self, framework: str | None = None) -> bool:
        """Return whether a framework's model will never answer. None means either model."""
        progress, failed = self._loader.progress(), self._loader.failures
        return (progress.failed and progress.finished) or bool(
            failed if framework is None else NAMES[framework] in failed
        )

    def _requested(self, framework: str | None) -> tuple[Classifier, ...]:
        if framework is None:
            return tuple(self._loader.pair())
        name = NAMES[framework]
        classifiers = tuple(model for model in self._loader.classifiers() if model.framework == name)
        if not classifiers:
            raise ModelError(f"{name} is not ready ({self.progress().text}): use the other framework, or wait.")
        return classifiers

    def answers(self, texts: Sequence[str]) -> list[Answer]:
        """Return the predictions of the models that are ready, PyTorch first, ahead of explanations and files.

        Raises:
            ModelError: No model is ready yet, or the two can't be compared.
            Refused: The queue is full or closed, or the turn did not come in time.
        """
        classifiers = self._loader.classifiers()
        futures = self.queue.submit(classifiers, texts, current().predict_seconds)
        return [answer(model, future.result()) for model, future in zip(classifiers, futures, strict=True)]


def _facts(classifier: BertClassifier) -> dict[str, Any]:
    facts = {"framework": classifier.framework, "revision": classifier.revision, "labels": list(classifier.labels)}
    return facts | {"notice": classifier.notice, "recipe": classifier.folder.recipe if classifier.folder else {}}


def answer(classifier: Classifier, scored: Scored) -> Answer:
    """Return a model's answer, with the seconds of its call."""
    return Answer(classifier.framework, classifier.labels, softmax(scored.logits), scored.seconds)
