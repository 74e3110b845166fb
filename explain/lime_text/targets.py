"""Compute from logits the quantities that an explanation can fit."""

import numpy as np
from numpy.typing import NDArray


def log_odds(logits: NDArray, column: int) -> NDArray[np.float64]:
    """Return log p / (1 - p) of one class (n,), from logits (n, k) with k at least 2; exact where p rounds to 1."""
    logits = np.asarray(logits, dtype=np.float64)
    return logits[:, column] - np.logaddexp.reduce(np.delete(logits, column, axis=1), axis=1)


def probability(logits: NDArray, column: int) -> NDArray[np.float64]:
    """Return the probability of one class (n,), from logits (n, k). Stock lime fits this."""
    return 1 / (1 + np.exp(-log_odds(logits, column)))


def contrast(logits: NDArray, column: int, other: int) -> NDArray[np.float64]:
    """Return log p / q of one class against another (n,), from logits (n, k)."""
    logits = np.asarray(logits, dtype=np.float64)
    return logits[:, column] - logits[:, other]


TARGETS = {"log-odds": log_odds, "probability": probability}
