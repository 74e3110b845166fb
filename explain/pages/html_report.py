"""An explanation as one self-contained HTML page: it opens with no network, and nothing of the input can run in it."""

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
    """The page.

    Args:
        findings: what it shows.
        colors: of each framework, as CSS.
    """
    explanations, measured = findings.explanations, findings.measured
    curves = ""
    if measured:
        curves = deletion_plot(explanations, [measured[each.framework] for each in explanations], colors)
    compared = numbers(findings.agreement, measured)
    columns = [
        *(each.framework for each in explanations),
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
    """Each word, how often it stands there, and its weights with their intervals as text."""
    records = table(findings.explanations, findings.by_difference).to_dict("records")
    target = findings.explanations[0].target
    return [(each["word"], each["times"], [_cell(each, name, target) for name in columns]) for each in records]


def _cell(record: Mapping, name: str, target: str) -> str:
    if name == "clear":
        return record[name]
    low, high = record[f"{name} low"], record[f"{name} high"]
    interval = "" if math.isnan(low) else f" [{signed(low, target)}, {signed(high, target)}]"
    return f"{signed(record[name], target)}{interval}"


def _facts(findings: Findings) -> list[tuple[str, str]]:
    settings = findings.settings
    models = [(f"{each.framework} model", f"revision {each.revision}") for each in findings.explanations]
    return [
        *models,
        ("fitted", f"{findings.explanations[0].target}{', as stock LIME does' if settings.stock else ''}"),
        ("seed", str(settings.seed)),
        ("perturbed texts", f"{findings.calls:,} of at most {settings.samples:,}"),
        ("ended", ENDED[findings.ended]),
        ("versions", ", ".join(_versions())),
    ]


def _versions() -> list[str]:
    out = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            out.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            out.append(f"no {name}")
    return out
