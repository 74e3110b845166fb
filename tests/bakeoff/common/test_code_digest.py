"""Test the digests that identify the code behind a measurement."""

import pytest

from bakeoff.common import code_digest

SOURCE = '''"""Two lines
of a docstring."""

import os
from folder.room import name
from typing import Any

LIMIT: int = 3

def f(x: dict, y: Any = None) -> str:
    """Another."""
    # a comment
    return (x["a":] +
         1)
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "train_x.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", "# another comment"),
        ("Two lines\nof a docstring.", "One line."),
        ('    """Another."""\n', ""),
        ('x["a":] +\n         1', 'x["a":] + 1'),
        ("from folder.room import name", "from room import name"),
        ("from typing import Any\n", "from typing import Any, cast\n"),
        ("x: dict, y: Any = None) -> str", "x, y: list | None = None)"),
        ("LIMIT: int = 3", "LIMIT: float = 3"),
        ("LIMIT: int = 3", "LIMIT = 3"),
    ],
)
def test_prose_layout_types_and_moves_leave_the_digest_unchanged(file, old, new):
    assert old in SOURCE
    before = code_digest.of_files([file])
    file.write_text(SOURCE.replace(old, new))
    assert code_digest.of_files([file]) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("+", "-"),
        ("LIMIT: int = 3", "LIMIT: int = 4"),
        ("y: Any = None", "y: Any = 0"),
        ("import name", "import other"),
    ],
)
def test_a_changed_statement_changes_the_digest(file, old, new):
    before = code_digest.of_files([file])
    file.write_text(SOURCE.replace(old, new))
    assert code_digest.of_files([file]) != before


@pytest.mark.parametrize("part", code_digest.PARTS)
def test_each_pattern_of_a_part_finds_files(part):
    for pattern in code_digest.PARTS[part]:
        assert list(code_digest.ROOT.glob(pattern)), pattern


def test_a_report_names_the_parts_that_have_changed_since():
    recorded = code_digest.of_kind("evaluation")
    assert code_digest.changed("evaluation", recorded) == []
    assert code_digest.changed("evaluation", recorded | {"classifiers": "0" * 16}) == ["classifiers"]
    assert code_digest.changed("evaluation", {}) == list(code_digest.OF_KIND["evaluation"])
    assert code_digest.changed("adoption", {}) == []


def test_a_change_of_a_trainer_concerns_trainings_and_not_the_exports(tmp_path):
    for kind in ("training", "deployability"):
        for part in code_digest.OF_KIND[kind]:
            assert len(code_digest.part_digest(part)) == 16
    (tmp_path / "trainers").mkdir()
    (tmp_path / "trainers" / "head.py").write_text("x = 1")
    assert code_digest.changed("training", code_digest.of_kind("training"), tmp_path) == ["trainers", "tokenization"]
