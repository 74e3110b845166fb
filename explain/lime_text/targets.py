"""What is explained of a model: numbers of its logits that words can add to."""

import numpy as np
from numpy.typing import NDArray


def log_odds(logits: NDArray, column: int) -> NDArray[np.float64]:
    """log p / (1 - p) of one class (n,), from logits (n, k), k at least 2; exact where p rounds to 1."""
    logits = np.asarray(logits, dtype=np.float64)
    return logits[:, column] - np.logaddexp.reduce(np.delete(logits, column, axis=1), axis=1)


def probability(logits: NDArray, column: int) -> NDArray[np.float64]:
    """The probability of one class (n,), from logits (n, k): what stock lime fits."""
    return 1 / (1 + np.exp(-log_odds(logits, column)))


def contrast(logits: NDArray, column: int, other: int) -> NDArray[np.float64]:
    """log p / q of one class against another (n,), from logits (n, k)."""
    logits = np.asarray(logits, dtype=np.float64)
    return logits[:, column] - logits[:, other]


TARGETS = {"log-odds": log_odds, "probability": probability}
