"""Self-contained HTML pages to download: they open with no network, and nothing of their content can run.

Every value is escaped, and the page's own Content-Security-Policy forbids scripts and requests, so that text which
slipped through an escape would still be dead.
"""

import re
from typing import Any

import jinja2

from bakeoff.common.root import ROOT

COLORS = {"PyTorch": "#ea580c", "TensorFlow": "#3b82f6"}  # apart for the colour-blind, on light and on dark
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
    """A page from a template.

    Args:
        template: its path from the project's root; it extends `base.html.j2`.
        values: what it shows. A `markupsafe.Markup` (a plot as SVG that we drew) is the only value not escaped.

    Raises:
        jinja2.UndefinedError: the template needs a value that is not given.
    """
    return _ENVIRONMENT.get_template(template).render(**values)


def printable(text: str) -> str:
    """The text with U+FFFD for what HTML and UTF-8 have no place for: control characters and lone surrogates."""
    cleaned = CONTROL_CHARACTERS.sub("\ufffd", text)
    return type(text)(cleaned)  # markup stays markup
