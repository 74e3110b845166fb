"""Check every import of every file against the order of the folders.

Nested imports count, and so does `importlib.import_module` with a literal name.
"""

import ast
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from bakeoff.common.root import ROOT

# Lowest level first: a folder may import the folders on earlier lines. Folders on one line do not import each other.
ORDER = """
bakeoff.common
bakeoff.corpus
bakeoff.hub
bakeoff.classifiers
bakeoff.stats
trainers
explain eval
decide bakeoff.doctor
service
tabs
app benchmarks
"""
FLOOR = {folder: number for number, line in enumerate(ORDER.strip().splitlines()) for folder in line.split()}

PYTORCH = "trainers/*_pytorch.py bakeoff/classifiers/pytorch_*.py eval/portability/export_pytorch.py benchmarks/stock/*"
PYTORCH += " eval/speed/bases/*_pytorch.py"
STOCK_KERAS = "benchmarks/stock/keras_*.py eval/speed/bases/*_tensorflow.py"
TENSORFLOW = "trainers/*_tensorflow.py bakeoff/classifiers/tensorflow_*.py eval/portability/export_tensorflow.py"
EXPORTED = "eval/portability/export_runtime.py"
SERVING = "eval/footprint/serving/with"  # runs where nothing of the project's requirements but one framework is
# Libraries that only a few files may import, and modules that only some folders may import.
ONLY_IN = {
    "torch": f"{PYTORCH} eval/speed/probe_pytorch.py {EXPORTED} {SERVING}_pytorch.py",
    "transformers": f"{PYTORCH} {SERVING}_pytorch.py",
    # Stock Keras is measured with its own defaults, which keras_on_tensorflow.py would change.
    "tensorflow keras keras_hub": f"bakeoff/common/keras_on_tensorflow.py {STOCK_KERAS} {SERVING}_tensorflow.py",
    "bakeoff.common.keras_on_tensorflow": f"{TENSORFLOW} eval/speed/probe_tensorflow.py {EXPORTED} benchmarks/stock/*",
    "gradio": "tabs/* benchmarks/start/empty_page.py",
    "fastapi": "service/api/* service/middleware/stack.py",
    "starlette": "service/*",
    "uvicorn": "service/operate/stopping.py service/operate/connections.py",
    "safehttpx": "service/guard/no_fetching.py",
    "prometheus_client": "service/operate/metrics.py",
    "huggingface_hub": "bakeoff/hub/*",
    "tabs.page.page service.api.routes": "app.py",
    "trainers.train_pytorch trainers.train_tensorflow": "",  # job.py picks one by name when it trains
}
NEVER_IN = {"bakeoff.classifiers": "trainers/train_*.py"}


