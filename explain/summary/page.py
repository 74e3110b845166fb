"""The words that speak for each class: in the terminal, and as a page with a plot, CSV or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bakeoff.classifiers.base import Classifier
from bakeoff.common import html_page
from bakeoff.common.files import export
from bakeoff.common.spreadsheet import neutralise
from explain.summary.effects import Row


def show(console: Console, rows: Sequence[Row], frameworks: Sequence[str]) -> None:
    """Print a table: one row a word, one block a class."""
    table = Table("class", "word", "texts")
    for name in (*frameworks, f"{frameworks[-1]} minus {frameworks[0]}"):
        table.add_column(name, justify="right")
    before = None
    for row in rows:
        if before not in (None, row.label):
            table.add_section()
        cells = ["" if row.label == before else row.label, row.word, str(row.texts)]
        cells += [f"{each.value:+.2f} [{each.low:+.2f}, {each.high:+.2f}]" for each in (*row.effects, row.difference)]
        table.add_row(*(Text(html_page.printable(cell)) for cell in cells))
        before = row.label
    console.print(table)


def write(path: Path, rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> None:
    """Write the table in the format of the file's suffix.

    Raises:
        InputError: the file can't be written.
    """
    export(path, WRITERS[path.suffix](rows, classifiers, corpus, texts))


def as_html(rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> str:
    """A page with a bar for each word and model, which opens with no network."""
    ends = [end for row in rows for each in row.effects for end in (each.low, each.high)]
    low, high = min([0.0, *ends]), max([1e-9, *ends])
    return html_page.render(
        "explain/summary/page.html.j2",
        rows=rows,
        labels=list(dict.fromkeys([*classifiers[0].labels, *(row.label for row in rows)])),
        models=[(each.framework, each.revision, html_page.COLORS[each.framework]) for each in classifiers],
        corpus=corpus,
        texts=texts,
        percent=lambda value: round(100 * (value - low) / (high - low), 2),
    )


def as_csv(rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> str:
    """One line a word; no cell can run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = [*(each.framework.lower() for each in classifiers), "difference"]
    ends = ("value", "low", "high")
    writer.writerow(["class", "word", "texts", *(f"{column}_{end}" for column in columns for end in ends)])
    for row in rows:
        numbers = [getattr(each, end) for each in (*row.effects, row.difference) for end in ends]
        writer.writerow([neutralise(row.label), neutralise(row.word), row.texts, *numbers])
    return out.getvalue()


def as_json(rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> str:
    """One object a word, and what was explained."""
    models = [{"framework": each.framework, "revision": each.revision} for each in classifiers]
    made = {"corpus": corpus, "texts": texts, "models": models, "rows": [asdict(row) for row in rows]}
    return json.dumps(made, indent=2) + "\n"


WRITERS = {".html": as_html, ".csv": as_csv, ".json": as_json}
