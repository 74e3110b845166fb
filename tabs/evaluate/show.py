"""Fill the components of the tab Evaluate with the parts of a report."""

from typing import Any

import gradio as gr
from gradio.components import Component

from eval.report import find_texts
from eval.report.catalog import Opened
from tabs.evaluate import view
from tabs.evaluate.layout import FIRST_KIND, Panel

MOST_ROWS = 1_000  # in a list of texts; the texts of a large corpus would freeze a browser


def fill(panel: Panel, opened: Opened, mismatch: str) -> dict[Component, Any]:
    """Fill the components with a report. `mismatch` says how its models differ from the loaded ones."""
    report = opened.report
    seeds = view.seeds(report)
    return {
        panel.verdict: view.verdict(report),
        panel.body: gr.Column(visible=True),
        panel.about: view.about(opened, mismatch),
        panel.metrics: view.metrics(report),
        panel.pytorch: _with_widths(view.confusion(report, "PyTorch")),
        panel.tensorflow: _with_widths(view.confusion(report, "TensorFlow")),
        **show_texts(panel, opened, FIRST_KIND, find_texts.KINDS[FIRST_KIND](report)),
        # Leave the plots' limits alone: if value and limits change at once, Gradio 6.31 draws the old value.
        panel.reliability: view.reliability(report),
        panel.calibration: view.calibration(report),
        panel.seeds: gr.update(value=seeds, visible=seeds is not None),
        panel.seeds_note: view.seeds_note(report),
        panel.slices: view.slices(report),
        panel.slices_note: view.slices_note(report),
        panel.robustness_note: view.robustness_note(report),
        panel.robustness: gr.update(value=view.robustness(report), visible=bool(report["robustness"])),
    }


def empty(panel: Panel, sentence: str) -> dict[Component, Any]:
    """Show only a sentence, in Markdown."""
    return {panel.verdict: sentence, panel.body: gr.Column(visible=False)}


def show_texts(panel: Panel, opened: Opened, what: str, indices: list[int]) -> dict[Component, Any]:
    """List texts without opening one. `what` describes the selection."""
    count = "no text" if not indices else "1 text" if len(indices) == 1 else f"{len(indices):,} texts"
    hint = f" The first {MOST_ROWS:,} are listed." if len(indices) > MOST_ROWS else ""
    hint += " Click a text to read all of it." if indices and opened.texts is not None else ""
    return {
        panel.kind: gr.update(value=what if what in find_texts.KINDS else None),
        panel.title: f"**{view.plain(what)}: {count}.**{hint}",
        panel.texts: view.texts(opened, indices[:MOST_ROWS]),
        panel.said: "",
        panel.text: gr.update(value="", visible=False),
        panel.chosen: "",
        panel.explain: gr.update(interactive=False),
    }


def show_one_text(panel: Panel, opened: Opened, index: int) -> dict[Component, Any]:
    """Show one text with both answers, ready to be opened in the tab Explain."""
    said, text = view.one_text(opened, index)
    at_hand = opened.texts is not None
    return {
        panel.said: said,
        panel.text: gr.update(value=text, visible=at_hand),
        panel.chosen: text,
        panel.explain: gr.update(interactive=at_hand),
    }


def _with_widths(matrix: dict[str, list]) -> dict[str, Any]:
    widths = [min(160, max(60, 24 + 9 * len(label))) for label in matrix["headers"][1:]]
    return gr.update(value=matrix, column_widths=[125, *widths])
