"""A decision as a page to read, print or send: the recommendation first, offline, with nothing in it that can run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import html_page
from errors import ReportError
from eval import decision_view as view
from eval import decision_words as words
from eval.decision_criteria import FRAMEWORKS, RATINGS
from eval.decision_sensitivity import MARGIN
from files import export

SHARED = {
    "view": view,
    "words": words,
    "frameworks": FRAMEWORKS,
    "colors": html_page.COLORS,
    "ratings": RATINGS,
    "margin": MARGIN,
}


def render(made: Mapping[str, Any], stale: str = "") -> str:
    """The whole page.

    Args:
        made: a decision that `decision_report.check` let pass.
        stale: which models are no longer those that were measured; empty where all are.
    """
    return html_page.render("decision.html.j2", made=made, result=made["result"], stale=stale, **SHARED)


def part(name: str, made: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """A part of the page for the tab: `result`, `plots`, `matrix`, `claims` or `sources`."""
    return html_page.render(f"decision_{name}.html.j2", made=made, result=result, **SHARED)


def notice(sentence: str) -> str:
    """A sentence that warns; empty for none."""
    return html_page.render("decision_notice.html.j2", sentence=sentence) if sentence else ""


def links(query: str, file: str) -> str:
    """Links to the page with the weights in its address, and to the weights as a file (a `data:` address)."""
    return html_page.render("decision_links.html.j2", query=query, file=file)


def style() -> str:
    """The style sheet that the parts need."""
    return html_page.render("decision_style.html.j2", **SHARED)


def write(path: Path, made: Mapping[str, Any], stale: str = "") -> None:
    """Write the page.

    Raises:
        ReportError: the file can't be written.
    """
    export(path, render(made, stale), ReportError)
