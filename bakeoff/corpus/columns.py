"""Find the text and the label column of a table, and refuse empty cells in them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bakeoff.common.errors import CorpusError
from bakeoff.common.limits import BLANK
from bakeoff.corpus.tables import Table, excerpt

# Usual column names in the form of `plain_name`, best first. SetFit data sets have a `label_text` beside integers.
TEXT_NAMES = (
    *("text", "content", "article", "body", "news", "sentence", "review", "message", "document", "comment"),
    *("tweet", "post", "story", "utterance", "description", "abstract", "summary", "headline", "title"),
)
HEADLINE_NAMES = ("title", "headline")
LEAD_NAMES = ("description", "shortdescription", "summary", "abstract", "lead", "snippet", "subtitle")
LABEL_NAMES = (
    *("labeltext", "labelname", "label", "category", "categoryname", "class", "classname", "topic", "section"),
    *("target", "sentiment", "genre", "intent", "emotion", "type", "tag", "labels", "categories"),
)


@dataclass(frozen=True)
class Example:
    """One text with its label and the other columns of its row.

    Attributes:
        text: the text.
        label: its label; empty in a file without labels.
        columns: the other cells of the row as text, by column name.
    """

    text: str
    label: str
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class LabelledTable:
    """A table in which the text and the label column are known.

    Attributes:
        table: the whole table.
        text_column: the name of the text column, or two names joined by "+".
        label_column: The name of the label column, or an empty string without one.
        texts: the texts as str, indexed by row number.
        labels: the labels as str, with the same index.
        others: the other columns, with the same index.
    """

    table: Table
    text_column: str
    label_column: str
    texts: pd.Series
    labels: pd.Series
    others: pd.DataFrame

    @property
    def name(self) -> str:
        """The name that messages use for the table."""
        return self.table.name

    @cached_property
    def keys(self) -> pd.Series:
        """The texts with normalized white space: two texts with the same key count as the same text."""
        return pd.Series([" ".join(text.split()) for text in self.texts], index=self.texts.index, dtype="str")

    def take(self, rows: Sequence[int] | NDArray[np.bool_]) -> "LabelledTable":
        """Return the table with only the rows of a boolean mask or a list of positions."""
        numbers = self.texts.index[rows]
        parts = {name: getattr(self, name).loc[numbers] for name in ("texts", "labels", "others")}
        return replace(self, **parts)

    def examples(self) -> tuple[Example, ...]:
        """Return one example per row, in the order of the table."""
        others = self.others.to_dict("records") or ({} for _ in self.texts)
        return tuple(map(Example, self.texts, self.labels, others))


def plain_name(column: str) -> str:
    """Return a column's name without case, spaces and punctuation, so that `Label Text` and `label_text` are equal."""
    return re.sub(r"[\W_]", "", column).lower()


def find_columns(
    table: Table, text_column: str | None, label_column: str | None, labelled: bool = True
) -> LabelledTable:
    """Find the text and the label column of a table, and check that their cells are not empty.

    Args:
        table: the table.
        text_column: the name of the text column, or two names joined by "+"; None to search the usual names.
        label_column: the name of the label column; None to search the usual names.
        labelled: whether a label column is required and its cells must not be empty.

    Raises:
        CorpusError: a column is missing or a cell is empty.
    """
    texts_from = _text_columns(table, text_column)
    label_from = _label_column(table, label_column, texts_from, labelled)
    frame = table.frame
    texts = frame[texts_from[0]]
    for column in texts_from[1:]:
        texts = _joined(texts, frame[column])
    labels = frame[label_from] if label_from else pd.Series("", index=frame.index, dtype="str")
    others = frame.drop(columns=[*texts_from, *([label_from] if label_from else [])])
    part = LabelledTable(table, "+".join(texts_from), label_from, texts, labels, others)
    _check_filled(table.name, part.text_column, texts, "text")
    if labelled:
        _check_filled(table.name, label_from, labels, "label")
    return part


def _text_columns(table: Table, wanted: str | None) -> list[str]:
    if wanted:
        names = [wanted] if wanted in table.frame or "+" not in wanted else wanted.split("+")
        return [_asked_for(table, name, "--text-column") for name in names]
    plain = {plain_name(name): name for name in reversed(table.frame.columns)}  # of two similar names the first wins
    headline = next((plain[name] for name in HEADLINE_NAMES if name in plain), None)
    lead = next((plain[name] for name in LEAD_NAMES if name in plain), None)
    best = next((name for name in TEXT_NAMES if name in plain), None)
    if headline and (best is None or best in (*LEAD_NAMES, *HEADLINE_NAMES)):
        return [headline, lead] if lead else [headline]
    if best:
        return [plain[best]]
    raise _not_found(table, "with a usual name for texts, such as text or content", "--text-column")


def _label_column(table: Table, wanted: str | None, texts_from: list[str], needed: bool) -> str:
    if wanted:
        column = _asked_for(table, wanted, "--label-column")
        if column in texts_from:
            raise _not_found(table, f"{excerpt(column)} for labels, as it holds the texts", "--label-column")
        return column
    plain = {plain_name(name): name for name in reversed(table.frame.columns) if name not in texts_from}
    column = next((plain[name] for name in LABEL_NAMES if name in plain), "")
    if needed and not column:
        raise _not_found(table, "with a usual name for labels, such as label or category", "--label-column")
    return column


def _asked_for(table: Table, wanted: str, flag: str) -> str:
    if wanted in table.frame:
        return wanted
    if similar := [column for column in table.frame if plain_name(column) == plain_name(wanted)]:
        return str(similar[0])
    raise _not_found(table, excerpt(wanted), flag)


def _not_found(table: Table, wanted: str, flag: str) -> CorpusError:
    names = [excerpt(name, 40)[1:-1] for name in table.frame.columns]
    listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return CorpusError(f"{table.name} has no column {wanted}; name one of these with {flag}: {listed}.")


def _joined(first: pd.Series, second: pd.Series) -> pd.Series:
    """Join titles and descriptions to one text each, with a full stop between them unless the title ends a sentence."""
    first, second = first.str.strip(), second.str.strip()
    ended = first.str.contains(r"[.!?:…]$", regex=True)
    between = np.where((first == "") | (second == ""), "", np.where(ended, " ", ". "))
    return first + pd.Series(between, index=first.index, dtype="str") + second


def listed(index: Iterable[int], shown: int = 5) -> str:
    """Return row numbers for a message, such as "rows 3, 7 and 12 more"."""
    numbers = list(index)
    more = f" and {len(numbers) - shown:,} more" if len(numbers) > shown else ""
    return ("row " if len(numbers) == 1 else "rows ") + ", ".join(map(str, numbers[:shown])) + more


def _check_filled(name: str, column: str, cells: pd.Series, kind: str) -> None:
    empty = cells.index[cells.str.contains(BLANK, regex=True)]
    if len(empty):
        raise CorpusError(
            f"{name} has an empty {kind} in {listed(empty)} (column {excerpt(column)}); fill it in or delete the row."
        )


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 row` or `2,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
