"""The table twin of the highlighted texts: one row a word, in the text's order or by what pushes the models apart."""

from collections.abc import Sequence

import pandas as pd

from explain.difference import Row, apart, compare
from explain.lime_text.explanation import Explanation, Part

DECIMALS = 6


def comparable(explanations: Sequence[Explanation]) -> bool:
    """Whether there are two, of one class against the same: only then a difference of weights means something."""
    return len(explanations) == 2 and len({(each.label, each.against) for each in explanations}) == 1


def differences(explanations: Sequence[Explanation]) -> tuple[Row, ...]:
    """All words, those that most push the models apart first; none where the explanations are not comparable."""
    return apart(compare(*explanations), len(explanations[0].parts)) if comparable(explanations) else ()


def table(explanations: Sequence[Explanation], by_difference: bool = False) -> pd.DataFrame:
    """One row a word (or passage), weights and ends of intervals as numbers.

    Args:
        explanations: one a model, of the same samples.
        by_difference: order the rows by what most pushes the models apart, not by the text.

    Returns:
        Columns `word`, `times` and for each framework its weight, `low` and `high`; where they are comparable also the
        `difference` (second minus first), its `low` and `high`, and whether it is `clear`: "yes" or "no". An end that
        does not exist is NaN.
    """
    cells = [_cells(parts, explanations) for parts in zip(*(each.parts for each in explanations), strict=True)]
    if not comparable(explanations):
        return pd.DataFrame(cells)
    rows = compare(*explanations)
    frame = pd.DataFrame([each | _difference(row) for each, row in zip(cells, rows, strict=True)])
    if not by_difference:
        return frame
    position = {row.name: number for number, row in enumerate(rows)}
    return frame.iloc[[position[row.name] for row in apart(rows, len(rows))]].reset_index(drop=True)


def _cells(parts: Sequence[Part], explanations: Sequence[Explanation]) -> dict[str, str | int | float]:
    out = {"word": parts[0].name, "times": len(parts[0].starts)}
    for each, part in zip(explanations, parts, strict=True):
        out |= _numbers(each.framework, part.weight, part.low, part.high)
    return out


def _difference(row: Row) -> dict[str, str | float]:
    return _numbers("difference", row.value, row.low, row.high) | {"clear": "yes" if row.clear else "no"}


def _numbers(name: str, value: float, low: float | None, high: float | None) -> dict[str, float]:
    numbers = {name: value, f"{name} low": low, f"{name} high": high}
    return {key: float("nan") if number is None else round(number, DECIMALS) for key, number in numbers.items()}
