"""Check the shapes that paired evaluations expect: one row per text, and the same texts in the same order."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def check_same_texts(**arrays: NDArray[Any]) -> None:
    """Raise an error that names the arguments unless all are one-dimensional and have the same length.

    Raises:
        ValueError: an array has another shape than the others.
    """
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"{name} has {array.ndim} dimensions, expected one value per text")
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"expected the same texts everywhere, but {counted}")


def checked_probabilities(
    references: ArrayLike, first: ArrayLike, second: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return labels and two models' probabilities as arrays: int64 (n,), float64 (n, k), float64 (n, k).

    Raises:
        ValueError: the shapes don't match, a label names no column, or a probability is not a number from 0 to 1.
    """
    references = np.asarray(references, dtype=np.int64)
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if first.ndim != 2 or first.shape != second.shape or references.shape != first.shape[:1]:
        raise ValueError(
            f"expected n labels and two (n, k) tables of probabilities, received {references.shape}, {first.shape} "
            f"and {second.shape}"
        )
    if len(references) and not 0 <= references.min() <= references.max() < first.shape[1]:
        raise ValueError(f"expected labels from 0 to {first.shape[1] - 1}, one for each column of the probabilities")
    # The comparison is false for NaN too; a float32 softmax may exceed 1 by rounding.
    if not all(((table >= 0) & (table <= 1 + 1e-6)).all() for table in (first, second)):
        raise ValueError("expected probabilities from 0 to 1; apply a softmax to logits first")
    return references, first, second


def predictions(probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the column (n,) of the largest entry in each row."""
    # argmax fails for a (0, 0) table, which stands for no texts and no known classes.
    return probabilities.argmax(axis=1) if len(probabilities) else np.empty(0, dtype=np.int64)
