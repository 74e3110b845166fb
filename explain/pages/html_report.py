"""Render an explanation as one self-contained HTML page, which opens offline and can't run anything from the input."""

import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from bakeoff.common import html_page
from explain.findings import ENDED, Findings
from explain.pages.curves import deletion_plot, numbers, numbers_table
from explain.pages.highlight import bars, side_by_side, signed
from explain.table import comparable, table

PACKAGES = ("lime", "numpy", "scipy", "scikit-learn", "torch", "transformers", "tensorflow", "keras", "keras-hub")


def page(findings: Findings, colors: Mapping[str, str]) -> str:
    """Render the page.

    Args:
        findings: The findings to show.
        colors: Color of each framework, as CSS.
    """
    explanations, measured = findings.explanations, findings.measured
    curves = ""
    if measured:
        curves = deletion_plot(explanations, [measured[explanation.framework] for explanation in explanations], colors)
    compared = numbers(findings.agreement, measured)
    columns = [
        *(explanation.framework for explanation in explanations),
        *(["difference", "clear"] if comparable(explanations) else []),
    ]
    return html_page.render(
        "explain/pages/page.html.j2",
        texts=side_by_side(explanations),
        bars=bars(explanations, colors, findings.words_apart()),
        by_difference=findings.by_difference,
        curves=curves,
        numbers=numbers_table(compared) if compared else "",
        columns=columns,
        rows=_rows(findings, columns),
        facts=_facts(findings),
    )


def _rows(findings: Findings, columns: Sequence[str]) -> list[tuple[str, int, list[str]]]:
    """Return each word, its number of occurrences, and its weights with their intervals as text."""
    records = table(findings.explanations, findings.by_difference).to_dict("records")
    target = findings.explanations[0].target
    return [(record["word"], record["times"], [_cell(record, name, target) for name in columns]) for record in records]


def _cell(record: Mapping, name: str, target: str) -> str:
    if name == "clear":
        return record[name]
    low, high = record[f"{name} low"], record[f"{name} high"]
    interval = "" if math.isnan(low) else f" [{signed(low, target)}, {signed(high, target)}]"
    return f"{signed(record[name], target)}{interval}"


def _facts(findings: Findings) -> list[tuple[str, str]]:
    settings = findings.settings
    models = [
        (f"{explanation.framework} model", f"revision {explanation.revision}") for explanation in findings.explanations
    ]
    return [
        *models,
        ("fitted", f"{findings.explanations[0].target}{', as stock LIME does' if settings.stock else ''}"),
        ("seed", str(settings.seed)),
        ("perturbed texts", f"{findings.calls:,} of at most {settings.samples:,}"),
        ("ended", ENDED[findings.ended]),
        ("versions", ", ".join(_versions())),
    ]


def _versions() -> list[str]:
    versions = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"no {name}")
    return versions
