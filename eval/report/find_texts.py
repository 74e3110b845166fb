"""Finds the texts behind a number of a report: of a kind of disagreement, a confusion cell, a slice.

Nothing is computed anew: answers and confidences come from the logits that the report holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bakeoff.classifiers.base import softmax

FRAMEWORKS = ("PyTorch", "TensorFlow")


@dataclass(frozen=True)
class TextAnswers:
    """A text of the test split and both models' answers to it.

    Attributes:
        index: its position, from 0.
        label: its given class.
        predicted: PyTorch's class, then TensorFlow's.
        confidence: the probabilities that they give to it.
    """

    index: int
    label: str
    predicted: tuple[str, str]
    confidence: tuple[float, float]


def _differing(report: Mapping[str, Any]) -> list[int]:
    browser = report["disagreement"]["browser"]
    return [*browser["only_first"], *browser["only_second"], *browser["neither"]]


def _outcome(kind: str) -> Callable[[Mapping[str, Any]], list[int]]:
    return lambda report: list(report["disagreement"]["browser"][kind])


KINDS: Mapping[str, Callable[[Mapping[str, Any]], list[int]]] = {
    "The models differ": _differing,
    "Only PyTorch is right": _outcome("only_first"),
    "Only TensorFlow is right": _outcome("only_second"),
    "They differ, both wrong": _outcome("neither"),
    "Both make the same error": _outcome("same_error"),
    "All wrong": lambda report: [*_outcome("same_error")(report), *_outcome("neither")(report)],
    "Hardest": lambda report: [row["index"] for row in report["disagreement"]["hardest"]],
    "Labels that look wrong": lambda report: [row["index"] for row in report["disagreement"]["label_errors"]["found"]],
    "All texts": lambda report: list(range(report["corpus"]["texts"])),
}


def cell(report: Mapping[str, Any], framework: str, label: str, predicted: str) -> list[int]:
    """The texts of one class to which a model gives another (or the same): a cell of its confusion matrix."""
    from eval.quality.disagreement import confusion_cells  # brings scipy.stats: the page opens without it

    labels = report["labels"]
    if label not in labels or predicted not in labels:
        return []
    said = np.array(report["predictions"][framework]).argmax(axis=1)
    cells = confusion_cells(report["predictions"]["references"], said)
    return list(cells.get((labels.index(label), labels.index(predicted)), ()))


def slice_texts(report: Mapping[str, Any], facet: str, name: str) -> list[int]:
    """The texts of a slice; none where the report has no such slice."""
    parts = report["slices"]["slices"]
    return next((part["indices"] for part in parts if (part["facet"], part["name"]) == (facet, name)), [])


def answers(report: Mapping[str, Any], indices: Sequence[int]) -> list[TextAnswers]:
    """Both models' answers to some texts, in the given order."""
    labels, predictions = report["labels"], report["predictions"]
    if not indices:
        return []
    said = [softmax(np.array([predictions[name][index] for index in indices])) for name in FRAMEWORKS]
    columns = [table.argmax(axis=1).tolist() for table in said]
    confidences = [table.max(axis=1).tolist() for table in said]
    return [
        TextAnswers(index, labels[predictions["references"][index]], (labels[one], labels[other]), confidence)
        for index, one, other, confidence in zip(indices, *columns, zip(*confidences, strict=True), strict=True)
    ]
