"""Show the words that support each class: in the terminal, and as a page with a plot, CSV or JSON."""

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
from bakeoff.common.spreadsheet import neutralize
from explain.summary.effects import Row


def show(console: Console, rows: Sequence[Row], frameworks: Sequence[str]) -> None:
    """Print a table with one row per word and one block per class."""
    table = Table("class", "word", "texts")
    for name in (*frameworks, f"{frameworks[-1]} minus {frameworks[0]}"):
        table.add_column(name, justify="right")
    before = None
    for row in rows:
        if before not in (None, row.label):
            table.add_section()
        cells = ["" if row.label == before else row.label, row.word, str(row.texts)]
        estimates = (*row.effects, row.difference)
        cells += [f"{estimate.value:+.2f} [{estimate.low:+.2f}, {estimate.high:+.2f}]" for estimate in estimates]
        table.add_row(*(Text(html_page.printable(cell)) for cell in cells))
        before = row.label
    console.print(table)


def write(path: Path, rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> None:
    """Write the table in the format of the file's suffix.

    Raises:
        InputError: The file can't be written.
    """
    export(path, WRITERS[path.suffix](rows, classifiers, corpus, texts))


def as_html(rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> str:
    """Render a page that opens offline, with a bar for each word and model."""
    bounds = [end for row in rows for effect in row.effects for end in (effect.low, effect.high)]
    low, high = min([0.0, *bounds]), max([1e-9, *bounds])
    return html_page.render(
        "explain/summary/page.html.j2",
        rows=rows,
        labels=list(dict.fromkeys([*classifiers[0].labels, *(row.label for row in rows)])),
        models=[
            (classifier.framework, classifier.revision, html_page.COLORS[classifier.framework])
            for classifier in classifiers
        ],
        corpus=corpus,
        texts=texts,
        percent=lambda value: round(100 * (value - low) / (high - low), 2),
    )


def as_csv(rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> str:
    """Write one line per word; no cell can run as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    columns = [*(classifier.framework.lower() for classifier in classifiers), "difference"]
    fields = ("value", "low", "high")
    writer.writerow(["class", "word", "texts", *(f"{column}_{name}" for column in columns for name in fields)])
    for row in rows:
        numbers = [getattr(estimate, name) for estimate in (*row.effects, row.difference) for name in fields]
        writer.writerow([neutralize(row.label), neutralize(row.word), row.texts, *numbers])
    return buffer.getvalue()


def as_json(rows: Sequence[Row], classifiers: Sequence[Classifier], corpus: str, texts: int) -> str:
    """Write one object per word, with the corpus and the models that were explained."""
    models = [{"framework": classifier.framework, "revision": classifier.revision} for classifier in classifiers]
    summary = {"corpus": corpus, "texts": texts, "models": models, "rows": [asdict(row) for row in rows]}
    return json.dumps(summary, indent=2) + "\n"


WRITERS = {".html": as_html, ".csv": as_csv, ".json": as_json}
