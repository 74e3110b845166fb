"""An evaluation report as a page to read, print or send: verdict first, offline, with nothing in it that can run.

python -m eval.html_report report.json --output report.html
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import html_page
from errors import ReportError, one_sentence_errors
from eval import plots, report


def render(made: Mapping[str, Any]) -> str:
    """The page, from a report that `report.check` let pass."""
    return html_page.render(
        "evaluation.html.j2",
        report=made,
        frameworks=tuple(plots.COLORS),
        colors=plots.COLORS,
        seeds_plot=plots.seeds(made),
        differences_plot=plots.differences(made),
        reliability_plot=plots.reliability(made),
        number=number,
        words=words,
        points=points,
        shade=shade,
        share=share,
    )


def number(estimate: Mapping[str, Any]) -> str:
    """An estimate as text, such as "0.9600 [0.9314, 0.9770]"; its reason where it is not defined."""
    if estimate["value"] is None:
        return f"not defined: {estimate['reason']}"
    if estimate["low"] is None or estimate["high"] is None:
        return f"{estimate['value']:.4f}"
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"


def points(estimate: Mapping[str, Any]) -> str:
    """A difference of shares in points, such as "+0.33 [-1.82, +2.48]"; its reason where it is not defined."""
    if estimate["value"] is None:
        return f"not defined: {estimate['reason']}"
    if estimate["low"] is None or estimate["high"] is None:
        return f"{100 * estimate['value']:+.2f}"
    return f"{100 * estimate['value']:+.2f} [{100 * estimate['low']:+.2f}, {100 * estimate['high']:+.2f}]"


def words(name: str) -> str:
    """A metric's name as people write it: "macro F1" for `macro_f1`."""
    return name.replace("_", " ").replace("f1", "F1").replace("top2", "top-2")


def share(value: float | None) -> str:
    """A share in percent."""
    return "?" if value is None else f"{100 * value:.1f} %"


def shade(count: int, row: Sequence[int]) -> str:
    """The opacity of a confusion cell's background: its share of the row."""
    return f"{0.55 * count / max(sum(row), 1):.2f}"


def write(path: Path, made: Mapping[str, Any]) -> None:
    """Write the page.

    Raises:
        ReportError: the file can't be written.
    """
    try:
        path.write_text(render(made), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{path} can't be written ({error.strerror}); name another file.") from error


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Write the page of a report."""
    parser = argparse.ArgumentParser(prog="python -m eval.html_report", description=__doc__.split("\n")[0])
    parser.add_argument("report", type=Path, help="of `python -m eval`")
    parser.add_argument("--output", type=Path, metavar="FILE", help="(default: beside the report)")
    arguments = parser.parse_args(argv)
    output = arguments.output or arguments.report.with_suffix(".html")
    write(output, report.read(arguments.report))
    print(f"page written to {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
