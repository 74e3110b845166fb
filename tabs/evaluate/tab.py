"""The tab Evaluate shows which framework is better, by how much, and on which texts they differ.

It shows reports. It evaluates models only on a file that a visitor uploads.
"""

from collections.abc import Callable

import gradio as gr

from eval.pages import wording
from eval.report import find_texts
from eval.report.catalog import Opened
from service.work.model_loader import ModelLoader
from tabs.common import plain, shows_errors
from tabs.evaluate import file
from tabs.evaluate.choice import (
    UPLOADED,
    find_mismatch,
    is_there,
    labeled,
    mismatch_sentence,
    open_choice,
    pending,
    report_names,
    summary_of,
)
from tabs.evaluate.downloads import prepare
from tabs.evaluate.layout import Panel, Upload, build_panel, build_upload
from tabs.evaluate.show import empty, fill
from tabs.evaluate.texts import connect_texts

REFRESH_SECONDS = 2.0


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
    chosen, show = [choice, uploaded], _show(loader, panel, shown, timer)

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


def _show(loader: ModelLoader, panel: Panel, shown: gr.State, timer: gr.Timer) -> Callable:
    """Return the handler that shows the chosen report. It polls with `timer` until the pair's own report exists."""

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

    return show


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


def _chosen(loader: ModelLoader) -> dict:
    return gr.update(choices=labeled([*report_names(loader), UPLOADED]), value=UPLOADED)


def _done(report: dict) -> str:
    accuracy = report["comparison"]["metrics"]["accuracy"]
    scores = ", ".join(f"{name} {wording.number(accuracy[name.lower()])}" for name in find_texts.FRAMEWORKS)
    return f"Done: **{plain(report['comparison']['headline'])}**. Accuracy: {plain(scores)}. The report is shown below."
