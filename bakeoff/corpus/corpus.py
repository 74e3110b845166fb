"""Load labeled texts to train and test on: the shipped sample, a file, or a Hub data set.

Every fault in the data is reported here, before any training, as one sentence that names the file and the row.
"""

import argparse
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from bakeoff.common.errors import CorpusError
from bakeoff.common.root import ROOT
from bakeoff.corpus import columns, hub_tables, label_checks, tables
from bakeoff.corpus.columns import Example as Example  # part of the interface of this module
from bakeoff.corpus.columns import LabelledTable
from bakeoff.corpus.tables import Table, excerpt

SAMPLE = "sample"
FULL_STUDY = "SetFit/bbc-news"
SAMPLE_FILES = tuple(ROOT / "data" / name for name in ("news_train.csv", "news_test.csv"))
SPLIT_NAMES = {"train": "train training", "test": "test testing", "validation": "validation valid val dev"}
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True)
class Corpus:
    """Labeled texts, split into a train part and a test part.

    Attributes:
        name: `sample`, a Hub id, or a file's name without its folders, because it goes into public reports.
        labels: the classes, sorted or in the data set's own order; each has rows in `train`.
        train: the examples to train on, in the order of the file.
        test: the examples to test on; all their labels are in `labels`.
        warnings: one sentence per warning about the data.
        text_column: the column that the texts come from, or two such as `title+description`.
        label_column: the column that the labels come from.
    """

    name: str
    labels: tuple[str, ...]
    train: tuple[Example, ...]
    test: tuple[Example, ...]
    warnings: tuple[str, ...] = ()
    text_column: str = ""
    label_column: str = ""

    @cached_property
    def digest(self) -> str:
        """The sha256 (64 hex digits) of labels, texts and split; the same data in any file and format has the same."""
        digest = hashlib.sha256(json.dumps(self.labels).encode())
        for part in (self.train, self.test):
            digest.update(b"\nsplit")
            for example in part:
                digest.update(json.dumps([example.text, example.label]).encode())
        return digest.hexdigest()


def load(
    source: str | Path = SAMPLE,
    test: str | Path | None = None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    config: str | None = None,
    split: str | None = None,
    seed: int = 0,
    test_share: float = 0.2,
    drop_duplicates: bool = False,
) -> Corpus:
    """Load a corpus and check it.

    If there is neither a second file nor a test split, a seeded stratified share of the rows becomes the test part.

    Args:
        source: `sample`, a .csv, .tsv, .jsonl or .parquet file, or a Hub data set id (`user/name`).
        test: a second file, or the name of one of the source's splits.
        text_column: the text column; `title+content` joins two. If None, it is found by its usual names.
        label_column: the label column. If None, it is found by its usual names.
        config: the configuration of a Hub data set.
        split: the split to train on, by default `train` if there is one; also for a file with a column `split`.
        seed: the seed of the split that is made here.
        test_share: the share of the rows in the test part of the split that is made here.
        drop_duplicates: whether to leave out repeated texts (the first one stays), texts in both parts (they stay in
            the test part) and all texts that have two labels.

    Raises:
        CorpusError: the data can't be used. The sentence names the place and the remedy.
    """
    name = SAMPLE if source == SAMPLE else Path(source).name if _is_file(source) else str(source)
    warnings: list[str] = []
    train_table, test_table = _tables(source, test, config, split, warnings)
    train = columns.find_columns(train_table, text_column, label_column)
    parts = [train] if test_table is None else [train, columns.find_columns(test_table, text_column, label_column)]
    parts = label_checks.without_contradictions(label_checks.with_clean_labels(parts), drop_duplicates, warnings)
    if drop_duplicates:
        parts = label_checks.without_duplicates(parts, warnings)
    swallowed = label_checks.swallowed_row_warnings(parts)
    label_checks.check_classes(parts[0], swallowed)
    if len(parts) == 1:
        parts = _split(parts[0], seed, test_share)
    labels = label_checks.ordered_labels(parts, warnings)
    warnings += label_checks.duplicate_warnings(parts) + swallowed
    return Corpus(
        name=name,
        labels=labels,
        train=parts[0].examples(),
        test=parts[1].examples(),
        warnings=tuple(warnings),
        text_column=train.text_column,
        label_column=train.label_column,
    )


def read_examples(
    path: str | Path, *, text_column: str | None = None, label_column: str | None = None, max_rows: int | None = None
) -> tuple[Example, ...]:
    """Return all rows of one labeled file without a split; repeated texts stay, and any number of classes is valid.

    Raises:
        CorpusError: the file can't be read, lacks a column, has an empty text or label, or more than `max_rows` rows.
    """
    part = columns.find_columns(_read_file(path, max_rows), text_column, label_column)
    return label_checks.with_clean_labels([part])[0].examples()


def read_texts(path: str | Path, *, text_column: str | None = None, max_rows: int | None = None) -> tuple[Example, ...]:
    """Return all rows of a file of texts; a label is "" if the file has no label column or an empty cell.

    Raises:
        CorpusError: the file can't be read, has no text column or an empty text, or more than `max_rows` rows.
    """
    return columns.find_columns(_read_file(path, max_rows), text_column, None, labelled=False).examples()


def _read_file(path: str | Path, max_rows: int | None) -> Table:
    table = tables.read_file(path)
    if max_rows is not None and len(table.frame) > max_rows:
        raise CorpusError(
            f"{table.name} has {len(table.frame):,} rows, at most {max_rows:,} are taken; split it into smaller files."
        )
    return table


