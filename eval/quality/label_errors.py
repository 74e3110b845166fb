"""Find texts whose label looks wrong, because two models are confident of the same other class.

The rule is that of confident learning (C. G. Northcutt, L. Jiang and I. L. Chuang 2021, Confident learning: estimating
uncertainty in dataset labels, JAIR 70), applied to both models. It needs probabilities of texts that neither model was
trained on. Two models with one encoder and one corpus are not independent, so a person must judge each text.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.shapes import checked_probabilities, predictions


@dataclass(frozen=True)
class LabelError:
    """A text whose label looks wrong.

    Attributes:
        index: Index of the text.
        given: Column of the text's label.
        suggested: Column that both models predict.
        confidence: The lower of the two models' probabilities of `suggested`.
        given_probability: The mean of the two models' probabilities of `given`.
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
        rule: The rule in one sentence.
        thresholds: Required confidence per class, one row per model: (2, k) numbers. None for a class without texts,
            which is never suggested.
        found: The texts that the rule found.
    """

    rule: str
    thresholds: tuple[tuple[float | None, ...], ...]
    found: tuple[LabelError, ...]

    def to_json(self) -> dict[str, Any]:
        """Return all fields as a JSON object."""
        return asdict(self)


def likely_label_errors(
    references: ArrayLike, first: ArrayLike, second: ArrayLike, threshold: float | None = 0.9
) -> LabelErrors:
    """Find the texts to which both models confidently give one class that is not their label.

    Args:
        references: int (n,), the column of each text's label.
        first: float (n, k), the first model's probabilities.
        second: float (n, k), the second model's probabilities.
        threshold: Probability that both models must reach. None for confident learning's threshold per class: the
            model's mean probability of the class on the texts with that label.

    Raises:
        ValueError: The threshold is not from 0 to 1, or the arrays don't match.
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
    label_probability = (first[rows, references] + second[rows, references]) / 2
    suspicious = np.flatnonzero(sure & agreed)
    # Ordered by the margin, as in confident learning.
    order = suspicious[np.argsort(label_probability[suspicious] - (one + other)[suspicious] / 2, kind="stable")]
    columns = (rows, references, suggested, np.minimum(one, other), label_probability)
    return tuple(LabelError(*values) for values in zip(*(column[order].tolist() for column in columns), strict=True))


def _mean_self_confidence(references: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each class's mean probability (k,) on the texts labeled with it; infinite for a class without texts."""
    k = probabilities.shape[1]
    own = probabilities[np.arange(len(references)), references]
    counts = np.bincount(references, minlength=k)
    sums = np.bincount(references, weights=own, minlength=k)
    return np.divide(sums, counts, out=np.full(k, np.inf), where=counts > 0)


def _in_words(threshold: float | None) -> str:
    needed = "its mean probability on the texts with that label" if threshold is None else f"{threshold:g}"
    return f"Both models predict one class that is not the label, each with a probability of at least {needed}."
