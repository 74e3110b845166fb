"""Format a report's numbers and names the same way in the terminal, on the page and in downloads."""

from collections.abc import Mapping
from typing import Any


def number(estimate: Mapping[str, Any]) -> str:
    """Format an estimate, such as "0.9600 [0.9314, 0.9770]"; "not defined" without a value."""
    return _with_interval(estimate, "{:.4f}")


def points(estimate: Mapping[str, Any]) -> str:
    """Format a difference in percentage points, such as "+0.33 [-1.82, +2.48]"; "not defined" without a value."""
    return _with_interval(estimate, "{:+.2f}", 100)


def share(estimate: Mapping[str, Any]) -> str:
    """Format a share in percent, such as "96.0 %"; "not defined" without a value."""
    return "not defined" if estimate["value"] is None else f"{100 * estimate['value']:.1f} %"


def metric(name: str) -> str:
    """Return a metric's readable name: "macro F1" for `macro_f1`."""
    for written, meant in (("_", " "), ("f1", "F1"), ("top2", "top-2"), ("matthews", "Matthews"), ("brier", "Brier")):
        name = name.replace(written, meant)
    return name


def reasons(compared: Mapping[str, Any]) -> str:
    """Say why numbers of a comparison are missing, each reason once; empty if no number is missing."""
    all_reasons = (compared[column]["reason"] for column in ("pytorch", "tensorflow", "difference"))
    return "; ".join(dict.fromkeys(filter(None, all_reasons)))


def _with_interval(estimate: Mapping[str, Any], form: str, scale: int = 1) -> str:
    if estimate["value"] is None:
        return "not defined"
    value, low, high = (
        None if estimate[key] is None else form.format(scale * estimate[key]) for key in ("value", "low", "high")
    )
    return value if low is None or high is None else f"{value} [{low}, {high}]"
