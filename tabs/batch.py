"""The tab for a file of texts shows both models' answers in a table that can be filtered and downloaded."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from bakeoff.classifiers.answer import Answer, answer, join
from bakeoff.common.errors import CorpusError, InputError
from bakeoff.common.limits import check_text, current
from bakeoff.common.spreadsheet import to_csv
from bakeoff.corpus import corpus
from bakeoff.corpus.corpus import Example
from service.work.model_loader import ModelLoader
from tabs.common import download, shows_errors
from tabs.predict import SHOWN

CHUNK = 32  # number of texts between two updates of the progress bar; Stop takes effect there
FILE_NAME = "bakeoff-predictions.csv"


def build_batch_tab(loader: ModelLoader) -> None:
    """Lay out the tab and connect its events."""
    file, column, run, stop, only_disagreements, summary, table, button = _lay_out()
    full = gr.State(None)

    @shows_errors
    def classify_file(path: str | None, column: str, only: bool, progress=gr.Progress()):  # noqa: B008  Gradio's way
        """Classify a file of texts with both models. Return a summary, a table, and all rows as CSV."""
        examples = read(path, column)
        for share, answers in classify_all(loader.pair(), examples):
            progress(share, desc=f"{round(share * len(examples))} of {len(examples)} texts")
            if answers is None:
                yield [f"{share:.0%} done …", None, None, gr.update(interactive=False)]
        frame = answer_table(examples, answers)
        yield [
            summarise(frame, answers),
            shown(frame, only),
            frame,
            download(to_csv(frame), FILE_NAME, button.GRADIO_CACHE),
        ]

    event = run.click(
        classify_file, [file, column, only_disagreements], [summary, table, full, button], api_name="predict_file"
    )
    stop.click(lambda: "Stopped.", None, summary, cancels=[event], api_visibility="private")
    only_disagreements.change(
        lambda frame, only: None if frame is None else shown(frame, only),
        [full, only_disagreements],
        table,
        api_visibility="private",
    )


def _lay_out() -> tuple:
    """Lay out the file, its column, the buttons, the filter, the summary, the table and the download."""
    gr.Markdown(
        "Upload a CSV, TSV, JSON Lines or Parquet file with a column of texts and, if you have them, a column of "
        f"labels. The limit is {current().rows:,} rows."
    )
    with gr.Row():
        file = gr.File(label="File of texts", file_types=[".csv", ".tsv", ".jsonl", ".parquet"], elem_id="file")
        with gr.Column():
            column = gr.Textbox(label="Column of the texts (leave empty to detect it by name)", elem_id="column")
            with gr.Row():
                run = gr.Button("Classify the file", variant="primary", scale=3, elem_id="classify-file")
                stop = gr.Button("Stop", scale=1, elem_id="stop")
            only_disagreements = gr.Checkbox(label="Show only the rows on which they disagree", elem_id="filter")
    summary = gr.Markdown(elem_id="batch-summary")
    table = gr.Dataframe(
        column_widths=["60px", "320px", *["130px"] * 6], interactive=False, wrap=True, label="Answers", elem_id="table"
    )
    button = gr.DownloadButton("Download all rows as CSV", interactive=False, elem_id="download")
    return file, column, run, stop, only_disagreements, summary, table, button


def read(path: str | None, column: str) -> tuple[Example, ...]:
    """Read the rows of the file.

    Raises:
        InputError: No file was chosen, or a text is too long.
        CorpusError: The file can't be read, has no column of texts, or has too many rows.
    """
    if path is None:
        raise InputError("No file was chosen: upload a CSV, TSV, JSON Lines or Parquet file first.")
    try:
        examples = corpus.read_texts(path, text_column=column.strip() or None, max_rows=current().rows)
    except CorpusError as error:
        raise CorpusError(str(error).replace("with --text-column", "in the field for the column")) from error
    for number, example in enumerate(examples, start=1):
        try:
            check_text(example.text)
        except InputError as error:
            raise InputError(f"Text {number:,} of the file can't be classified. {error}") from error
    return examples


def classify_all(classifiers, examples: Sequence[Example]) -> Iterator[tuple[float, list[Answer] | None]]:
    """Classify in chunks of texts of similar length. Yield the share done, and at the end each model's answers."""
    order = sorted(range(len(examples)), key=lambda row: len(examples[row].text))
    parts: list[list[Answer]] = [[] for _ in classifiers]
    for start in range(0, len(order), CHUNK):
        yield start / len(order), None
        texts = [examples[row].text for row in order[start : start + CHUNK]]
        for classifier, answers in zip(classifiers, parts, strict=True):
            answers.append(answer(classifier, texts))
    yield 1.0, [_in_order(join(answers), order) for answers in parts]


def _in_order(answers: Answer, order: Sequence[int]) -> Answer:
    """Sort answers to texts that were classified in `order` back into the order of the file."""
    return replace(answers, probabilities=answers.probabilities[np.argsort(order)])


def answer_table(examples: Sequence[Example], answers: Sequence[Answer]) -> pd.DataFrame:
    """Return a row per text: the text, its label if any, each model's class and probability, and `same`."""
    columns: dict[str, Any] = {"row": range(1, len(examples) + 1), "text": [example.text for example in examples]}
    if any(example.label for example in examples):
        columns["label"] = [example.label for example in examples]
    for model in answers:
        columns[model.framework] = model.predicted
        columns[f"{model.framework} p"] = model.confidence.round(4)
    frame = pd.DataFrame(columns)
    first, second = (model.framework for model in answers)
    frame["same"] = (frame[first] == frame[second]).map({True: "yes", False: "no"})
    return frame


def summarise(frame: pd.DataFrame, answers: Sequence[Answer]) -> str:
    """Summarize the result: disagreements, each model's speed, and its number of correct labels if there are labels."""
    differ = int((frame["same"] == "no").sum())
    sentences = [f"{len(frame):,} texts. The models disagree on **{differ:,}** of them."]
    for model in answers:
        sentence = f"{model.framework}: {len(frame) / model.seconds:,.0f} texts per second"
        if "label" in frame:
            labels = frame["label"].map(_folded)
            known = labels.isin(set(map(_folded, model.labels)))
            correct = int((frame[model.framework].map(_folded) == labels).sum())
            sentence += f", {correct:,} of {known.sum():,} labels correct"
        sentences.append(f"{sentence}.")
    if "label" in frame and (unknown := int((~known & (labels != "")).sum())):
        sentences.append(f"{unknown:,} labels are not classes of the models and are not counted.")
    return " ".join(sentences)


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()


def shown(frame: pd.DataFrame, only_disagreements: bool) -> pd.DataFrame:
    """Return the rows to show, with long texts cut."""
    rows = frame[frame["same"] == "no"] if only_disagreements else frame
    cut = rows["text"].where(rows["text"].str.len() <= SHOWN, rows["text"].str[:SHOWN] + "…")
    return rows.assign(text=cut)
