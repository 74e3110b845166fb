"""Ask what an exported file can do: any length, batches, and answers in a process without its framework."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.common.errors import BakeoffError

LENGTHS = (3, 17, 64, 128, 256, 512)  # tokens; the model's maximum is tried too
BATCHES = (1, 2, 8, 32)  # texts of different lengths per batch

Call = Callable[..., Any]


@dataclass(frozen=True)
class Capability:
    """Whether an exported file can do something.

    Attributes:
        able: Whether it can.
        reason: Why it can't; empty if it can.
    """

    able: bool
    reason: str = ""


def lengths(longest: int) -> list[int]:
    """Return the lengths to try, in tokens, up to the longest that the model reads."""
    return sorted({length for length in LENGTHS if length < longest} | {longest})


def any_length(call: Call, texts: Mapping[int, str], expected: Mapping[int, NDArray], tolerance: float) -> Capability:
    """Classify one text of each length, without padding."""
    tries = [(f"at {length} tokens", [text], expected[length]) for length, text in sorted(texts.items())]
    return _first_failure(call, tries, tolerance)


def batches(call: Call, texts: Sequence[str], expected: NDArray, tolerance: float) -> Capability:
    """Classify padded batches of each size; the texts are repeated to fill a batch."""
    tries = []
    for size in BATCHES:
        rows = np.resize(np.arange(len(texts)), size)
        tries.append((f"in a batch of {size}", [texts[int(row)] for row in rows], expected[rows]))
    return _first_failure(call, tries, tolerance)


def same(call: Call, texts: Sequence[str], expected: NDArray, tolerance: float) -> Capability:
    """Classify each text alone."""
    return _first_failure(call, [("alone", [text], expected[[row]]) for row, text in enumerate(texts)], tolerance)


def _first_failure(call: Call, tries: Sequence[tuple[str, Sequence[str], Any]], tolerance: float) -> Capability:
    for where, texts, expected in tries:
        try:
            logits = np.asarray(call(where, texts))
        except BakeoffError as error:
            return Capability(False, str(error))
        if logits.shape != np.shape(expected):
            return Capability(False, f"{where}: logits of shape {logits.shape}, expected {np.shape(expected)}")
        difference = float(np.abs(logits - expected).max())
        if not difference <= tolerance:
            return Capability(False, f"{where}: logits are off by {difference:.2g}")
    return Capability(True)
