"""Texts whose given label looks wrong, because two models are confident of the same other class.

The rule is that of confident learning (C. G. Northcutt, L. Jiang and I. L. Chuang 2021, Confident learning: estimating
uncertainty in dataset labels, JAIR 70), asked of both models. It needs probabilities of texts that neither model was
trained on. Two models from one encoder and one corpus are no independent witnesses: each find is for a person to judge.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.shapes import checked_probabilities, predictions


@dataclass(frozen=True)
class LabelError:
    """A text whose label looks wrong.

    Attributes:
        index: of the text.
        given: the column of its label.
        suggested: the column that both models predict.
        confidence: the lower of the two models' probabilities of `suggested`.
        given_probability: the mean of the two models' probabilities of `given`.
    """

    index: int
    given: int
    suggested: int
    confidence: float
    given_probability: float


@dataclass(frozen=True)
class LabelErrors:
    """The texts that a rule found, most suspicious first, and the rule in words.

    Attributes:
        rule: one sentence.
        thresholds: the confidence each class asks for, one row for each model: (2, k) numbers; None for a class
            without texts, which is never suggested.
        found: the texts.
    """

    rule: str
    thresholds: tuple[tuple[float | None, ...], ...]
    found: tuple[LabelError, ...]

    def to_json(self) -> dict:
        """All fields as a JSON object."""
        return asdict(self)


def likely_label_errors(
    references: ArrayLike, first: ArrayLike, second: ArrayLike, threshold: float | None = 0.9
) -> LabelErrors:
    """Find the texts to which both models confidently give one class that is not their label.

    Args:
        references: int (n,), the column of each text's given label.
        first: float (n, k), the first model's probabilities.
        second: float (n, k), the second model's.
        threshold: the probability that both must reach; None for confident learning's own, a class at a time: the
            mean probability that the model gives to the class on the texts that have it as their label.

    Raises:
        ValueError: the threshold is not from 0 to 1, or the arrays don't fit.
    """
    references, first, second = checked_probabilities(references, first, second)
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"expected a threshold from 0 to 1 or None, received {threshold}")
    k = first.shape[1]
    if threshold is None:
        limits = np.stack([_mean_self_confidence(references, table) for table in (first, second)])
    else:
        limits = np.full((2, k), float(threshold))
    shown = tuple(tuple(limit if np.isfinite(limit) else None for limit in row) for row in limits.tolist())
    return LabelErrors(_in_words(threshold), shown, _found(references, first, second, limits))


def _found(
    references: NDArray[np.int64], first: NDArray[np.float64], second: NDArray[np.float64], limits: NDArray[np.float64]
) -> tuple[LabelError, ...]:
    rows = np.arange(len(references))
    suggested = predictions(first)
    one, other = first[rows, suggested], second[rows, suggested]
    sure = (one >= limits[0, suggested]) & (other >= limits[1, suggested])
    agreed = (suggested == predictions(second)) & (suggested != references)
    given = (first[rows, references] + second[rows, references]) / 2
    found = np.flatnonzero(sure & agreed)
    # The margin, which also orders them in confident learning.
    order = found[np.argsort(given[found] - (one + other)[found] / 2, kind="stable")]
    columns = (rows, references, suggested, np.minimum(one, other), given)
    return tuple(LabelError(*values) for values in zip(*(column[order].tolist() for column in columns), strict=True))


def _mean_self_confidence(references: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each class (k,), the mean probability of the class on the texts labelled with it; infinite without any."""
    k = probabilities.shape[1]
    own = probabilities[np.arange(len(references)), references]
    counts = np.bincount(references, minlength=k)
    sums = np.bincount(references, weights=own, minlength=k)
    return np.divide(sums, counts, out=np.full(k, np.inf), where=counts > 0)


def _in_words(threshold: float | None) -> str:
    needed = "its mean probability on the texts labelled so" if threshold is None else f"{threshold:g}"
    return f"Both models give one class that is not the label, each with a probability of at least {needed}."
