"""What tab Explain shows: findings as the values of its components."""

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
NOT_MEASURED = "No deletion curves: the sampling was stopped before its end."
ONE_CLASS = "No deletion curves: they are of a class against all others, not of one class against one other."


def progress_line(now: Round | None = None) -> str:
    """Where the sampling stands, as HTML that a screen reader announces; None for its start."""
    if now is None:
        return _status("Asking the models …", "<progress aria-label='progress'></progress>")
    if now.ended:
        return _status(f"Done: {ENDED[now.ended]}, after {now.calls:,} samples and {now.seconds:.0f} s.")
    left = now.seconds * (1 - now.share) / max(now.share, 0.01)
    bar = f"<progress value='{now.share:.3f}' aria-label='progress'></progress>"
    return _status(f"{now.calls:,} samples; at most about {left:.0f} s left, less if the words are stable before.", bar)


def stopped_line(session: Session | None) -> str:
    """The same, once the visitor has stopped it."""
    if session is None:
        return _status("Stopped before the first result.")
    if session.last.ended:  # too late to stop it
        return progress_line(session.last)
    return _status(f"Stopped after {session.last.calls:,} samples; what was found so far is kept.")


def failed_line(session: Session | None) -> str:
    """The same, once an error has ended it; the error itself is shown beside."""
    if session is None:
        return _status("Ended by an error before the first result.")
    return _status(f"Ended by an error after {session.last.calls:,} samples; what was found so far is kept.")


def _status(text: str, bar: str = "") -> str:
    return f'<div class="status" role="status" aria-live="polite">{html.escape(text)}{bar}</div>'


def view(findings: Findings) -> list:
    """Texts, bars' heading, bars, numbers, curves, table."""
    ready = {each.framework for each in findings.explanations}
    missing = [name for name in NAMES.values() if name not in ready]
    return [
        side_by_side(findings.explanations, missing),
        bars_heading(findings),
        bars(findings.explanations, COLORS, findings.words_apart()),
        *measured_view(findings, MEASURING if not findings.ended else ""),
        shown(table(findings.explanations, findings.by_difference)),
    ]


def bars_heading(findings: Findings) -> str:
    """What the bars are of, in Markdown that holds no word of the input."""
    if not findings.by_difference:
        return "### The heaviest words of both"
    rows = differences(findings.explanations)[: len(findings.words_apart())]
    return (
        f"### The words that most push the two models apart\n{sum(row.clear for row in rows)} of these {len(rows)} "
        "differences are clear: their 95 % interval leaves out 0."
    )


def measured_view(findings: Findings, note: str = "") -> list:
    """The numbers as a table with a note, and the curves: empty while nothing was measured."""
    measured = findings.measured
    curves = ""
    if measured:
        curves = deletion_plot(findings.explanations, list(measured.values()), COLORS)
    return [numbers_table(numbers(findings.agreement, measured), note), curves]


def note_on(findings: Findings) -> str:
    """Why there are no curves; empty where there are."""
    if findings.measured:
        return ""
    return NOT_MEASURED if not findings.ended else ONE_CLASS


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with long passages cut and three decimals."""
    words = frame["word"]
    return frame.assign(word=words.where(words.str.len() <= SHOWN, words.str[:SHOWN] + "…")).round(3)


def downloads(findings: Findings, cache_dir: str) -> list[dict]:
    """Both download buttons with their files."""
    csv = to_csv(table(findings.explanations, findings.by_difference))
    files = {"bakeoff-explanation.csv": csv, "bakeoff-explanation.html": page(findings, COLORS).encode("utf-8")}
    return [download(content, name, cache_dir) for name, content in files.items()]


def no_downloads() -> list[dict]:
    """Both download buttons while there is nothing to download."""
    return [gr.update(interactive=False), gr.update(interactive=False)]
