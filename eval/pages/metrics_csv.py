"""Write the metrics of a report as CSV for a spreadsheet: one row per metric, overall and per class."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from bakeoff.common.spreadsheet import neutralize
from eval.pages import wording

COMPARED = ("pytorch", "tensorflow", "difference")  # TensorFlow minus PyTorch
HEADER = (
    "class",
    "metric",
    *(f"{column}_{part}" for column in COMPARED for part in ("value", "low", "high")),
    "reason",
)


def metrics_csv(report: Mapping[str, Any]) -> str:
    """Return all metrics with their 95 % intervals and differences; cells of undefined numbers are empty.

    The column `class` is empty for the metrics of all texts. The column `reason` says why a number is missing.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADER)
    groups = [("", report["comparison"]["metrics"])]
    groups += [(row["label"], row["metrics"]) for row in report["comparison"]["classes"]]
    for label, metrics in groups:
        for name, compared in metrics.items():
            writer.writerow(
                [neutralize(label), neutralize(name), *_numbers(compared), neutralize(wording.reasons(compared))]
            )
    return buffer.getvalue()


def _numbers(compared: Mapping[str, Any]) -> list[float | None]:
    return [compared[column][part] for column in COMPARED for part in ("value", "low", "high")]