def imports(source: str, file: str) -> Iterator[tuple[str, int]]:
    """Yield every imported name with its line; `from a import b` counts as `a` and as `a.b`."""
    package = file.rpartition("/")[0].replace("/", ".")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, (package if node.level else "", node.module)))
            yield base, node.lineno
            yield from ((f"{base}.{alias.name}".lstrip("."), node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from ((str(arg.value), node.lineno) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def within(module: str, names: str) -> bool:
    """Return whether a module is one of these names or below one."""
    return any(module == name or module.startswith(f"{name}.") for name in names.split())


def matches(file: str, patterns: str) -> bool:
    """Return whether a file matches one of these patterns."""
    return any(fnmatch(file, pattern) for pattern in patterns.split())


def folder_of(module: str) -> str | None:
    """Return the folder of ORDER that a module is in; None for a library."""
    return next((folder for folder in FLOOR if within(module, folder)), None)


def broken_rules(module: str, file: str) -> Iterator[str]:
    """Yield the rules that a file breaks by importing a module."""
    for names, files in ONLY_IN.items():
        if within(module, names) and not matches(file, files):
            yield f"{names} may be imported in {files or 'no file'} only"
    for names, files in NEVER_IN.items():
        if within(module, names) and matches(file, files):
            yield f"{files} must not import {names}"
    here, there = folder_of(file.removesuffix(".py").replace("/", ".")), folder_of(module)
    # `bakeoff/__main__.py` starts every command by name, without a static import.
    if there and here and here != there and FLOOR[there] >= FLOOR[here]:
        yield f"{here} must not import {there}, which is not below it"


def violations(source: str, file: str) -> list[str]:
    """Return a line for each broken rule: file, line, what is imported, the rule."""
    broken = {
        (line, rule): f"{file}:{line} imports {module}: {rule}"
        for module, line in imports(source, file)
        for rule in broken_rules(module, file)
    }
    return list(broken.values())


def project_files() -> list[str]:
    """Return every Python file of the project except its tests."""
    files = (path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
    return sorted(file for file in files if not matches(file, "tests/* runs/* build/* site/* .*"))


def rooms(files: Iterable[str]) -> dict[str, set[str]]:
    """Return which folders each folder imports; a `__main__.py` counts as a folder of its own."""
    modules = {file.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): file for file in files}

    def room(file: str) -> str:
        return file if file.endswith("__main__.py") else str(Path(file).parent)

    graph: dict[str, set[str]] = {}
    for file in modules.values():
        names = {
            modules[name] for name, _ in imports((ROOT / file).read_text(encoding="utf-8"), file) if name in modules
        }
        # A package's own name is its empty __init__.py. The real import is from a module below it.
        own = {room(name) for name in names if not name.endswith("__init__.py")} - {room(file)}
        graph.setdefault(room(file), set()).update(own)
    return graph


def test_the_project_keeps_the_rules():
    files = project_files()
    assert {"bakeoff/corpus/corpus.py", "trainers/train_pytorch.py", "decide/report.py"} <= set(files)
    broken = [line for file in files for line in violations((ROOT / file).read_text(encoding="utf-8"), file)]
    assert not broken, "\n".join(broken)


def test_no_folders_import_each_other_in_a_circle():
    graph = rooms(project_files())
    assert "eval/quality" in graph["eval/report"]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_folder_holds_more_files_than_a_listing_shows():
    folders = [str(Path(file).parent) for file in project_files() if not file.endswith("__init__.py")]
    crowded = {folder: folders.count(folder) for folder in folders if folders.count(folder) > 16}
    assert not crowded
    assert [file for file in project_files() if "/" not in file] == ["app.py"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("bakeoff/corpus/corpus.py", "import torch"),
        ("bakeoff/corpus/corpus.py", "import torch.nn as nn"),
        ("bakeoff/corpus/corpus.py", "from transformers import AutoTokenizer"),
        ("bakeoff/corpus/corpus.py", "import importlib\nimportlib.import_module('torch.nn')"),
        ("bakeoff/corpus/corpus.py", "__import__('tensorflow')"),
        ("bakeoff/common/errors.py", "from bakeoff.corpus import corpus"),
        ("bakeoff/corpus/profile.py", "from trainers import encoder"),
        ("bakeoff/classifiers/base.py", "import torch"),
        ("bakeoff/stats/paired.py", "from eval.quality import metrics"),
        ("trainers/train_tensorflow.py", "import keras"),
        ("trainers/train_pytorch.py", "from bakeoff.common.keras_on_tensorflow import tf"),
        ("trainers/encoder.py", "from huggingface_hub import HfApi"),
        ("trainers/train_pytorch.py", "from trainers import train_tensorflow"),
        ("trainers/train_pytorch.py", "from . import train_tensorflow"),
        ("trainers/train_pytorch.py", "from .train_tensorflow import build_model"),
        ("trainers/train_tensorflow.py", "import trainers.train_pytorch"),
        ("trainers/train_pytorch.py", "from bakeoff.classifiers.pair import Pair"),
        ("trainers/job.py", "from eval.quality import metrics"),
        ("explain/agreement.py", "from eval.measure import timing"),
        ("explain/lime_text/rounds.py", "import gradio as gr"),
        ("eval/quality/metrics.py", "from tabs import predict"),
        ("eval/quality/metrics.py", "from decide import report"),
        ("eval/speed/probe_pytorch.py", "import transformers"),
        ("eval/speed/probe_tensorflow.py", "import tensorflow"),
        ("eval/portability/export_pytorch.py", "from bakeoff.common.keras_on_tensorflow import tf"),
        ("eval/adoption/__main__.py", "import huggingface_hub"),
        ("decide/report.py", "from service.operate import state"),
        ("bakeoff/doctor/features.py", "import huggingface_hub"),
        ("bakeoff/classifiers/pair.py", "from bakeoff.doctor import machine"),
        ("service/work/work_queue.py", "from fastapi import Request"),
        ("service/middleware/gate.py", "from tabs import predict"),
        ("tabs/predict.py", "from fastapi import FastAPI"),
        ("tabs/predict.py", "from tabs.page.page import build"),
        ("tabs/predict.py", "from service.api.routes import create_api"),
        ("tabs/page/page.py", "import uvicorn"),
        ("tabs/page/page.py", "from benchmarks import turns"),
    ],
)
def test_a_planted_violation_is_found_also_deep_inside_a_function(file, source):
    nested = "class A:\n    def b(self):\n        if True:\n"
    nested += "".join(f"            {line}\n" for line in source.split("\n"))
    for text, line in ((source, source.count("\n") + 1), (nested, nested.count("\n"))):
        broken = violations(text, file)
        assert broken, f"{file}: {text}"
        assert all(message.startswith(f"{file}:{line} imports ") for message in broken)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("bakeoff/corpus/corpus.py", "import torchmetrics\nimport numpy"),
        ("trainers/train_pytorch.py", "import torch\nfrom transformers import Trainer\nfrom trainers import head"),
        ("trainers/train_tensorflow.py", "from bakeoff.common.keras_on_tensorflow import keras, tf"),
        ("explain/lime_text/rounds.py", "from bakeoff.classifiers.base import Classifier"),
        ("decide/report.py", "from eval.report import report"),
        ("tabs/predict.py", "import gradio as gr"),
        ("app.py", "from tabs.page.page import serve"),
    ],
)
def test_an_allowed_import_passes(file, source):
    assert not violations(source, file)


def test_the_message_names_file_line_and_rule():
    assert violations("import os\nimport gradio", "trainers/job.py") == [
        "trainers/job.py:2 imports gradio: gradio may be imported in tabs/* benchmarks/start/empty_page.py only"
    ]
    assert violations("def f():\n    import tabs.predict", "eval/report/report.py") == [
        "eval/report/report.py:2 imports tabs.predict: eval must not import tabs, which is not below it"
    ]
