"""Find the texts behind a number of a report: a kind of disagreement, a confusion cell or a slice.

No model is called: answers and confidences come from the logits in the report.
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
        index: Position of the text, from 0.
        label: Class that the corpus gives to the text.
        predicted: PyTorch's predicted class, then TensorFlow's.
        confidence: Each model's probability of its predicted class.
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
    """Return the texts in one cell of a model's confusion matrix."""
    from eval.quality.disagreement import confusion_cells  # imported late, because the page must open without SciPy

    labels = report["labels"]
    if label not in labels or predicted not in labels:
        return []
    answered = np.array(report["predictions"][framework]).argmax(axis=1)
    cells = confusion_cells(report["predictions"]["references"], answered)
    return list(cells.get((labels.index(label), labels.index(predicted)), ()))


def slice_texts(report: Mapping[str, Any], facet: str, name: str) -> list[int]:
    """Return the texts of a slice; none if the report has no such slice."""
    parts = report["slices"]["slices"]
    return next((part["indices"] for part in parts if (part["facet"], part["name"]) == (facet, name)), [])


def answers(report: Mapping[str, Any], indices: Sequence[int]) -> list[TextAnswers]:
    """Return both models' answers to some texts, in the order of `indices`."""
    labels, predictions = report["labels"], report["predictions"]
    if not indices:
        return []
    probabilities = [softmax(np.array([predictions[name][index] for index in indices])) for name in FRAMEWORKS]
    columns = [table.argmax(axis=1).tolist() for table in probabilities]
    confidences = [table.max(axis=1).tolist() for table in probabilities]
    return [
        TextAnswers(index, labels[predictions["references"][index]], (labels[one], labels[other]), confidence)
        for index, one, other, confidence in zip(indices, *columns, zip(*confidences, strict=True), strict=True)
    ]
