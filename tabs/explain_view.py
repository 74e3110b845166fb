"""Turn findings into the values of the components of the tab Explain."""

import html

import gradio as gr
import pandas as pd

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.html_page import COLORS
from bakeoff.common.spreadsheet import to_csv
from explain.findings import ENDED, Findings
from explain.lime_text.rounds import Round
from explain.pages.curves import deletion_plot, numbers, numbers_table
from explain.pages.highlight import bars, side_by_side
from explain.pages.html_report import page
from explain.session import Session
from explain.table import differences, table
from tabs.common import download

SHOWN = 80  # characters of a passage in the table
MEASURING = "The deletion curves are measured at the end."
NOT_MEASURED = "There are no deletion curves because the sampling was stopped early."
ONE_CLASS = "There are no deletion curves here: they compare a class with all others, not with one other class."


def progress_line(now: Round | None = None) -> str:
    """Return the progress of the sampling as HTML that a screen reader announces; None means it has just started."""
    if now is None:
        return _status("Sampling has started …", "<progress aria-label='progress'></progress>")
    if now.ended:
        return _status(f"Done: {ENDED[now.ended]}, after {now.calls:,} samples and {now.seconds:.0f} s.")
    left = now.seconds * (1 - now.share) / max(now.share, 0.01)
    bar = f"<progress value='{now.share:.3f}' aria-label='progress'></progress>"
    return _status(
        f"{now.calls:,} samples; at most about {left:.0f} s left, less if the words are stable earlier.", bar
    )


def stopped_line(session: Session | None) -> str:
    """Return the progress line after the visitor stopped the sampling."""
    if session is None:
        return _status("Stopped before the first result.")
    if session.last.ended:  # too late to stop it
        return progress_line(session.last)
    return _status(f"Stopped after {session.last.calls:,} samples; the results so far are kept.")


def failed_line(session: Session | None) -> str:
    """Return the progress line after an error, which is shown separately, ended the sampling."""
    if session is None:
        return _status("Ended by an error before the first result.")
    return _status(f"Ended by an error after {session.last.calls:,} samples; the results so far are kept.")


def _status(text: str, bar: str = "") -> str:
    return f'<div class="status" role="status" aria-live="polite">{html.escape(text)}{bar}</div>'


def view(findings: Findings) -> list:
    """Return texts, heading of the bars, bars, numbers, curves and table."""
    ready = {explanation.framework for explanation in findings.explanations}
    missing = [name for name in NAMES.values() if name not in ready]
    return [
        side_by_side(findings.explanations, missing),
        bars_heading(findings),
        bars(findings.explanations, COLORS, findings.words_apart()),
        *measured_view(findings, MEASURING if not findings.ended else ""),
        shown(table(findings.explanations, findings.by_difference)),
    ]


def bars_heading(findings: Findings) -> str:
    """Return the heading of the bars as Markdown that contains no word of the input."""
    if not findings.by_difference:
        return "### The words with the largest weights in both models"
    rows = differences(findings.explanations)[: len(findings.words_apart())]
    return (
        f"### The words that most push the two models apart\n{sum(row.clear for row in rows)} of these {len(rows)} "
        "differences are clear: their 95 % interval excludes 0."
    )


def measured_view(findings: Findings, note: str = "") -> list:
    """Return the numbers as a table with a note, and the curves, which are empty until they are measured."""
    measured = findings.measured
    curves = ""
    if measured:
        curves = deletion_plot(findings.explanations, list(measured.values()), COLORS)
    return [numbers_table(numbers(findings.agreement, measured), note), curves]


def note_on(findings: Findings) -> str:
    """Return why there are no curves, or "" if there are."""
    if findings.measured:
        return ""
    return NOT_MEASURED if not findings.ended else ONE_CLASS


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with long passages cut and numbers rounded to three decimals."""
    words = frame["word"]
    return frame.assign(word=words.where(words.str.len() <= SHOWN, words.str[:SHOWN] + "…")).round(3)


def downloads(findings: Findings, cache_dir: str) -> list[dict]:
    """Return both download buttons with their files."""
    csv = to_csv(table(findings.explanations, findings.by_difference))
    files = {"bakeoff-explanation.csv": csv, "bakeoff-explanation.html": page(findings, COLORS).encode("utf-8")}
    return [download(content, name, cache_dir) for name, content in files.items()]


def no_downloads() -> list[dict]:
    """Return both download buttons, disabled."""
    return [gr.update(interactive=False), gr.update(interactive=False)]
