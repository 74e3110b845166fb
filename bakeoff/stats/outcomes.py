"""What a model did on each text, from its logits: the common ground of every metric, interval and test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax


@dataclass(frozen=True)
class Outcomes:
    """A model's result on n texts of k classes.

    Attributes:
        references: the right class of each text; (n,) int64.
        log_probabilities: natural logarithms of the class probabilities; (n, k) float64, finite.
        predictions: the most probable class, the first of equals; (n,) int64.
        correct: prediction equals reference; (n,) bool.
        log_loss: minus the log-probability of the reference, in nats; (n,) float64.
        brier_loss: squared distance of the probabilities from the reference's one-hot vector, 0 to 2; (n,) float64.
        top2: the reference is among the two most probable classes, the first of equals; (n,) bool.
    """

    references: NDArray[np.int64]
    log_probabilities: NDArray[np.float64]
    predictions: NDArray[np.int64]
    correct: NDArray[np.bool_]
    log_loss: NDArray[np.float64]
    brier_loss: NDArray[np.float64]
    top2: NDArray[np.bool_]

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of the predicted class; (n,) float64."""
        return np.exp(self.log_probabilities.max(axis=1, initial=-np.inf))


def outcomes(references: Sequence[int] | NDArray, logits: NDArray) -> Outcomes:
    """What a model did on each text.

    Probabilities stay logarithms: a float32 softmax underflows to 0 at a gap of 104, and its log-loss is infinite.

    Args:
        references: the right class of each text, 0 to k-1; (n,) integers.
        logits: (n, k) finite floats, k at least 2; n may be 0.

    Raises:
        ValueError: shapes, classes or logits are not like that.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise ValueError(f"logits have the shape (texts, classes) with at least two classes, not {logits.shape}")
    if not np.isfinite(logits).all():
        raise ValueError("logits hold NaN or infinite numbers")
    references = check_references(references, *logits.shape)
    log_probabilities = log_softmax(logits, axis=1)
    rows = np.arange(len(references))
    one_hot = np.zeros_like(logits)
    one_hot[rows, references] = 1.0
    predictions = logits.argmax(axis=1)
    return Outcomes(
        references=references,
        log_probabilities=log_probabilities,
        predictions=predictions,
        correct=predictions == references,
        log_loss=-log_probabilities[rows, references],
        brier_loss=((np.exp(log_probabilities) - one_hot) ** 2).sum(axis=1),
        top2=_rank_of_reference(references, logits) < 2,
    )


def check_references(references: Sequence[int] | NDArray, n: int, k: int) -> NDArray[np.int64]:
    """The references as (n,) int64.

    Raises:
        ValueError: they are not n integers from 0 to k-1.
    """
    references = np.asarray(references)
    if references.shape != (n,):
        raise ValueError(f"references have the shape ({n},), one for each row of logits, not {references.shape}")
    if n and not np.issubdtype(references.dtype, np.integer):
        raise ValueError(f"references are column numbers of the logits, not {references.dtype}")
    references = references.astype(np.int64)
    if n and not (references.min() >= 0 and references.max() < k):
        raise ValueError(f"references go from 0 to {k - 1}, not from {references.min()} to {references.max()}")
    return references


def _rank_of_reference(references: NDArray[np.int64], logits: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many classes stand before the reference: higher logits, and equal ones further left as in argmax."""
    of_reference = logits[np.arange(len(references)), references][:, None]
    further_left = np.arange(logits.shape[1]) < references[:, None]
    return ((logits > of_reference) | ((logits == of_reference) & further_left)).sum(axis=1)
