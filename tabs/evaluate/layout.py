"""Lay out the components of the tab Evaluate."""

from dataclasses import dataclass, fields
from typing import Any

import gradio as gr
from gradio.components import Component

from bakeoff.common.html_page import COLORS
from bakeoff.common.limits import current
from eval.report import find_texts
from tabs.evaluate import view

FILE_TYPES = [".csv", ".tsv", ".jsonl", ".parquet"]
FIRST_KIND = next(iter(find_texts.KINDS))


@dataclass(frozen=True, eq=False)
class Upload:
    """The fields for a visitor's own files."""

    file: gr.File
    text_column: gr.Textbox
    label_column: gr.Textbox
    run: gr.Button
    stop: gr.Button
    report: gr.File
    status: gr.Markdown


@dataclass(frozen=True, eq=False)
class Panel:
    """The components that show a report, from top to bottom."""

    verdict: gr.Markdown
    body: gr.Column
    about: gr.Markdown
    json: gr.DownloadButton
    csv: gr.DownloadButton
    html: gr.DownloadButton
    metrics: gr.Dataframe
    pytorch: gr.Dataframe
    tensorflow: gr.Dataframe
    kind: gr.Dropdown
    title: gr.Markdown
    texts: gr.Dataframe
    said: gr.Markdown
    text: gr.Textbox
    chosen: gr.State  # the text as it is; a text box would change its line ends
    explain: gr.Button
    asked: gr.State  # number of clicks that requested an explanation of the text
    reliability: gr.LinePlot
    calibration: gr.Dataframe
    seeds: gr.ScatterPlot
    seeds_note: gr.Markdown
    slices: gr.Dataframe
    slices_note: gr.Markdown
    robustness_note: gr.Markdown
    robustness: gr.Dataframe

    def components(self) -> list[Component]:
        """Return the components that a handler may change when it shows a report."""
        # `asked` is left out: Gradio counts the first output to a State as a change even if the handler skipped it.
        return [getattr(self, field.name) for field in fields(self) if field.name != "asked"]

    def downloads(self) -> list[gr.DownloadButton]:
        """Return the buttons of the three files."""
        return [self.json, self.csv, self.html]

    def texts_and_detail(self) -> list[Component]:
        """Return the table of texts, its title and its filter, and the components that show one text."""
        return [self.kind, self.title, self.texts, *self.detail()]

    def detail(self) -> list[Component]:
        """Return the components that show one text."""
        return [self.said, self.text, self.chosen, self.explain, self.asked]


def build_upload() -> Upload:
    """Build the part for a visitor's own files, closed at first."""
    with gr.Accordion("Evaluate both models on your own file, or open a report", open=False, elem_id="own-file"):
        gr.Markdown(
            "Upload a CSV, TSV, JSON Lines or Parquet file with a column of texts and a column of labels. The limits "
            f"are {current().rows:,} rows and {current().characters:,} characters per text. Only you see the result. "
            "The file and its results are deleted within two hours."
        )
        with gr.Row():
            file = gr.File(label="Labeled file", file_types=FILE_TYPES, elem_id="labelled-file")
            with gr.Column():
                text_column = gr.Textbox(label="Column of the texts (leave empty to detect it by name)")
                label_column = gr.Textbox(label="Column of the labels (leave empty to detect it by name)")
                with gr.Row():
                    run = gr.Button("Evaluate the file", variant="primary", scale=3, elem_id="evaluate-file")
                    stop = gr.Button("Stop", scale=1, elem_id="stop-evaluation")
        status = gr.Markdown(min_height=80, elem_id="evaluation-status")  # room for the progress bar
        report = gr.File(
            label="A report (JSON) that bakeoff evaluate wrote", file_types=[".json"], height=160, elem_id="report-file"
        )
    return Upload(file, text_column, label_column, run, stop, report, status)


