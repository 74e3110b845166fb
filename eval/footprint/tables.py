"""Show the report as a table on the terminal and in Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

COLUMNS = ("", "variant", "runs on", "disk, MB", "download, MB", "cold start, s", "loaded, MB", "build", "remarks")


def rows(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield a row per framework, variant and runtime."""
    for framework, variants in report["figures"].items():
        for variant, runtimes in variants.items():
            for runtime, cell in runtimes.items():
                yield (framework, variant, runtime, *_cells(cell))


def _cells(cell: Mapping[str, Any]) -> tuple[str, ...]:
    disk, start, memory = cell["disk"], cell["start"], cell["memory"]
    reasons = (disk["reason"], start["reason"], memory["reason"])
    remarks = dict.fromkeys(reason.rstrip(".") for reason in reasons if reason)
    builds = dict.fromkeys(filter(None, (disk["build"], start["build"])))
    return (
        _megabytes(disk["unpacked_bytes"]),
        _megabytes(disk["download_bytes"]),
        _seconds(start["cold_start_seconds"]),
        _megabytes(memory["loaded_bytes"]),
        "; ".join(builds),
        "; ".join((*remarks, *([f"sizes of {disk['resolved'][:10]}"] if disk["resolved"] else []))),
    )


def table(report: Mapping[str, Any]) -> Table:
    """Return the table for the terminal."""
    result = Table(*COLUMNS)
    for row in rows(report):
        result.add_row(*row)
    return result


def markdown(report: Mapping[str, Any]) -> str:
    """Return the table in Markdown."""
    head = f"| {' | '.join(COLUMNS)} |\n|{''.join('---:|' if 3 <= i <= 6 else '---|' for i in range(len(COLUMNS)))}\n"
    lines = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows(report))
    return head + "".join(f"| {line} |\n" for line in lines)


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:,.0f}"


def _seconds(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None:
        return ""
    interval = "" if estimate["low"] is None else f" [{estimate['low']:.1f}, {estimate['high']:.1f}]"
    return f"{estimate['value']:.1f}{interval}"
