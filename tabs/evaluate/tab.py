"""The tab Evaluate shows which framework is better, by how much, and on which texts they differ.

It shows reports. It evaluates models only on a file that a visitor uploads.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from bakeoff.common.errors import InputError, ModelError
from eval.pages import wording
from eval.report import catalog, find_texts, provenance
from eval.report.catalog import Opened
from service.work.model_loader import ModelLoader
from tabs.common import plain, shows_errors
from tabs.evaluate import file
from tabs.evaluate.downloads import prepare
from tabs.evaluate.layout import Panel, Upload, build_panel, build_upload, empty, fill, show_one_text, show_texts
from tabs.evaluate.view import TRUE_CLASS, WHY

OWN, UPLOADED = "own", "uploaded"
LABELS = {OWN: "this pair's own report", UPLOADED: "your file"}
REFRESH_SECONDS = 2.0
NO_TEXT = "That row has no text: click another one."
NO_REPORT = (
    "**There is no report yet.** Make one with `bakeoff evaluate` and start the app with `--report FILE`, or upload "
    "one above."
)


def build_evaluate_tab(loader: ModelLoader, tab: gr.Tab, open_in_explain: Callable[[Callable, gr.State], None]) -> None:
    """Lay out the tab and connect its events. The report appears when the tab is selected.

    Args:
        loader: The loader of the models, which knows where their own report is.
        tab: The tab to build in.
        open_in_explain: Connects an event to the tab Explain, which then explains the text of the State.
    """
    names = report_names(loader)
    choice = gr.Dropdown(labeled(names), value=names[0] if names else None, label="Report", elem_id="report")
    upload, uploaded, shown = build_upload(), gr.State(None, time_to_live=7200), gr.State("")
    panel = build_panel()
    timer = gr.Timer(REFRESH_SECONDS, active=False)
    chosen = [choice, uploaded]

    @shows_errors
    def show(choice: str | None, uploaded: Opened | None, before: str):
        if not is_there(loader, choice):
            waiting = not loader.progress().finished
            return empty(panel, pending(loader)) | {shown: "", timer: gr.Timer(active=waiting)}
        opened = open_choice(loader, choice, uploaded)
        mismatch = mismatch_sentence(find_mismatch(loader, opened))
        key = f"{opened.report['id']} {mismatch}"
        if key == before:  # the visitor returns to the tab, which keeps its state
            return {timer: gr.Timer(active=False)}
        return fill(panel, opened, mismatch) | {shown: key, timer: gr.Timer(active=False)}

    @shows_errors
    def offer_downloads(choice: str | None, uploaded: Opened | None):
        if not is_there(loader, choice):
            return [gr.update(interactive=False)] * 3
        return prepare(open_choice(loader, choice, uploaded).report, panel.downloads())

    def then_show(event) -> None:
        outputs = [*panel.components(), shown, timer]
        after = event.success if hasattr(event, "success") else event
        after(show, [*chosen, shown], outputs, api_visibility="private")

    for trigger in (tab.select, choice.input, timer.tick):
        then_show(trigger)
    then_show(connect_upload(loader, upload, choice, uploaded))
    then_show(connect_report_file(loader, upload, choice, uploaded))
    # Files are made only for another report: a visitor who returns to the tab still has the earlier files.
    shown.change(offer_downloads, chosen, panel.downloads(), api_visibility="private")
    connect_texts(loader, panel, chosen)
    for event in (panel.explain.click, panel.asked.change):
        open_in_explain(event, panel.chosen)
    gr.api(summary_of(loader), api_name="report")


def report_names(loader: ModelLoader) -> list[str]:
    """Return the names of the reports to choose from: the pair's own first, then the published ones."""
    return [*([OWN] if loader.report else []), *catalog.published()]


def labeled(names: list[str]) -> list[tuple[str, str]]:
    """Pair each report's name with the label that a visitor reads."""
    return [(LABELS.get(name, f"published: {name}"), name) for name in names]


def is_there(loader: ModelLoader, choice: Any) -> bool:
    """Return whether the chosen report exists. The pair's own report may not have been made yet."""
    if not isinstance(choice, str) or not choice:
        return False
    return choice != OWN or (loader.report is not None and loader.report.exists())


