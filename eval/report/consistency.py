"""Check what a schema can't: that a report's parts are about the same texts and classes, and agree with each other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.common.errors import ReportError

ROUNDED = 1.01e-4  # logits are rounded to 4 decimals, so the order of two closer logits is not known
TOLERANCE = 1e-9
ESTIMATE = {"value", "low", "high", "reason"}
# Their intervals are the middle 95 % of simulations or resamples, which may exclude a skewed value.
OUTSIDE = {"if_calibrated", "risk_coverage"}


def check_parts(report: Mapping[str, Any], name: str) -> None:
    """Check the parts of a report against each other; the report already matches the schema.

    Args:
        report: The document.
        name: Name of the report in error messages.

    Raises:
        ReportError: A table's size does not match the texts and classes, an index is out of range, a confusion matrix
            does not match the predictions, or an interval is impossible.
    """
    texts, classes = report["corpus"]["texts"], len(report["labels"])
    predictions = report["predictions"]
    _check_size(predictions["references"], texts, "predictions/references", name)
    for framework in ("PyTorch", "TensorFlow"):
        confusion = report["evaluations"][framework]["confusion"]
        _check_size(predictions[framework], texts, f"predictions/{framework}", name)
        _check_size(confusion, classes, f"evaluations/{framework}/confusion", name)
        for row in (*predictions[framework], *confusion):
            _check_size(row, classes, f"a row of {framework}", name)
    if any(reference >= classes for reference in predictions["references"]):
        raise ReportError(
            f"{name} is damaged: a label in predictions/references is not one of the classes; make it again."
        )
    if any(not isinstance(index, int) or not 0 <= index < texts for index in _indices(report)):
        raise ReportError(f"{name} is damaged: an index of a text is outside its {texts:,} texts; make it again.")
    for framework in ("PyTorch", "TensorFlow"):
        _check_confusion(report, framework, name)
    for path, estimate in _estimates(report, ()):
        _check_estimate(path, estimate, name)
    for place, estimate in _differences_of_shares(report):
        if any(abs(estimate[key] or 0) > 1 + TOLERANCE for key in ("value", "low", "high")):
            raise ReportError(f"{name} is damaged: the difference of {place} is outside -1 to 1; make it again.")


def _check_confusion(report: Mapping[str, Any], framework: str, name: str) -> None:
    """Check a confusion matrix against the logits; a text with tied logits may count in any of the tied columns."""
    predictions = report["predictions"]
    logits = np.array(predictions[framework], dtype=np.float64)
    possible = logits >= logits.max(axis=1, keepdims=True) - ROUNDED
    references = np.array(predictions["references"])
    most = _by_class(references, possible)
    least = _by_class(references, possible & (possible.sum(axis=1, keepdims=True) == 1))
    counted = np.array(report["evaluations"][framework]["confusion"])
    texts = np.bincount(references, minlength=len(counted))
    if (counted < least).any() or (counted > most).any() or (counted.sum(axis=1) != texts).any():
        raise ReportError(
            f"{name} is damaged: evaluations/{framework}/confusion does not match the predictions; make it again."
        )


def _by_class(references: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the texts of each class (row) for which each column is chosen; `chosen` is (n, k)."""
    counts = np.zeros((chosen.shape[1], chosen.shape[1]), dtype=np.int64)
    np.add.at(counts, references, chosen)
    return counts


def _estimates(part: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield every estimate with its path."""
    if isinstance(part, Mapping):
        if set(part) == ESTIMATE:
            yield path, part
        for key, inner in part.items():
            yield from _estimates(inner, (*path, key))
    elif isinstance(part, list) and path[:1] != ("predictions",):
        for number, inner in enumerate(part):
            yield from _estimates(inner, (*path, str(number)))


def _check_estimate(path: tuple[str, ...], estimate: Mapping[str, Any], name: str) -> None:
    value, low, high = (estimate[key] for key in ("value", "low", "high"))
    if low is None or high is None:
        return
    slack = TOLERANCE * max(1.0, abs(low), abs(high))
    inside = value is None or not OUTSIDE.isdisjoint(path) or low - slack <= value <= high + slack
    if low > high + slack or not inside:
        raise ReportError(
            f"{name} is damaged: at {'/'.join(path)}, {value} can't have the interval {low} to {high}; make it again."
        )


def _differences_of_shares(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "accuracies", report["comparison"]["metrics"]["accuracy"]["difference"]
    for part in (report["slices"]["overall"], *report["slices"]["slices"]):
        yield f"the slice {part['facet']}, {part['name']}"[:80], part["difference"]
    if report["seeds"]:
        yield "accuracies over seeds", report["seeds"]["metrics"]["accuracy"]["difference"]


def _check_size(part: Sequence, expected: int, place: str, name: str) -> None:
    if len(part) != expected:
        raise ReportError(
            f"{name} is damaged: {place} has {len(part):,} entries, expected {expected:,}; make it again."
        )


def _indices(report: Mapping[str, Any]) -> Iterator[Any]:
    disagreement = report["disagreement"]
    for indices in disagreement["browser"].values():
        yield from indices
    for row in (*disagreement["hardest"], *disagreement["label_errors"]["found"]):
        yield row["index"]
    for part in report["slices"]["slices"]:
        yield from part["indices"]
