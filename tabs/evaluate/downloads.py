"""Prepare the downloads of the tab Evaluate: the report as JSON, its metrics as CSV, and a page to read offline."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from bakeoff.common.files import json_text
from eval.pages import html_report
from eval.pages.metrics_csv import metrics_csv
from tabs.common import download


def prepare(report: Mapping[str, Any], buttons: Sequence[gr.DownloadButton]) -> list[dict]:
    """Write the JSON, CSV and HTML files to Gradio's cache and return the updates of their buttons, in this order."""
    contents = {".json": json_text(report), ".csv": metrics_csv(report), ".html": html_report.render(report)}
    stem, cache = f"bakeoff-report-{report['id']}", buttons[0].GRADIO_CACHE
    return [download(content.encode("utf-8"), f"{stem}{suffix}", cache) for suffix, content in contents.items()]