def build_panel() -> Panel:
    """Build the components that show a report. Until there is one, all but the verdict are hidden."""
    parts: dict[str, Any] = {"verdict": gr.Markdown(elem_id="evaluation-verdict")}
    with gr.Column(visible=False) as body:
        parts["about"] = gr.Markdown(elem_id="evaluation-about")
        with gr.Row():
            parts["html"] = gr.DownloadButton("Report to read (HTML)", interactive=False, elem_id="download-html")
            parts["csv"] = gr.DownloadButton("Metrics (CSV)", interactive=False, elem_id="download-csv")
            parts["json"] = gr.DownloadButton("Everything (JSON)", interactive=False, elem_id="download-json")
        parts["metrics"] = _table(view.METRIC_HEADERS, "Metrics", "metrics", [200, 215, 215, 240, 330], max_height=900)
        parts |= _build_confusion() | _build_texts() | _build_plots()
        label, widths = "Parts of the texts (click one to see its texts above)", [120, 200, 70, 110, 110, 220, 370]
        parts["slices"] = _table(view.SLICE_HEADERS, label, "slices", widths, max_height=900)
        parts["slices_note"] = gr.Markdown()
        label, widths = "Robustness to damaged texts", [480, 240, 240, 240]
        parts["robustness_note"] = gr.Markdown()
        parts["robustness"] = _table(view.ROBUSTNESS_HEADERS, label, "robustness", widths)
    return Panel(body=body, **parts)


def _build_confusion() -> dict[str, Component]:
    gr.Markdown(
        "### Confusion matrices\nRows are true classes, columns are predicted classes. Click a number to list its "
        "texts below."
    )
    matrices: dict[str, Component] = {}
    with gr.Row():
        for name in COLORS:
            with gr.Column(min_width=300):
                matrices[name.lower()] = _table([view.TRUE_CLASS, "?"], name, f"confusion-{name.lower()}", [])
    return matrices


def _build_texts() -> dict[str, Component]:
    gr.Markdown("### Texts")
    return {
        "kind": gr.Dropdown(list(find_texts.KINDS), value=FIRST_KIND, label="Show", elem_id="kind"),
        "title": gr.Markdown(elem_id="texts-title"),
        "texts": _table(view.TEXT_HEADERS, "Texts", "evaluation-texts", [60, 80, 140, 190, 190, 540], max_height=400),
        "said": gr.Markdown(elem_id="text-said"),
        "text": gr.Textbox(label="Text", interactive=False, lines=3, max_lines=12, visible=False, elem_id="whole-text"),
        "chosen": gr.State(""),
        "explain": gr.Button("Explain this text", interactive=False, elem_id="open-in-explain"),
        "asked": gr.State(0),
    }


def _build_plots() -> dict[str, Component]:
    gr.Markdown(
        "### Calibration, and accuracy over several seeds\nIn the plot Reliability, each point is a group of texts of "
        "similar confidence. Below the line of a calibrated model, a model is overconfident."
    )
    with gr.Row():
        with gr.Column(min_width=300):
            reliability = gr.LinePlot(
                x="confidence",
                y="accuracy",
                color="model",
                color_map={**COLORS, view.CALIBRATED: "#9ca3af"},
                title="Reliability",
                tooltip="all",
                height=320,
                elem_id="reliability",
            )
            calibration = _table(view.CALIBRATION_HEADERS, "Calibration", "calibration", [190, 200, 200])
        with gr.Column(min_width=300):
            seeds = gr.ScatterPlot(
                x="framework",
                y="accuracy",
                color="framework",
                color_map=COLORS,
                title="Accuracy per training, %",
                tooltip="all",
                height=320,
                elem_id="seeds",
            )
            seeds_note = gr.Markdown()
    return {"reliability": reliability, "calibration": calibration, "seeds": seeds, "seeds_note": seeds_note}


def _table(headers: list[str], label: str, elem_id: str, widths: list[int], max_height: int = 640) -> gr.Dataframe:
    return gr.Dataframe(
        headers=headers,
        column_widths=widths or None,
        interactive=False,
        wrap=True,
        max_height=max_height,
        label=label,
        elem_id=elem_id,
    )