def pending(loader: ModelLoader) -> str:
    """Return why there is no report to show, as Markdown."""
    if loader.report is None:
        return NO_REPORT
    return f"**This pair has no report yet.** {plain(loader.progress().text)}"


def open_choice(loader: ModelLoader, choice: str | None, uploaded: Opened | None) -> Opened:
    """Open the chosen report with its texts.

    Raises:
        InputError: There is no report of this name.
        ReportError: Its file is not a report.
    """
    published = catalog.published()
    if choice == UPLOADED and uploaded is not None:
        return uploaded
    if choice == OWN and loader.report is not None:
        return catalog.open_report(loader.report)
    if isinstance(choice, str) and choice in published:
        return catalog.open_report(published[choice])
    raise InputError(f"There is no such report: choose one of {', '.join(report_names(loader)) or 'your own files'}.")


def find_mismatch(loader: ModelLoader, opened: Opened) -> str | None:
    """Describe how a report's models differ from the loaded ones: "" if they are the same, None while models load."""
    try:
        pair = tuple(loader.pair())
    except ModelError:
        return None
    return provenance.mismatch(opened.report, pair)


def mismatch_sentence(mismatch: str | None) -> str:
    """Return the mismatch as the page shows it."""
    if mismatch is None:
        return "The models are still loading, so it is not known yet whether this report is about them."
    return mismatch


def connect_upload(loader: ModelLoader, upload: Upload, choice: gr.Dropdown, uploaded: gr.State):
    """Evaluate an uploaded file, with progress and a button to stop. Return the event."""

    @shows_errors
    def evaluate_the_file(path: str | None, text_column: str, label_column: str, progress=gr.Progress()):  # noqa: B008
        """Evaluate both models on a file of texts with labels."""
        pair = tuple(loader.pair())
        data = file.read(path, text_column or "", label_column or "", pair[0].labels)
        for step in file.evaluate(pair, data):
            progress(step.share, desc=step.words)
            if step.report is None:
                yield gr.skip(), gr.skip(), gr.skip()  # Gradio can stop here
        yield _done(step.report), Opened(step.report, tuple(example.text for example in data.test)), _chosen(loader)

    inputs = [upload.file, upload.text_column, upload.label_column]
    event = upload.run.click(
        evaluate_the_file,
        inputs,
        [upload.status, uploaded, choice],
        api_name="evaluate_file",
        show_progress_on=upload.status,
    )
    upload.stop.click(lambda: "Stopped.", None, upload.status, cancels=[event], api_visibility="private")
    return event


def connect_report_file(loader: ModelLoader, upload: Upload, choice: gr.Dropdown, uploaded: gr.State):
    """Open an uploaded report. Return the event."""

    @shows_errors
    def open_report_file(path: str | None):
        opened = file.open_upload(path)
        return _done(opened.report), opened, _chosen(loader)

    return upload.report.upload(
        open_report_file, upload.report, [upload.status, uploaded, choice], api_visibility="private"
    )


def connect_texts(loader: ModelLoader, panel: Panel, chosen: list) -> None:
    """List texts by kind, confusion-matrix cell or slice. A click on a listed text shows all of it."""

    @shows_errors
    def list_kind(kind: str, choice: str, uploaded: Opened | None):
        opened = open_choice(loader, choice, uploaded)
        return show_texts(panel, opened, kind, find_texts.KINDS[kind](opened.report))

    @shows_errors
    def list_slice(choice: str, uploaded: Opened | None, event: gr.SelectData):
        opened, (row, _) = open_choice(loader, choice, uploaded), clicked(event)
        facet, name = row[:2]
        return show_texts(panel, opened, f"{facet}, {name}", find_texts.slice_texts(opened.report, facet, name))

    @shows_errors
    def show_text(choice: str, uploaded: Opened | None, asked: int, event: gr.SelectData):
        opened, (row, column) = open_choice(loader, choice, uploaded), clicked(event)
        shown = show_one_text(panel, opened, text_index(opened, row[0]))
        why = column == WHY and shown[panel.chosen]
        return shown | ({panel.asked: asked + 1} if why else {})

    panel.kind.input(list_kind, [panel.kind, *chosen], panel.texts_and_detail(), api_visibility="private")
    panel.slices.select(list_slice, chosen, panel.texts_and_detail(), api_visibility="private")
    panel.texts.select(show_text, [*chosen, panel.asked], panel.detail(), api_visibility="private")
    for framework, matrix in (("PyTorch", panel.pytorch), ("TensorFlow", panel.tensorflow)):
        matrix.select(_list_cell(loader, panel, framework), chosen, panel.texts_and_detail(), api_visibility="private")


