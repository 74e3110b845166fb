"""Classify texts with one classifier and measure how long it takes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import Classifier, softmax


@dataclass(frozen=True)
class Answer:
    """The answers of one classifier to n texts.

    Attributes:
        framework: the framework of the classifier.
        labels: the classes, in the order of the columns.
        probabilities: class probabilities (n, k) as float64; each row sums to 1.
        seconds: wall time of tokenizing and classifying all n texts.
    """

    framework: str
    labels: tuple[str, ...]
    probabilities: NDArray[np.float64]
    seconds: float

    @property
    def predicted(self) -> tuple[str, ...]:
        """The most probable class of each text."""
        return tuple(self.labels[column] for column in self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability (n,) of each text's most probable class."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def by_label(self) -> tuple[dict[str, float], ...]:
        """The probabilities of each text by class."""
        return tuple(dict(zip(self.labels, row, strict=True)) for row in self.probabilities.tolist())


def answer(classifier: Classifier, texts: Sequence[str]) -> Answer:
    """Classify texts and measure the time."""
    started = time.perf_counter()
    logits = classifier.logits(texts)
    seconds = time.perf_counter() - started
    return Answer(classifier.framework, classifier.labels, softmax(logits), seconds)


def join(answers: Sequence[Answer]) -> Answer:
    """Join the answers of one classifier to several batches."""
    first = answers[0]
    probabilities = np.concatenate([part.probabilities for part in answers])
    return Answer(first.framework, first.labels, probabilities, sum(part.seconds for part in answers))
