"""Tabulate explanations with one row per word, in the text's order or by what pushes the models apart."""

from collections.abc import Sequence

import pandas as pd

from explain.difference import Row, apart, compare
from explain.lime_text.explanation import Explanation, Part

DECIMALS = 6


def comparable(explanations: Sequence[Explanation]) -> bool:
    """Return whether the weights can be compared: there are two explanations, and both ask the same question."""
    questions = {(explanation.label, explanation.against) for explanation in explanations}
    return len(explanations) == 2 and len(questions) == 1


def differences(explanations: Sequence[Explanation]) -> tuple[Row, ...]:
    """Return all words, with those that most push the models apart first; none if they are not comparable."""
    return apart(compare(*explanations), len(explanations[0].parts)) if comparable(explanations) else ()


def table(explanations: Sequence[Explanation], by_difference: bool = False) -> pd.DataFrame:
    """Return one row per word or passage, with weights and ends of 95 % intervals as numbers.

    Args:
        explanations: One explanation per model, all from the same samples.
        by_difference: Whether to order the rows by what most pushes the models apart instead of by the text.

    Returns:
        A table with the columns `word` and `times`, and each framework's weight, `low` and `high`. For comparable
        explanations it also has the `difference` (second minus first), its `low` and `high`, and `clear`: "yes" or
        "no". A missing end of an interval is NaN.
    """
    cells = [
        _cells(parts, explanations) for parts in zip(*(explanation.parts for explanation in explanations), strict=True)
    ]
    if not comparable(explanations):
        return pd.DataFrame(cells)
    rows = compare(*explanations)
    frame = pd.DataFrame([weights | _difference(row) for weights, row in zip(cells, rows, strict=True)])
    if not by_difference:
        return frame
    position = {row.name: number for number, row in enumerate(rows)}
    return frame.iloc[[position[row.name] for row in apart(rows, len(rows))]].reset_index(drop=True)


def _cells(parts: Sequence[Part], explanations: Sequence[Explanation]) -> dict[str, str | int | float]:
    cells: dict[str, str | int | float] = {"word": parts[0].name, "times": len(parts[0].starts)}
    for explanation, part in zip(explanations, parts, strict=True):
        cells |= _numbers(explanation.framework, part.weight, part.low, part.high)
    return cells


def _difference(row: Row) -> dict[str, str | float]:
    return _numbers("difference", row.value, row.low, row.high) | {"clear": "yes" if row.clear else "no"}


def _numbers(name: str, value: float, low: float | None, high: float | None) -> dict[str, float]:
    numbers = {name: value, f"{name} low": low, f"{name} high": high}
    return {key: float("nan") if number is None else round(number, DECIMALS) for key, number in numbers.items()}
