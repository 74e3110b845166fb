"""Check labeled rows: unclear labels, contradictions, duplicates, too few or too many classes."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from bakeoff.common.errors import CorpusError
from bakeoff.corpus.columns import LabelledTable, count, listed
from bakeoff.corpus.tables import excerpt

MAX_CLASSES = 100


def with_clean_labels(parts: Sequence[LabelledTable]) -> list[LabelledTable]:
    """Strip the labels' outer spaces, after checking that no two labels differ only by case or spaces.

    Raises:
        CorpusError: two labels differ only by case or spaces, or a label holds a control character.
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
    """Leave out all rows whose text has two labels if `drop` is set; otherwise refuse them.

    Raises:
        CorpusError: a text has two labels and `drop` is not set.
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
    """Keep one row per text: the first one, or the one in the test part if both parts have the text."""
    left = [part.take(~part.keys.duplicated().to_numpy()) for part in parts]
    if len(left) == 2:
        left[0] = left[0].take(~left[0].keys.isin(left[1].keys).to_numpy())
    gone = sum(len(part.texts) for part in parts) - sum(len(part.texts) for part in left)
    if gone:
        warnings.append(f"{count(gone, 'row')} with a repeated text left out.")
    return left


def check_classes(part: LabelledTable, suspicions: Sequence[str] = ()) -> None:
    """Check the number of classes and the rows of each class.

    Args:
        part: the rows to train on.
        suspicions: sentences about what may have swallowed missing rows.

    Raises:
        CorpusError: there are fewer than 2 classes, more than MAX_CLASSES, or fewer than 2 rows of a class.
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
    """Return the labels of the train part in the data set's own order, or else sorted (integers by value).

    Raises:
        CorpusError: the test part has a label that the train part lacks.
    """
    train, test = parts
    present = set(train.labels)
    unknown = test.labels[~test.labels.isin(present)]
    if len(unknown):
        raise CorpusError(
            f"{test.name} has the label {excerpt(unknown.iloc[0])} in {listed(unknown.index)}, which no row to train "
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
    """Return sentences with the number of repeated texts in the train part, in the test part and across both."""
    train, test = parts
    counts = {
        "Repeated texts in the train part": train.keys.duplicated().sum(),
        "Repeated texts in the test part": test.keys.duplicated().sum(),
        "Texts of the train part that are in the test part too": train.keys.isin(test.keys).sum(),
    }
    return [
        f"{place}: {count(int(rows), 'row')}; --drop-duplicates leaves such rows out."
        for place, rows in counts.items()
        if rows
    ]


def swallowed_row_warnings(parts: Sequence[LabelledTable]) -> list[str]:
    """Return a sentence per part with texts that look like several rows, as an unclosed quote produces them."""
    labels = "|".join(map(re.escape, parts[0].labels.unique()))
    row_end = rf"[,;\t](?:{labels})\n"
    suspects = [(part.name, part.texts.index[part.texts.str.contains(row_end, regex=True)]) for part in parts]
    return [
        f"{name} may hold several rows in one text in {listed(rows)}; look for a double quote that is not closed there."
        for name, rows in suspects
        if len(rows)
    ]
