"""Metrics that follow from a confusion matrix, computed for many resamples at once.

A resample needs only three counts per class: its texts, its predictions, and its correctly predicted texts. The
definitions are scikit-learn's, and `tests/eval/quality/test_metrics.py` compares the two.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LOSSES = ("log_loss", "brier_loss")
COUNT_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "matthews_correlation",
)
METRICS = (*COUNT_METRICS, "top2_accuracy", *LOSSES)
CALIBRATION_ERROR = "expected_calibration_error"
LOWER_IS_BETTER = frozenset({*LOSSES, CALIBRATION_ERROR})
CLASS_METRICS = ("precision", "recall", "f1")

ONE_CLASS = "the texts or the predictions are all of one class"
NEVER_PREDICTED = "the model predicts this class for no text"
NO_TEXTS_OF_CLASS = "no text is of this class"
CLASS_NOWHERE = "no text is of this class and none is predicted as it"
CLASS_REASONS = {"precision": NEVER_PREDICTED, "recall": NO_TEXTS_OF_CLASS, "f1": CLASS_NOWHERE}


def class_scores(correct: FloatArray, predicted: FloatArray, support: FloatArray) -> dict[str, FloatArray]:
    """Return precision, recall and F1 of each class.

    Args:
        correct: number of texts of the class that are predicted as it; (..., k).
        predicted: number of texts that are predicted as the class; (..., k).
        support: number of texts of the class; (..., k).

    Returns:
        "precision", "recall" and "f1" to (..., k); NaN where the denominator is 0.
    """
    return {
        "precision": _ratio(correct, predicted),
        "recall": _ratio(correct, support),
        "f1": _ratio(2 * correct, predicted + support),
    }


def count_scores(correct: FloatArray, predicted: FloatArray, support: FloatArray) -> dict[str, FloatArray]:
    """Return the metrics in `COUNT_METRICS`, of shape (...), from the same counts (..., k) as `class_scores`.

    Macro averages are over the classes that occur in the references or the predictions. A class that is never
    predicted has precision 0, and an absent one recall 0 (scikit-learn's `zero_division=0`). Balanced accuracy is the
    mean recall of the classes that occur in the references. Matthews correlation is NaN if the references or the
    predictions contain only one class.
    """
    texts = support.sum(axis=-1)
    scores = class_scores(correct, predicted, support)
    present = (support + predicted > 0).sum(axis=-1)
    metrics = {
        "accuracy": correct.sum(axis=-1) / texts,
        "balanced_accuracy": np.nan_to_num(scores["recall"]).sum(axis=-1) / (support > 0).sum(axis=-1),
        "matthews_correlation": _matthews(correct, predicted, support, texts),
    }
    for name, values in scores.items():
        filled = np.nan_to_num(values)
        metrics[f"macro_{name}"] = filled.sum(axis=-1) / present
        metrics[f"weighted_{name}"] = (filled * support).sum(axis=-1) / texts
    return {name: metrics[name] for name in COUNT_METRICS}


def _matthews(correct: FloatArray, predicted: FloatArray, support: FloatArray, texts: FloatArray) -> FloatArray:
    """Return Gorodkin 2004's R_K, the multi-class correlation that scikit-learn computes."""
    covariance = correct.sum(axis=-1) * texts - (predicted * support).sum(axis=-1)
    spread = (texts**2 - (predicted**2).sum(axis=-1)) * (texts**2 - (support**2).sum(axis=-1))
    return _ratio(covariance, np.sqrt(spread))


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide; the result is NaN where the denominator is 0, without a warning."""
    quotient: FloatArray = np.full(np.shape(denominator), np.nan)
    return np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) > 0)
