"""Compare two explanations of one text word by word, to find the words that push the two models apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explain.lime_text.explanation import Explanation, Part
from explain.lime_text.fit import intervals


@dataclass(frozen=True)
class Row:
    """One word in both models.

    Attributes:
        first: The word in the first model's explanation.
        second: The word in the second model's explanation.
        value: The second model's weight minus the first model's.
        low: Lower end of the difference's 95 % interval, which is paired: both models use the same resamples. None
            where there is no interval.
        high: Upper end of the difference's 95 % interval.
    """

    first: Part
    second: Part
    value: float
    low: float | None
    high: float | None

    @property
    def name(self) -> str:
        """Return the word."""
        return self.first.name

    @property
    def clear(self) -> bool:
        """Return whether the interval excludes 0."""
        return self.low is not None and not self.low <= 0 <= self.high


def compare(first: Explanation, second: Explanation) -> tuple[Row, ...]:
    """Pair each word's weights in both models, in the text's order.

    Raises:
        ValueError: The explanations do not come from the same samples.
    """
    if [part.name for part in first.parts] != [part.name for part in second.parts]:
        raise ValueError("expected two explanations of the same text, divided into the same words")
    bounds: Sequence = [(None, None)] * len(first.parts)
    if len(first.replicates) and len(first.replicates) == len(second.replicates):
        values = np.array([b.weight - a.weight for a, b in zip(first.parts, second.parts, strict=True)])
        bounds = intervals(values, second.replicates - first.replicates).T.tolist()
    return tuple(
        Row(a, b, b.weight - a.weight, low, high)
        for a, b, (low, high) in zip(first.parts, second.parts, bounds, strict=True)
    )


def apart(rows: Sequence[Row], top: int = 10) -> tuple[Row, ...]:
    """Return the words that most push the two models apart; words with a clear difference come first."""
    return tuple(sorted(rows, key=lambda row: (not row.clear, -abs(row.value)))[:top])
