"""Accuracy and macro F1 of a finished training; metrics.py has the full set, and imports far more.

`import eval.quality.metrics` would rebind the builtin `eval`: write `from eval import metrics`.
"""

from collections.abc import Sequence

from sklearn.metrics import accuracy_score, f1_score


def scores(references: Sequence[int], predictions: Sequence[int]) -> dict[str, float]:
    """Accuracy, and F1 averaged over the classes that occur in either; both from 0 to 1, higher is better."""
    return {
        "accuracy": float(accuracy_score(references, predictions)),
        "macro_f1": float(f1_score(references, predictions, average="macro", zero_division=0.0)),
    }