def clicked(event: gr.SelectData) -> tuple[list, int]:
    """Return the clicked row of a table, and the number of the column.

    Raises:
        InputError: The row is blank, as in an empty table, or the table has no such cell.
    """
    row, index = event.row_value, event.index
    column = index[1] if isinstance(index, list | tuple) and len(index) == 2 else None
    blank = not isinstance(row, list) or len(row) < 2 or row[0] in ("", None)
    if blank or not isinstance(column, int) or not 0 <= column < len(row):
        raise InputError(NO_TEXT)
    return row, column


def text_index(opened: Opened, number: Any) -> int:
    """Return the index, from 0, of the text that a table shows under this number.

    Raises:
        InputError: No text has this number.
    """
    digits, texts = str(number), opened.report["corpus"]["texts"]
    if not digits.isdecimal() or len(digits) > len(str(texts)) or not 1 <= int(digits) <= texts:
        raise InputError(NO_TEXT)
    return int(digits) - 1


def _list_cell(loader: ModelLoader, panel: Panel, framework: str) -> Callable:
    @shows_errors
    def list_cell(choice: str, uploaded: Opened | None, event: gr.SelectData):
        opened, (row, column) = open_choice(loader, choice, uploaded), clicked(event)
        label, columns = row[0], (TRUE_CLASS, *opened.report["labels"])
        if column >= len(columns):
            raise InputError(NO_TEXT)
        predicted = columns[column]
        if column == 0:
            indices = find_texts.slice_texts(opened.report, "class", label)
            return show_texts(panel, opened, f"label {label}", indices)
        indices = find_texts.cell(opened.report, framework, label, predicted)
        return show_texts(panel, opened, f"label {label}, {framework} says {predicted}", indices)

    return list_cell


def summary_of(loader: ModelLoader) -> Callable[[str], dict]:
    """Return the function that the API calls `report`."""

    def report(name: str = "") -> dict:
        """Return a report's verdict and metrics. The default is the pair's own report, or the first published one."""
        names = report_names(loader)
        choice = name or (names[0] if names else None)
        if choice in (None, OWN) and not is_there(loader, choice):
            raise InputError("The loaded models have no report yet: make one with `bakeoff evaluate`.")
        opened = open_choice(loader, choice, None)
        return summary(opened, find_mismatch(loader, opened), names)

    return shows_errors(report)


def summary(opened: Opened, mismatch: str | None, names: list[str]) -> dict:
    """Return the API's answer for a report. `reports` lists the names of all available reports.

    `belongs_to_the_loaded_models` is None while models still load, because it is not known then.
    """
    report, comparison = opened.report, opened.report["comparison"]
    keys = ("pytorch", "tensorflow", "difference")
    return {
        "reports": names,
        "id": report["id"],
        "corpus": report["corpus"],
        "verdict": comparison["headline"],
        "explanation": comparison["explanation"],
        "belongs_to_the_loaded_models": None if mismatch is None else not mismatch,
        "metrics": {name: {key: metric[key] for key in keys} for name, metric in comparison["metrics"].items()},
    }


def _chosen(loader: ModelLoader) -> dict:
    return gr.update(choices=labeled([*report_names(loader), UPLOADED]), value=UPLOADED)


def _done(report: dict) -> str:
    accuracy = report["comparison"]["metrics"]["accuracy"]
    scores = ", ".join(f"{name} {wording.number(accuracy[name.lower()])}" for name in find_texts.FRAMEWORKS)
    return f"Done: **{plain(report['comparison']['headline'])}**. Accuracy: {plain(scores)}. The report is shown below."