def split_positions(labels: Sequence[str], *, seed: int = 0, test_share: float = 0.2) -> tuple[list[int], list[int]]:
    """Return the positions of the train and the test rows: stratified, ascending, and reproducible from the seed.

    Raises:
        CorpusError: the share or the seed is out of range, or there are too few rows for every class in both parts.
    """
    from sklearn.model_selection import train_test_split

    if not 0 < test_share < 1 or not 0 <= seed < 2**32:
        raise CorpusError(
            f"A test share of {test_share} with seed {seed} can't be drawn; expected a share between 0 and 1 "
            "and a seed from 0 to 4294967295."
        )
    classes, rows = len(set(labels)), len(labels)
    test_rows = math.ceil(rows * test_share)
    if min(test_rows, rows - test_rows) < classes:
        raise CorpusError(
            f"{columns.count(rows, 'row')} with a test share of {test_share:g} give "
            f"{columns.count(test_rows, 'test row')}, too few for {classes} classes in both parts; "
            "add rows, or give a test file with --test."
        )
    train, test = train_test_split(np.arange(rows), test_size=test_rows, random_state=seed, stratify=list(labels))
    return sorted(train.tolist()), sorted(test.tolist())


def _is_file(source: str | Path) -> bool:
    path = Path(source)
    if source == SAMPLE:
        return False
    if isinstance(source, Path) or tables.exists(path) or path.suffix.lower() in tables.SUFFIXES:
        return True
    if HUB_ID.fullmatch(source):
        return False
    raise CorpusError(
        f"{excerpt(path.name or source)} is neither a file nor a Hub data set id; expected a file that ends in one of "
        f"{', '.join(tables.SUFFIXES)}, or an id such as {FULL_STUDY}."
    )


def _splits(source: str | Path, config: str | None) -> dict[str, Table]:
    if source == SAMPLE:
        return dict(zip(("train", "test"), map(tables.read_file, SAMPLE_FILES), strict=True))
    if not _is_file(source):
        return hub_tables.read(str(source), config)
    table = tables.read_file(source)
    column = next((name for name in table.frame if columns.plain_name(name) == "split"), None)
    if column is None:
        return {"train": table}
    known = {value: name for name, values in SPLIT_NAMES.items() for value in values.split()}
    values = table.frame[column].str.strip().str.lower().map(known)
    if values.isna().any() or "train" not in set(values):
        return {"train": table}
    return {name: replace(table, frame=table.frame[values == name]) for name in SPLIT_NAMES if name in set(values)}


def _tables(
    source: str | Path, test: str | Path | None, config: str | None, split: str | None, warnings: list[str]
) -> tuple[Table, Table | None]:
    """Return the table to train on and the table to test on; the latter is None if a share is to be split off."""
    splits = _splits(source, config)
    chosen = split or ("train" if "train" in splits or len(splits) > 1 else next(iter(splits)))
    train = _named_split(splits, chosen, source, "--split")
    if test is not None:
        is_bare_word = isinstance(test, str) and re.fullmatch(r"\w+", test) and not tables.exists(Path(test))
        if test in splits or is_bare_word:
            return train, _named_split(splits, str(test), source, "--test")
        others = _splits(test, None)
        return train, others.get("test") or others.get("validation") or next(iter(others.values()))
    # A test split without labels, as benchmarks publish it, can't be used as one.
    usable = [
        name for name in ("test", "validation") if name in splits and name != chosen and not _unlabelled(splits[name])
    ]
    for name in usable[1:]:
        warnings.append(f"The split {name} ({len(splits[name].frame):,} rows) is left out.")
    return train, splits[usable[0]] if usable else None


def _unlabelled(table: Table) -> bool:
    return any((table.frame[column] == "").all() for column in table.class_names)


def _named_split(splits: Mapping[str, Table], name: str, source: str | Path, flag: str) -> Table:
    if name not in splits:
        raise CorpusError(
            f"{excerpt(Path(source).name if _is_file(source) else source)} has no split {excerpt(name)}; "
            f"name one of these with {flag}: {', '.join(splits)}."
        )
    return splits[name]


def _split(part: LabelledTable, seed: int, test_share: float) -> list[LabelledTable]:
    return [part.take(rows) for rows in split_positions(part.labels.tolist(), seed=seed, test_share=test_share)]


def add_corpus(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Add `--corpus` and the flags that say how to read it."""
    parser.add_argument(
        "--corpus",
        default=SAMPLE,
        metavar="FILE_OR_ID",
        help=f"corpus {purpose}: a .csv, .tsv, .jsonl or .parquet file, a Hub data set id, or `{SAMPLE}`",
    )
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say how to read a corpus to a command that has a `corpus` argument."""
    parser.add_argument(
        "--test", metavar="FILE_OR_SPLIT", help="the test split (default: its own, or a share set aside)"
    )
    parser.add_argument(
        "--text-column",
        metavar="NAME",
        help="column of the texts; title+content joins two (default: found by its name)",
    )
    parser.add_argument("--label-column", metavar="NAME", help="column of the labels (default: found by its name)")
    parser.add_argument("--config", metavar="NAME", help="configuration of a Hub data set")
    parser.add_argument("--split", metavar="NAME", help="split to train on (default: train)")
    parser.add_argument("--drop-duplicates", action="store_true", help="leave out texts that occur twice")
    # Not the seed of a training: several trainings, and what is measured on them, share one split.
    parser.add_argument("--split-seed", type=int, default=0, metavar="N", help="seed of the share set aside")


def from_options(arguments: argparse.Namespace) -> Corpus:
    """Load the corpus that the flags of a command describe.

    Raises:
        CorpusError: the data can't be used, see `load`.
    """
    names = ("test", "text_column", "label_column", "config", "split", "drop_duplicates")
    return load(arguments.corpus, **{name: getattr(arguments, name) for name in names}, seed=arguments.split_seed)
