"""Test that every generated part of the documentation matches its source."""

import json
import shutil

import pytest

from bakeoff.common.root import ROOT
from docs.generate import architecture, blocks, commands, results
from docs.generate.__main__ import GENERATED


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_file_is_what_its_source_says(path):
    assert path.read_text(encoding="utf-8") == GENERATED[path](), "run `python -m docs.generate`"


@pytest.mark.parametrize(
    ("file", "keys"),
    [
        ("seed-0/pytorch/training.json", ["scores", "accuracy"]),
        ("report.json", ["comparison", "explanation"]),
        ("explain.json", ["figures", "stock_ratio_of_seconds", "value"]),
        ("predict.json", ["figures", "contenders", "ours, PyTorch", "share_of_ceiling"]),
        ("train.json", ["figures", "contenders", "stock Trainer", "tokens_per_second"]),
        ("benchmark.json", ["figures", "memory", "PyTorch", "many"]),
        ("start.json", ["seconds", "app: both", "value"]),
        ("load.json", ["parts", "overload", "peak_per_second"]),
        ("decide.json", ["figures", "drawn_ms", "p95"]),
        ("decision.json", ["result", "sentence"]),
        ("deployability.json", ["formats", 0, "bytes"]),
        ("parity.json", ["rows", 0, "value"]),
        ("code_size.json", ["frameworks", "PyTorch", "logical_lines"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_changed_report_changes_the_page(file, keys, tmp_path, monkeypatch):
    study = shutil.copytree(results.STUDY, tmp_path / "study")
    document = json.loads((study / file).read_text(encoding="utf-8"))
    place = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = f"{place[keys[-1]]}, changed" if isinstance(place[keys[-1]], str) else place[keys[-1]] * 1.5
    (study / file).write_text(json.dumps(document), encoding="utf-8")
    before = results.page()
    monkeypatch.setattr(results, "STUDY", study)
    assert results.page() != before


def test_a_page_without_its_block_is_refused():
    with pytest.raises(ValueError, match="expected one"):
        blocks.filled("# A page\n", "headline", "body")


def test_the_command_reference_shows_every_flag_of_every_command():
    page = commands.page()
    for name, parser in commands.parsers().items():
        section = page.partition(f"\n## bakeoff {name}\n")[2].partition("\n## ")[0]
        flags = [flag for action in parser._actions for flag in action.option_strings if action.help != "==SUPPRESS=="]
        assert flags
        assert [flag for flag in flags if flag not in section] == []


def test_the_help_does_not_depend_on_the_environment(monkeypatch):
    before = commands.page()
    monkeypatch.setenv("BAKEOFF_PYTORCH_MODEL", "USER/other-pytorch")
    monkeypatch.setenv("BAKEOFF_RATE_LIMIT", "7")
    monkeypatch.setenv("COLUMNS", "60")
    assert commands.page() == before


def test_the_picture_has_every_folder_and_only_imports_that_exist():
    imported = architecture.graph()
    assert "bakeoff/classifiers" in imported["trainers"]
    assert "trainers" not in imported["bakeoff/classifiers"]
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} - architecture.LEFT_OUT
    assert folders - {"bakeoff"} <= set(imported)
    drawn = architecture.svg()
    assert all(f">{folder}</text>" in drawn for folder in imported)
    assert drawn.count("<path d=") == 1 + sum(map(len, architecture.reduced(imported).values()))


def test_leaving_out_arrows_keeps_what_reaches_what():
    graph = {"a": frozenset(), "b": frozenset("a"), "c": frozenset("ab"), "d": frozenset("c")}
    assert architecture.reduced(graph) == {
        "a": frozenset(),
        "b": frozenset("a"),
        "c": frozenset("b"),
        "d": frozenset("c"),
    }
    assert architecture.levels(graph) == [["a"], ["b"], ["c"], ["d"]]


def test_imports_are_found_deep_inside_a_function():
    assert list(architecture.imports("def f():\n    if 1:\n        from eval.quality import metrics\n")) == [
        "eval.quality",
        "eval.quality.metrics",
    ]
