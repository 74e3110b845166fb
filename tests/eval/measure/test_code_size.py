"""Test `eval.measure.code_size`: what is counted, how, and that no file of a framework is forgotten."""

import json

import pytest

from bakeoff.common.errors import ReportError
from bakeoff.common.json_report import identify
from eval.measure import code_size
from tests.test_import_rules import imports

SOURCE = '''"""Two lines
of a docstring."""

import os  # a comment

def f(x: dict):
    """Another."""
    y = (x["a":] +
         1); z: int = 2
    if x:  # pragma: no cover
        return {1: y}
    return z
'''
PUBLISHED = sorted((code_size.ROOT / "results").glob("*/code_size.json"))
LIBRARIES = {"PyTorch": {"torch", "transformers"}, "TensorFlow": {"keras_on_tensorflow", "tensorflow", "keras_hub"}}


@pytest.fixture
def project(tmp_path):
    """Write a project with one trainer and one classifier per framework, one more PyTorch file, and files for speed."""
    for name in ("train_pytorch", "loss_pytorch", "kernels_pytorch", "train_tensorflow", "recipe"):
        (tmp_path / "trainers").mkdir(exist_ok=True)
        (tmp_path / "trainers" / f"{name}.py").write_text(SOURCE)
    for name in ("pytorch_bert", "pytorch_forward", "tensorflow_bert", "pair"):
        (tmp_path / "bakeoff/classifiers").mkdir(parents=True, exist_ok=True)
        (tmp_path / "bakeoff/classifiers" / f"{name}.py").write_text("x = 1\n")
    (tmp_path / "bakeoff/common").mkdir()
    (tmp_path / "bakeoff/common/keras_on_tensorflow.py").write_text("import keras\nimport tf\n")
    return tmp_path


def test_statements_are_counted_and_shared_files_are_not(project):
    counted = code_size.count(project)
    assert counted["PyTorch"] == {
        "files": {
            "bakeoff/classifiers/pytorch_bert.py": 1,
            "trainers/loss_pytorch.py": 6,
            "trainers/train_pytorch.py": 6,
        },
        "logical_lines": 13,
    }
    assert counted["TensorFlow"]["logical_lines"] == 1 + 2 + 6


def test_the_digest_is_of_the_code(project):
    before = code_size.digest(project)
    (project / "trainers" / "recipe.py").write_text("x = 2")
    assert code_size.digest(project) == before
    (project / "trainers" / "train_tensorflow.py").write_text(SOURCE.replace("return z", "return y"))
    assert code_size.digest(project) != before


@pytest.mark.parametrize("framework", code_size.FILES)
def test_every_file_of_a_framework_is_counted_but_those_for_speed(framework):
    counted = {path.relative_to(code_size.ROOT).as_posix() for path in code_size.files(framework)}
    for path in (
        path for folder in ("trainers", "bakeoff/classifiers") for path in (code_size.ROOT / folder).glob("*.py")
    ):
        name = path.relative_to(code_size.ROOT).as_posix()
        modules = {part for module, _ in imports(path.read_text(encoding="utf-8"), name) for part in module.split(".")}
        fast = any(path.match(pattern) for pattern in code_size.SPEED)
        assert (name in counted) == (bool(modules & LIBRARIES[framework]) and not fast), name


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_what_is_published_is_a_count_of_this_code(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["commit_or_digest"] == code_size.digest(), f"count again: {document['command']}"


def test_the_command_writes_what_it_prints(tmp_path, capsys):
    output = tmp_path / "made" / "code_size.json"
    assert code_size.main(["--output", str(output)]) == 0
    document = json.loads(output.read_text())
    assert document["id"] == identify(document)
    assert str(tmp_path) not in output.read_text()
    assert (
        f"TensorFlow: {document['frameworks']['TensorFlow']['logical_lines']} logical lines" in capsys.readouterr().out
    )


def test_no_files_are_an_error_and_not_a_count_of_0(tmp_path):
    with pytest.raises(ReportError, match="no files trainers/"):
        code_size.count(tmp_path)
