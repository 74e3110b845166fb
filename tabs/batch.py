"""Tab Batch: a file of texts, both models' answers in a table that can be filtered and downloaded."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

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

CHUNK = 32  # texts between two looks at the progress bar and the stop button
FILE_NAME = "bakeoff-predictions.csv"


def build_batch_tab(loader: ModelLoader) -> None:
    """Lay out the tab and connect its events."""
    gr.Markdown(
        f"Upload a CSV, TSV, JSON Lines or Parquet file with a column of texts (and, if you like, one of labels): at "
        f"most {current().rows:,} rows."
    )
    with gr.Row():
        file = gr.File(label="File of texts", file_types=[".csv", ".tsv", ".jsonl", ".parquet"], elem_id="file")
        with gr.Column():
            column = gr.Textbox(label="Column of the texts (found by its name when left empty)", elem_id="column")
            with gr.Row():
                run = gr.Button("Classify the file", variant="primary", scale=3, elem_id="classify-file")
                stop = gr.Button("Stop", scale=1, elem_id="stop")
            only_disagreements = gr.Checkbox(label="Show only the rows on which they disagree", elem_id="filter")
    summary = gr.Markdown(elem_id="batch-summary")
    table = gr.Dataframe(
        column_widths=["60px", "320px", *["130px"] * 6], interactive=False, wrap=True, label="Answers", elem_id="table"
    )
    button = gr.DownloadButton("Download all rows as CSV", interactive=False, elem_id="download")
    full = gr.State(None)

    @shows_errors
    def classify_file(path: str | None, column: str, only: bool, progress=gr.Progress()):  # noqa: B008  Gradio's way
        """Each model's labels of a file of texts: a summary, a table, and all rows as CSV."""
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


def read(path: str | None, column: str) -> tuple[Example, ...]:
    """The file's rows.

    Raises:
        InputError: no file was given, or a text is too long.
        CorpusError: the file can't be read, has no column of texts, or too many rows.
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
    """Classify in chunks of texts of similar length; yields the share done, and at the end each one's answers."""
    order = sorted(range(len(examples)), key=lambda row: len(examples[row].text))
    parts = [[] for _ in classifiers]
    for start in range(0, len(order), CHUNK):
        yield start / len(order), None
        texts = [examples[row].text for row in order[start : start + CHUNK]]
        for classifier, answers in zip(classifiers, parts, strict=True):
            answers.append(answer(classifier, texts))
    yield 1.0, [_in_order(join(answers), order) for answers in parts]


def _in_order(answers: Answer, order: Sequence[int]) -> Answer:
    """The answers to texts that were asked in `order`, as if they had been asked in the file's order."""
    return replace(answers, probabilities=answers.probabilities[np.argsort(order)])


def answer_table(examples: Sequence[Example], answers: Sequence[Answer]) -> pd.DataFrame:
    """One row a text: the text, its label if it has one, each model's class and its probability, and `same`."""
    columns = {"row": range(1, len(examples) + 1), "text": [example.text for example in examples]}
    if any(example.label for example in examples):
        columns["label"] = [example.label for example in examples]
    for each in answers:
        columns[each.framework] = each.predicted
        columns[f"{each.framework} p"] = each.confidence.round(4)
    frame = pd.DataFrame(columns)
    first, second = (each.framework for each in answers)
    frame["same"] = (frame[first] == frame[second]).map({True: "yes", False: "no"})
    return frame


def summarise(frame: pd.DataFrame, answers: Sequence[Answer]) -> str:
    """The result in a sentence, with each model's accuracy where the file has labels, and its speed."""
    differ = int((frame["same"] == "no").sum())
    sentences = [f"{len(frame):,} texts. The models disagree on **{differ:,}** of them."]
    for each in answers:
        speed = f"{each.framework}: {len(frame) / each.seconds:,.0f} texts a second"
        if "label" in frame:
            given = frame["label"].map(_folded)
            known = given.isin(set(map(_folded, each.labels)))
            right = int((frame[each.framework].map(_folded) == given).sum())
            speed += f", {right:,} of {known.sum():,} labels right"
        sentences.append(f"{speed}.")
    if "label" in frame and (foreign := int((~known & (given != "")).sum())):
        sentences.append(f"{foreign:,} labels are none of the models' classes and do not count.")
    return " ".join(sentences)


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()


def shown(frame: pd.DataFrame, only_disagreements: bool) -> pd.DataFrame:
    """The rows to show, with long texts cut."""
    rows = frame[frame["same"] == "no"] if only_disagreements else frame
    cut = rows["text"].where(rows["text"].str.len() <= SHOWN, rows["text"].str[:SHOWN] + "…")
    return rows.assign(text=cut)
