"""Finds the text and the label column of a table, and the faults and repetitions of the rows in them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from errors import CorpusError
from tables import Table, excerpt

MAX_CLASSES = 100
# Usual column names, best first, as `plain_name` writes them; SetFit sets have a `label_text` beside integers.
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
# Spaces, control characters and zero-width marks: a tokenizer finds nothing in a text of these alone.
BLANK = r"^[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\u00ad]*$"


@dataclass(frozen=True)
class Example:
    """One text, its label (empty in a file without labels) and the other columns of its row, all as text."""

    text: str
    label: str
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class LabelledTable:
    """A table whose columns are found: texts and labels (Series of str, one index of row numbers) and the rest."""

    table: Table
    text_column: str
    label_column: str
    texts: pd.Series
    labels: pd.Series
    others: pd.DataFrame

    @property
    def name(self) -> str:
        """What messages call the table."""
        return self.table.name

    @cached_property
    def keys(self) -> pd.Series:
        """What makes two texts the same: everything but their white space."""
        return pd.Series([" ".join(text.split()) for text in self.texts], index=self.texts.index, dtype="str")

    def take(self, chosen) -> "LabelledTable":
        """The rows of a boolean mask or a list of positions."""
        rows = self.texts.index[chosen]
        parts = {name: getattr(self, name).loc[rows] for name in ("texts", "labels", "others")}
        return replace(self, **parts)

    def examples(self) -> tuple[Example, ...]:
        """One example a row, in the order of the table."""
        others = self.others.to_dict("records") or ({} for _ in self.texts)
        return tuple(map(Example, self.texts, self.labels, others))


def plain_name(column: str) -> str:
    """A column's name without case, spaces and punctuation: `Label Text` and `label_text` are one name."""
    return re.sub(r"[\W_]", "", column).lower()


