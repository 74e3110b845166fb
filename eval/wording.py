"""Numbers and names of a report as text: alike in the terminal, on the page and in what is downloaded."""

from collections.abc import Mapping
from typing import Any


def number(estimate: Mapping[str, Any]) -> str:
    """An estimate, such as "0.9600 [0.9314, 0.9770]"; "not defined" without a value."""
    if estimate["value"] is None:
        return "not defined"
    if estimate["low"] is None or estimate["high"] is None:
        return f"{estimate['value']:.4f}"
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"


def points(estimate: Mapping[str, Any]) -> str:
    """A difference of shares in points, such as "+0.33 [-1.82, +2.48]"; "not defined" without a value."""
    if estimate["value"] is None:
        return "not defined"
    if estimate["low"] is None or estimate["high"] is None:
        return f"{100 * estimate['value']:+.2f}"
    return f"{100 * estimate['value']:+.2f} [{100 * estimate['low']:+.2f}, {100 * estimate['high']:+.2f}]"


def share(estimate: Mapping[str, Any]) -> str:
    """A share in percent, such as "96.0 %"; "not defined" without a value."""
    return "not defined" if estimate["value"] is None else f"{100 * estimate['value']:.1f} %"


def metric(name: str) -> str:
    """A metric's name as people write it: "macro F1" for `macro_f1`."""
    for written, meant in (("_", " "), ("f1", "F1"), ("top2", "top-2"), ("matthews", "Matthews"), ("brier", "Brier")):
        name = name.replace(written, meant)
    return name


def reasons(compared: Mapping[str, Any]) -> str:
    """Why numbers of a comparison are missing, each reason once; empty where none is."""
    given = (compared[each]["reason"] for each in ("pytorch", "tensorflow", "difference"))
    return "; ".join(dict.fromkeys(filter(None, given)))
