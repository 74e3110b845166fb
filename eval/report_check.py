"""What a schema can't say of a report: that its parts are about the same texts and the same classes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from errors import ReportError


def check_parts(report: Mapping[str, Any], name: str) -> None:
    """Hold the parts of a report that keeps the schema against each other.

    Args:
        report: the document.
        name: what messages call it.

    Raises:
        ReportError: a table has another size than texts and classes ask for, or a number names no text or class.
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
        raise ReportError(f"{name} is damaged: a label in predictions/references names no class; make it again.")
    if any(not isinstance(index, int) or not 0 <= index < texts for index in _indices(report)):
        raise ReportError(f"{name} is damaged: a number of a text is beyond its {texts:,} texts; make it again.")


def _check_size(part: Sequence, expected: int, place: str, name: str) -> None:
    if len(part) != expected:
        raise ReportError(
            f"{name} is damaged: {place} has {len(part):,} entries, expected {expected:,}; make it again."
        )


def _indices(report: Mapping[str, Any]) -> Iterator[Any]:
    found = report["disagreement"]
    for indices in found["browser"].values():
        yield from indices
    for row in (*found["hardest"], *found["label_errors"]["found"]):
        yield row["index"]
    for part in report["slices"]["slices"]:
        yield from part["indices"]
