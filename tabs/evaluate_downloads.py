"""Tab Evaluate, its downloads: the report as JSON, its metrics as CSV, and all of it as a page to read offline."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache

from eval import html_report
from eval.metrics_csv import metrics_csv
from files import write_json


def prepare(report: Mapping[str, Any], buttons: Sequence[gr.DownloadButton]) -> list[dict]:
    """Updates of the buttons for JSON, CSV and HTML, with the files in Gradio's cache, which is cleaned as it runs."""
    stem = f"bakeoff-report-{report['id']}"
    with tempfile.TemporaryDirectory(prefix="bakeoff-") as folder:
        paths = [Path(folder, f"{stem}{suffix}") for suffix in (".json", ".csv", ".html")]
        write_json(paths[0], report)
        paths[1].write_text(metrics_csv(report), encoding="utf-8", newline="")
        html_report.write(paths[2], report)
        cached = [save_file_to_cache(path, buttons[0].GRADIO_CACHE) for path in paths]
    return [gr.update(value=path, interactive=True) for path in cached]
