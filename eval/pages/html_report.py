"""Write an evaluation report as a page to read, print or send: verdict first, offline, and without anything that runs.

bakeoff page report.json --output report.html
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.common import html_page, options
from bakeoff.common.errors import ReportError, one_sentence_errors
from bakeoff.common.files import export
from eval.pages import plots, wording
from eval.report import provenance, report


def render(document: Mapping[str, Any]) -> str:
    """Render the page from a report that `report.check` accepted."""
    return html_page.render(
        "eval/pages/evaluation.html.j2",
        report=document,
        frameworks=tuple(html_page.COLORS),
        colors=html_page.COLORS,
        seeds_plot=plots.seeds(document),
        differences_plot=plots.differences(document),
        reliability_plot=plots.reliability(document),
        trained_elsewhere=provenance.trained_elsewhere(document),
        wording=wording,
        shade=shade,
    )


def shade(count: int, row: Sequence[int]) -> str:
    """Return the opacity of a confusion cell's background, which grows with its share of the row."""
    return f"{0.55 * count / max(sum(row), 1):.2f}"


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write the page.

    Raises:
        ReportError: The file can't be written.
    """
    export(path, render(document), ReportError)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = options.command("page", __doc__, "bakeoff page report.json --output report.html")
    command.add_argument("report", type=Path, metavar="REPORT", help="file that `bakeoff evaluate` wrote")
    options.add_output(command, "where the page is written (default: beside the report)")
    options.add_quiet(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Write the page of a report."""
    arguments = parser().parse_args(argv)
    output = arguments.output or arguments.report.with_suffix(".html")
    write(output, report.read(arguments.report))
    options.note(arguments, f"page written to {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
