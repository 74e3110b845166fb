"""Lay out the components of the tab Explain."""

from collections.abc import Iterable

import gradio as gr

from bakeoff.common.limits import MAX_SEED, current
from explain.lime_text.explanation import Settings
from explain.lime_text.targets import TARGETS
from tabs.text_box import build_text_box

OWN = ("each model's own answer", "")  # the label and the value of this choice
WIDTHS = ["140px", "60px", *["108px"] * 9, "60px"]  # widths of the table's columns


def lay_out_inputs() -> tuple:
    """Lay out the text, the class, the options, and the buttons Explain and Stop."""
    text = build_text_box("Text to explain", "explain-text")
    label = gr.Dropdown([OWN], value="", label="Class to explain", elem_id="explain-class")
    with gr.Row():
        run = gr.Button("Explain", variant="primary", scale=3, elem_id="explain")
        stop = gr.Button("Stop", scale=1, interactive=False, elem_id="explain-stop")
    with gr.Accordion("Options", open=False):
        options = [
            gr.Slider(
                current().min_samples,
                current().max_samples,
                min(Settings.samples, current().max_samples),
                step=50,
                label="Samples at most (calls of each model)",
            ),
            gr.Number(Settings.seed, label="Seed", precision=0, minimum=0, maximum=MAX_SEED),
            gr.Radio(list(TARGETS), value=Settings.target, label="Target of the fit"),
            gr.Checkbox(label="As stock LIME: its sampling, weights and fit, on the whole text, with all samples"),
        ]
    return text, label, options, run, stop


def lay_out_results(switch_names: Iterable[str]) -> tuple[list, list, list]:
    """Lay out the switches, results and files."""
    texts = gr.HTML(elem_id="explain-texts")
    with gr.Row():
        switches = [gr.Button(name, size="sm", min_width=150) for name in switch_names]
    heading, drawn = gr.Markdown(), gr.HTML(elem_id="explain-bars")
    gr.Markdown("### Agreement and faithfulness")
    numbers, curves = gr.HTML(elem_id="explain-numbers"), gr.HTML(elem_id="explain-curves")
    table = gr.Dataframe(
        interactive=False,
        datatype=["str", *["number"] * 10, "str"],
        column_widths=WIDTHS,
        max_height=420,
        label="All words",
        elem_id="explain-table",
    )
    with gr.Row():
        files = [
            gr.DownloadButton("Download the table as CSV", interactive=False, elem_id="explain-csv"),
            gr.DownloadButton("Download the page as HTML", interactive=False, elem_id="explain-html"),
        ]
    return switches, [texts, heading, drawn, numbers, curves, table], files