def find_columns(
    table: Table, text_column: str | None, label_column: str | None, labelled: bool = True
) -> LabelledTable:
    """Find the columns, by name where given, and check that no text and (where `labelled`) no label is empty.

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
    plain = {plain_name(name): name for name in reversed(table.frame.columns)}  # of two alike, the first
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
    found = next((plain[name] for name in LABEL_NAMES if name in plain), "")
    if needed and not found:
        raise _not_found(table, "with a usual name for labels, such as label or category", "--label-column")
    return found


def _asked_for(table: Table, wanted: str, flag: str) -> str:
    alike = [column for column in table.frame if plain_name(column) == plain_name(wanted)]
    if wanted in table.frame or alike:
        return wanted if wanted in table.frame else alike[0]
    raise _not_found(table, excerpt(wanted), flag)


def _not_found(table: Table, wanted: str, flag: str) -> CorpusError:
    names = [excerpt(name, 40)[1:-1] for name in table.frame.columns]
    listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return CorpusError(f"{table.name} has no column {wanted}; name one of these with {flag}: {listed}.")


def _joined(first: pd.Series, second: pd.Series) -> pd.Series:
    """Title and description as one text: a full stop between them unless the title ends a sentence itself."""
    first, second = first.str.strip(), second.str.strip()
    ended = first.str.contains(r"[.!?:…]$", regex=True)
    between = np.where((first == "") | (second == ""), "", np.where(ended, " ", ". "))
    return first + pd.Series(between, index=first.index, dtype="str") + second


def _rows(index: Iterable[int], shown: int = 5) -> str:
    numbers = list(index)
    more = f" and {len(numbers) - shown:,} more" if len(numbers) > shown else ""
    return ("row " if len(numbers) == 1 else "rows ") + ", ".join(map(str, numbers[:shown])) + more


def _check_filled(name: str, column: str, cells: pd.Series, kind: str) -> None:
    empty = cells.index[cells.str.contains(BLANK, regex=True)]
    if len(empty):
        raise CorpusError(
            f"{name} has an empty {kind} in {_rows(empty)} (column {excerpt(column)}); fill it in or delete the row."
        )


def with_clean_labels(parts: Sequence[LabelledTable]) -> list[LabelledTable]:
    """Labels without outer spaces, once it is sure that no two of them differ by case or spaces only.

    Raises:
        CorpusError: two do.
    """
    seen: dict[str, tuple[str, str]] = {}
    for part in parts:
        for row, label in part.labels.drop_duplicates().items():
            place = f"{excerpt(label)} ({part.name}, row {row})"
            if re.search(r"[\x00-\x1f\x7f]", label.strip()):
                raise CorpusError(f"The label {place} holds a line break or control character; write it on one line.")
            key = re.sub(r"\s+", "", unicodedata.normalize("NFKC", label)).casefold()
            known, known_place = seen.setdefault(key, (label, place))
            if known != label:
                raise CorpusError(
                    f"The labels {known_place} and {place} differ only by case or spaces; write them the same way."
                )
    return [replace(part, labels=part.labels.str.strip()) for part in parts]


def without_contradictions(parts: Sequence[LabelledTable], drop: bool, warnings: list[str]) -> list[LabelledTable]:
    """No text under two labels: where there is one, either an error or (`drop`) all rows with it left out.

    Raises:
        CorpusError: a text has two labels and `drop` is false.
    """
    rows = pd.concat(
        pd.DataFrame({"key": part.keys, "label": part.labels, "place": part.name, "row": part.texts.index})
        for part in parts
    )
    kinds = rows.drop_duplicates(["key", "label"])
    clashing = kinds[kinds["key"].duplicated(keep=False)]
    if clashing.empty:
        return list(parts)
    keys = clashing["key"].unique()
    if drop:
        left = [part.take(~part.keys.isin(keys).to_numpy()) for part in parts]
        gone = sum(len(part.texts) for part in parts) - sum(len(part.texts) for part in left)
        warnings.append(f"{count(gone, 'row')} with the same text under two labels left out.")
        return left
    one, two = clashing[clashing["key"] == keys[0]].head(2).itertuples()
    more = f" ({count(len(keys) - 1, 'more such text')})" if len(keys) > 1 else ""
    raise CorpusError(
        f"The same text has the label {excerpt(one.label)} in {one.place}, row {one.row}, and {excerpt(two.label)} "
        f"in {two.place}, row {two.row}{more}; keep one label, or leave such texts out with --drop-duplicates."
    )


def without_duplicates(parts: Sequence[LabelledTable], warnings: list[str]) -> list[LabelledTable]:
    """Each text once: its first row, and only the one in the test part if both parts have it."""
    left = [part.take(~part.keys.duplicated().to_numpy()) for part in parts]
    if len(left) == 2:
        left[0] = left[0].take(~left[0].keys.isin(left[1].keys).to_numpy())
    gone = sum(len(part.texts) for part in parts) - sum(len(part.texts) for part in left)
    if gone:
        warnings.append(f"{count(gone, 'row')} with a repeated text left out.")
    return left


def check_classes(part: LabelledTable, suspicions: Sequence[str] = ()) -> None:
    """Raise a CorpusError for fewer than 2 classes, more than MAX_CLASSES, or fewer than 2 rows of one.

    `suspicions` are sentences about what may have swallowed the missing rows.
    """
    counts = part.labels.value_counts()
    name, column = part.name, excerpt(part.label_column)
    if counts.empty:
        raise CorpusError(f"{name} has no row left to train on; give other rows, or keep the repeated texts.")
    if len(counts) == 1:
        raise CorpusError(
            f"{name} has one class only, {excerpt(counts.index[0])} (column {column}); expected at least two."
            f"{''.join(f' {suspicion}' for suspicion in suspicions)}"
        )
    if len(counts) > MAX_CLASSES:
        raise CorpusError(
            f"{name} has {len(counts):,} classes, expected at most {MAX_CLASSES}; if {column} is not "
            "the column of the labels, name that with --label-column."
        )
    single = counts.index[counts < 2]
    if len(single):
        row = part.labels.index[part.labels == single[0]][0]
        raise CorpusError(
            f"{name} has fewer than 2 rows of the class {excerpt(single[0])} (row {row}"
            f"{f', and of {len(single) - 1} more' if len(single) > 1 else ''}); add rows or delete the class."
        )


def ordered_labels(parts: Sequence[LabelledTable], warnings: list[str]) -> tuple[str, ...]:
    """The labels of the train part, in the data set's own order of class names or sorted (integers by value).

    Raises:
        CorpusError: the test part has a label that the train part lacks.
    """
    train, test = parts
    present = set(train.labels)
    strange = test.labels[~test.labels.isin(present)]
    if len(strange):
        raise CorpusError(
            f"{test.name} has the label {excerpt(strange.iloc[0])} in {_rows(strange.index)}, which no row to train "
            f"on has; add such rows to {train.name}, or delete these."
        )
    if untested := sorted(present - set(test.labels)):
        warnings.append(f"No test row has the label {', '.join(map(excerpt, untested[:5]))}.")
    own_order = train.table.class_names.get(train.label_column, ())
    if own_order:
        return tuple(name for name in dict.fromkeys(own_order) if name in present)
    if all(re.fullmatch(r"[+-]?\d+", label) for label in present):
        return tuple(sorted(present, key=lambda label: (int(label), label)))
    return tuple(sorted(present))


def duplicate_warnings(parts: Sequence[LabelledTable]) -> list[str]:
    """A sentence with the count for repeated texts in the train part, in the test part and across both."""
    train, test = parts
    counts = {
        "Repeated texts in the train part": train.keys.duplicated().sum(),
        "Repeated texts in the test part": test.keys.duplicated().sum(),
        "Texts of the train part that are in the test part too": train.keys.isin(test.keys).sum(),
    }
    return [
        f"{what}: {count(int(rows), 'row')}; --drop-duplicates leaves such rows out."
        for what, rows in counts.items()
        if rows
    ]


def swallowed_row_warnings(parts: Sequence[LabelledTable]) -> list[str]:
    """A sentence for each part with texts that look like several rows: a stray quote runs up to the next quote."""
    ends = "|".join(map(re.escape, parts[0].labels.unique()))
    pattern = rf"[,;\t](?:{ends})\n"
    found = [(part.name, part.texts.index[part.texts.str.contains(pattern, regex=True)]) for part in parts]
    return [
        f"{name} may hold several rows in one text in {_rows(rows)}; look for a double quote that is not closed there."
        for name, rows in found
        if len(rows)
    ]


def count(number: int, noun: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
