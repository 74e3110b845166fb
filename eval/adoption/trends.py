"""Read a Google Trends export: searches for each framework, relative to the busiest moment of the export.

To get one, open https://trends.google.com/trends/explore?q=pytorch,tensorflow and click the arrow above "Interest over
time".
"""

import csv
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.common.errors import ReportError

FRAMEWORKS = ("PyTorch", "TensorFlow")
STEPS = ("Hour", "Day", "Week", "Month", "Time")  # possible headings of the first column
LESS_THAN_ONE = 0.5  # the value used for a cell with "<1"
YEAR = timedelta(days=365)
EXPECTED = 'expected the CSV of "Interest over time" for the terms pytorch and tensorflow'
MAX_BYTES = 1_000_000


def read(path: Path) -> dict[str, Any]:
    """Read the export as JSON: terms, region, values (0 to 100), and their means over all dates and the last year.

    Raises:
        ReportError: The file can't be read or is not such an export.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(f"{path.name} is larger than {MAX_BYTES / 1e6:.0f} MB: {EXPECTED}.")
        content = path.read_bytes()
        rows = [row for row in csv.reader(content.decode("utf-8-sig").splitlines()) if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReportError(f"{path.name} can't be read ({error}): {EXPECTED}.") from error
    head = next((number for number, row in enumerate(rows) if row[0] in STEPS), None)
    if head is None:
        raise ReportError(f"{path.name} has no line that starts with {', '.join(STEPS[:-1])} or Time: {EXPECTED}.")
    columns = [_column(rows[head], framework, path.name) for framework in FRAMEWORKS]
    moments, values = _values(rows[head + 1 :], columns, path.name)
    recent = np.array([moment > moments[-1] - YEAR for moment in moments])
    category = [row[0].partition(":")[2].strip() for row in rows[:head] if row[0].startswith("Category:")]
    return {
        "category": category[0] if category else None,
        "terms": {name: rows[head][column] for name, column in zip(FRAMEWORKS, columns, strict=True)},
        "region": _region([rows[head][column] for column in columns], path.name),
        "step": rows[head][0],
        "dates": [row[0] for row in rows[head + 1 :]],
        "values": dict(zip(FRAMEWORKS, values.T.tolist(), strict=True)),
        "mean": dict(zip(FRAMEWORKS, values.mean(axis=0).tolist(), strict=True)),
        "mean_of_last_year": dict(zip(FRAMEWORKS, values[recent].mean(axis=0).tolist(), strict=True)),
        "file_sha256": hashlib.sha256(content).hexdigest(),
    }


def _column(head: Sequence[str], framework: str, name: str) -> int:
    matches = [number for number, term in enumerate(head) if number and framework.lower() in term.lower()]
    if len(matches) != 1:
        raise ReportError(f"{name} has {len(matches)} columns for {framework}, not 1: {EXPECTED}.")
    return matches[0]


def _region(terms: Sequence[str], name: str) -> str | None:
    """Return the region, which follows the terms in parentheses."""
    regions = {match[1] if (match := re.search(r"\(([^()]*)\)\s*$", term)) else None for term in terms}
    if len(regions) > 1:
        raise ReportError(
            f"{name} compares different regions ({', '.join(map(str, sorted(regions, key=str)))}): {EXPECTED}."
        )
    return regions.pop()


def _values(rows: Sequence[Sequence[str]], columns: Sequence[int], name: str) -> tuple[list[datetime], np.ndarray]:
    """Parse the moments (n,), which must increase, and the values (n, 2)."""
    moments, values = [], []
    for row in rows:
        try:
            moments.append(datetime.fromisoformat(row[0] + "-01" if re.fullmatch(r"\d{4}-\d\d", row[0]) else row[0]))
            values.append([_value(row[column]) for column in columns])
        except (ValueError, IndexError) as error:
            raise ReportError(f"{name} has the line {','.join(row)[:60]!r} ({error}): {EXPECTED}.") from error
    if not values or moments != sorted(set(moments)):
        raise ReportError(f"{name} has no lines of values with increasing dates: {EXPECTED}.")
    return moments, np.array(values)


def _value(cell: str) -> float:
    value = LESS_THAN_ONE if cell == "<1" else float(int(cell))
    if value > 100 or value < 0:
        raise ValueError(f"{cell} is not between 0 and 100")
    return value
