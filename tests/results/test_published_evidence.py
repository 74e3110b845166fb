"""Test the published evidence: unchanged since it was written, and without private data."""

import json
import re

import pytest

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.json_report import identify
from bakeoff.common.root import ROOT
from eval.portability.formats import FORMATS

RESULTS = ROOT / "results"
COMMANDS = {"deployability": "export", "code_size": "code-size", "adoption": "adoption"}
KINDS = tuple(COMMANDS)
FILES = sorted(path for kind in KINDS for path in RESULTS.glob(f"*/{kind}.json"))
ROW = {
    "framework",
    "format",
    "status",
    "reason",
    "packages",
    "bytes",
    "largest_logit_difference",
    "latency_seconds",
    "own_latency_seconds",
}


def test_there_is_one_of_each_kind():
    assert {path.stem for path in FILES} == set(KINDS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_file_is_as_it_was_written(path):
    text = path.read_text(encoding="utf-8")
    made = json.loads(text)
    assert made["kind"] == path.stem
    assert made["id"] == identify(made)
    # The current command, or the module's name at the time when the older files were written.
    assert made["command"].startswith((f"bakeoff {COMMANDS[path.stem]} ", f"python -m eval.{path.stem} "))
    assert not re.search(r"(?<![\w.:/])/(tmp|home|root|usr|work)/", text)


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*/deployability.json")), ids=lambda path: path.parent.name)
def test_every_format_has_a_row_of_each_framework(path):
    rows = json.loads(path.read_text(encoding="utf-8"))["formats"]
    assert [(row["framework"], row["format"]) for row in rows] == [
        (framework, format) for framework in NAMES.values() for format in FORMATS
    ]
    for row in rows:
        assert set(row) == ROW
        assert row["status"] in ("works", "fails", "no way", "not tried")
        assert row["reason"] or row["status"] == "works"
        measured = [
            row[name] for name in ("bytes", "largest_logit_difference", "latency_seconds", "own_latency_seconds")
        ]
        assert (None not in measured) == (row["status"] == "works")


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*/code_size.json")), ids=lambda path: path.parent.name)
def test_lines_add_up(path):
    for counted in json.loads(path.read_text(encoding="utf-8"))["frameworks"].values():
        assert sum(counted["files"].values()) == counted["logical_lines"] > 0
