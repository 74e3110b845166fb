"""Read a visitor's own files in the tab Evaluate: a labeled file to evaluate both models on, or a report."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bakeoff.classifiers.base import BertClassifier
from bakeoff.common.errors import CorpusError, InputError
from bakeoff.common.limits import check_text, current
from bakeoff.corpus import corpus
from bakeoff.corpus.corpus import Corpus, Example
from eval.report import in_memory, report
from eval.report.catalog import Opened, with_texts

COMMAND = "on the page: a visitor's file"


def read(path: str | None, text_column: str, label_column: str, labels: Sequence[str]) -> Corpus:
    """Read a labeled file as a corpus of test texts. Labels match the models' classes regardless of case and spaces.

    Raises:
        InputError: No file was chosen, or a text is too long.
        CorpusError: The file can't be read, lacks a column, a text or a label, has too many rows, or has a label that
            the models don't know.
    """
    if path is None:
        raise InputError("No file was chosen: upload a labeled CSV, TSV, JSON Lines or Parquet file first.")
    columns = {"text_column": text_column.strip() or None, "label_column": label_column.strip() or None}
    try:
        examples = corpus.read_examples(path, **columns, max_rows=current().rows)
    except CorpusError as error:
        sentence = str(error)
        for name in ("text", "label"):
            sentence = sentence.replace(f"with --{name}-column", f"in the field for the column of the {name}s")
        raise CorpusError(sentence) from error
    name = Path(path).name
    return Corpus(name, tuple(labels), (), tuple(_known(examples, labels, name)))


def evaluate(classifiers: Sequence[BertClassifier], data: Corpus) -> Iterator[in_memory.Step]:
    """Evaluate both models on a visitor's corpus. Nothing of it is kept on this machine."""
    yield from in_memory.evaluate(classifiers, data, command=COMMAND, keep=False)


def open_upload(path: str | None) -> Opened:
    """Open an uploaded report, with the texts if it is about the sample corpus.

    Raises:
        InputError: No file was chosen.
        ReportError: The file is not a report.
    """
    if path is None:
        raise InputError("No file was chosen: upload a report that `bakeoff evaluate` wrote.")
    return with_texts(report.read(Path(path)))


def _known(examples: Sequence[Example], labels: Sequence[str], name: str) -> Iterator[Example]:
    by_spelling = {_folded(label): label for label in labels}
    for number, example in enumerate(examples, start=1):
        try:
            check_text(example.text)
        except InputError as error:
            raise InputError(f"Text {number:,} of the file can't be classified. {error}") from error
        label = example.label if example.label in labels else by_spelling.get(_folded(example.label))
        if label is None:
            raise CorpusError(
                f"Text {number:,} of {name} has the label {example.label[:60]!r}, which the models don't know; use "
                f"their classes: {', '.join(labels)[:200]}."
            )
        yield Example(example.text, label, example.columns)


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()
