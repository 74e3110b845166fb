"""Self-contained HTML pages to download: they open without a network, and nothing in them can run.

Every value is escaped. The page's own Content-Security-Policy also forbids scripts and requests, so that text which
escaped the escaping could not run either.
"""

import re
from typing import Any

import jinja2

from bakeoff.common.root import ROOT

COLORS = {"PyTorch": "#ea580c", "TensorFlow": "#3b82f6"}  # distinct for the color-blind, on light and dark backgrounds
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(ROOT),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: printable(value) if isinstance(value, str) else value,
)


def render(template: str, **values: Any) -> str:
    """Render a page from a template.

    Args:
        template: the path of the template from the project's root.
        values: the values to show. Only a `markupsafe.Markup`, such as an SVG plot of ours, is not escaped.

    Raises:
        jinja2.UndefinedError: the template needs a value that is missing.
    """
    return _ENVIRONMENT.get_template(template).render(**values)


def render_text(template: str, **values: Any) -> str:
    """Render plain text or Markdown from a template; nothing is escaped.

    Args:
        template: the path of the template from the project's root.
        values: the values to show.
    """
    return _ENVIRONMENT.overlay(autoescape=False).get_template(template).render(**values)


def printable(text: str) -> str:
    """Replace characters that HTML or UTF-8 can't represent by U+FFFD: control characters and lone surrogates."""
    cleaned = CONTROL_CHARACTERS.sub("\ufffd", text)
    return type(text)(cleaned)  # keeps a Markup a Markup
