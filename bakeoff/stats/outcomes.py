"""The outcome of a model on each text, computed from its logits; all metrics, intervals and tests start from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax


@dataclass(frozen=True)
class Outcomes:
    """The outcome of a model on n texts of k classes.

    Attributes:
        references: the correct class of each text; (n,) int64.
        log_probabilities: natural logarithms of the class probabilities; (n, k) float64, finite.
        predictions: the most probable class, or the first of equally probable ones; (n,) int64.
        correct: whether the prediction equals the reference; (n,) bool.
        log_loss: minus the log-probability of the reference, in nats; (n,) float64.
        brier_loss: squared distance of the probabilities from the reference's one-hot vector, 0 to 2; (n,) float64.
        top2: whether the reference is among the two most probable classes, the first of equals; (n,) bool.
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
        return np.asarray(np.exp(self.log_probabilities.max(axis=1, initial=-np.inf)))


def outcomes(references: ArrayLike, logits: ArrayLike) -> Outcomes:
    """Compute the outcome of a model on each text.

    Probabilities stay logarithms, because a float32 softmax underflows to 0 at a gap of 104 and its log-loss is
    infinite.

    Args:
        references: the correct class of each text, from 0 to k-1; (n,) integers.
        logits: finite floats (n, k) with k at least 2; n may be 0.

    Raises:
        ValueError: a shape, a class or a logit is invalid.
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


def check_references(references: ArrayLike, n: int, k: int) -> NDArray[np.int64]:
    """Check the references and return them as (n,) int64.

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
    """Count the classes before the reference: those with higher logits, and equal ones further left as in argmax."""
    of_reference = logits[np.arange(len(references)), references][:, None]
    further_left = np.arange(logits.shape[1]) < references[:, None]
    before: NDArray[np.bool_] = (logits > of_reference) | ((logits == of_reference) & further_left)
    return np.asarray(before.sum(axis=1))
