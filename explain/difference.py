"""Two explanations of one text, word by word: which words push the two models apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explain.lime_text.explanation import Explanation, Part
from explain.lime_text.fit import intervals


@dataclass(frozen=True)
class Row:
    """One word in both models.

    Attributes:
        first: the word in the first model.
        second: the word in the second.
        value: the second's weight minus the first's.
        low: lower end of the difference's 95 % interval (paired: the same resamples in both); None without one.
        high: upper end of it.
    """

    first: Part
    second: Part
    value: float
    low: float | None
    high: float | None

    @property
    def name(self) -> str:
        """The word."""
        return self.first.name

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and not self.low <= 0 <= self.high


def compare(first: Explanation, second: Explanation) -> tuple[Row, ...]:
    """Each word in both models, in the text's order.

    Raises:
        ValueError: the explanations are not of the same samples.
    """
    if [part.name for part in first.parts] != [part.name for part in second.parts]:
        raise ValueError("expected two explanations of the same text, divided into the same words")
    ends: Sequence = [(None, None)] * len(first.parts)
    if len(first.replicates) and len(first.replicates) == len(second.replicates):
        values = np.array([other.weight - one.weight for one, other in zip(first.parts, second.parts, strict=True)])
        ends = intervals(values, second.replicates - first.replicates).T.tolist()
    return tuple(
        Row(one, other, other.weight - one.weight, low, high)
        for one, other, (low, high) in zip(first.parts, second.parts, ends, strict=True)
    )


def apart(rows: Sequence[Row], top: int = 10) -> tuple[Row, ...]:
    """The words that most push the two models apart, those whose difference is clear first."""
    return tuple(sorted(rows, key=lambda row: (not row.clear, -abs(row.value)))[:top])
