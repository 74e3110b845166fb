"""The metrics of a report as CSV, for a spreadsheet: one row a metric, overall and of each class."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from bakeoff.common.spreadsheet import neutralise
from eval.pages import wording

COMPARED = ("pytorch", "tensorflow", "difference")  # TensorFlow minus PyTorch
HEADER = ("class", "metric", *(f"{each}_{part}" for each in COMPARED for part in ("value", "low", "high")), "reason")


def metrics_csv(report: Mapping[str, Any]) -> str:
    """All metrics with their 95 % intervals and differences; cells are empty where a number is not defined.

    The column `class` is empty for the metrics of all texts; `reason` says why a number is missing.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    groups = [("", report["comparison"]["metrics"])]
    groups += [(each["label"], each["metrics"]) for each in report["comparison"]["classes"]]
    for label, metrics in groups:
        for name, compared in metrics.items():
            writer.writerow(
                [neutralise(label), neutralise(name), *_numbers(compared), neutralise(wording.reasons(compared))]
            )
    return out.getvalue()


def _numbers(compared: Mapping[str, Any]) -> list[float | None]:
    return [compared[each][part] for each in COMPARED for part in ("value", "low", "high")]
