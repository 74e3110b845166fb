"""Accuracy and macro F1 of a finished training; eval/quality/metrics.py has all metrics and imports far more.

`import eval.quality.metrics` would rebind the builtin `eval`: write `from eval.quality import metrics`.
"""

from numpy.typing import ArrayLike
from sklearn.metrics import accuracy_score, f1_score


def scores(references: ArrayLike, predictions: ArrayLike) -> dict[str, float]:
    """Return accuracy, and F1 averaged over the classes that occur; both are from 0 to 1, and higher is better."""
    return {
        "accuracy": float(accuracy_score(references, predictions)),
        "macro_f1": float(f1_score(references, predictions, average="macro", zero_division=0.0)),
    }
