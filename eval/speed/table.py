"""A table of text, and estimates as its cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """A table of text, whose first column names the row and whose other columns hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def formatted(estimate: Mapping[str, Any]) -> str:
    """Format an estimate with four digits and its interval."""
    return _with_interval(estimate, 1, "{:.4g}")


def percent(estimate: Mapping[str, Any]) -> str:
    """Format a share in percent with its interval."""
    return _with_interval(estimate, 100, "{:.0f}")


def _with_interval(estimate: Mapping[str, Any], scale: float, form: str) -> str:
    value, low, high = (
        None if estimate[key] is None else form.format(scale * estimate[key]) for key in ("value", "low", "high")
    )
    unit = " %" if scale == 100 else ""
    if value is None:
        return "not defined"
    return f"{value}{unit}" if low is None else f"{value}{unit} [{low}, {high}]"
