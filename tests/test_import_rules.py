"""Which way imports go: every import of every file is held against the rules of the design.

Nested imports count, and so does `importlib.import_module` with a literal name.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

import pytest

from bakeoff.common.root import ROOT

SKIPPED = ("tests/*", "runs/*", "build/*", ".*")


@dataclass(frozen=True)
class Rule:
    """These modules may be imported in the files `only_in`, and not in the files `never_in` (none: all others)."""

    modules: str
    only_in: str = ""
    never_in: str = "*"

    def forbids(self, module: str, file: str) -> bool:
        """Whether the file may not import the module."""
        if any(fnmatch(file, pattern) for pattern in self.only_in.split()):
            return False
        if not any(fnmatch(file, pattern) for pattern in self.never_in.split()):
            return False
        return any(module == name or module.startswith(f"{name}.") for name in self.modules.split())

    def __str__(self) -> str:
        if self.never_in != "*":
            return f"{self.never_in} must not import {self.modules}"
        return f"{self.modules} may be imported in {self.only_in or 'no file'} only"


FRAMEWORKS = "torch transformers tensorflow keras keras_hub bakeoff.common.keras_on_tensorflow"
PYTORCH = (
    "trainers/*_pytorch.py bakeoff/classifiers/pytorch_*.py benchmarks/stock/*.py eval/portability/export_pytorch.py"
)
RULES = (
    Rule("torch", only_in="eval/speed/probe_pytorch.py eval/portability/export_runtime.py " + PYTORCH),
    Rule("transformers", only_in=PYTORCH),
    # Stock Keras is measured with its own defaults, which bakeoff/common/keras_on_tensorflow.py would change.
    Rule("tensorflow keras keras_hub", only_in="bakeoff/common/keras_on_tensorflow.py benchmarks/stock/keras_fit.py"),
    Rule(
        "bakeoff.common.keras_on_tensorflow",
        only_in="trainers/*_tensorflow.py bakeoff/classifiers/tensorflow_*.py benchmarks/stock/*.py "
        "eval/speed/probe_tensorflow.py eval/portability/export_tensorflow.py eval/portability/export_runtime.py",
    ),
    Rule("gradio", only_in="tabs/* benchmarks/start/empty_page.py"),
    Rule("fastapi", only_in="service/api/routes.py service/middleware/stack.py service/api/openapi.py"),
    Rule("starlette", only_in="service/*"),
    Rule("safehttpx", only_in="service/guard/no_fetching.py"),
    Rule("uvicorn", only_in="service/operate/stopping.py service/operate/connections.py"),
    Rule("prometheus_client", only_in="service/operate/metrics.py"),
    Rule("service.api.routes", only_in="app.py"),
    Rule("tabs page gradio", never_in="service/*"),
    Rule("huggingface_hub", only_in="bakeoff/hub/*"),
    Rule("app"),
    Rule("tabs.page.page", only_in="app.py"),
    Rule("trainers.train_pytorch trainers.train_tensorflow"),  # job.py picks one by name when it trains
    Rule("bakeoff.classifiers", never_in="trainers/train_*.py"),
    Rule("tabs gradio", never_in="explain/* eval/*"),
    Rule(FRAMEWORKS, never_in="bakeoff/classifiers/base.py"),
)


@dataclass(frozen=True)
class Import:
    """One imported name: `from a import b` counts as `a` and as `a.b`."""

    module: str
    line: int


def imports(source: str, file: str) -> Iterator[Import]:
    """All imports of a file, wherever they stand."""
    package = file.rpartition("/")[0].replace("/", ".")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, (package if node.level else "", node.module)))
            yield Import(base, node.lineno)
            yield from (Import(f"{base}.{alias.name}".lstrip("."), node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
            yield from (Import(str(name), node.lineno) for name in names)


def violations(source: str, file: str) -> list[str]:
    """One line for each broken rule: file, line, what is imported, the rule."""
    broken = {
        (found.line, str(rule)): f"{file}:{found.line} imports {found.module}: {rule}"
        for found in imports(source, file)
        for rule in RULES
        if rule.forbids(found.module, file)
    }
    return list(broken.values())


def project_files() -> list[str]:
    """Every Python file of the project but its tests."""
    files = (path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
    return sorted(file for file in files if not any(fnmatch(file, pattern) for pattern in SKIPPED))


def test_the_project_keeps_the_rules():
    files = project_files()
    assert {"bakeoff/corpus/corpus.py", "trainers/train_pytorch.py", "bakeoff/classifiers/base.py"} <= set(files)
    broken = [line for file in files for line in violations((ROOT / file).read_text(encoding="utf-8"), file)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("bakeoff/corpus/corpus.py", "import torch"),
        ("bakeoff/corpus/corpus.py", "import torch.nn as nn"),
        ("bakeoff/corpus/corpus.py", "from transformers import AutoTokenizer"),
        ("trainers/train_tensorflow.py", "import keras"),
        ("trainers/train_pytorch.py", "from bakeoff.common.keras_on_tensorflow import tf"),
        ("explain/lime_text/rounds.py", "import gradio as gr"),
        ("tabs/predict.py", "from fastapi import FastAPI"),
        ("trainers/encoder.py", "from huggingface_hub import HfApi"),
        ("tabs/predict.py", "from tabs.page.page import build"),
        ("tabs/page/page.py", "import uvicorn"),
        ("service/work/work_queue.py", "from fastapi import Request"),
        ("service/middleware/gate.py", "from tabs import predict"),
        ("tabs/predict.py", "from service.api.routes import create_api"),
        ("trainers/train_pytorch.py", "from trainers import train_tensorflow"),
        ("trainers/train_pytorch.py", "from . import train_tensorflow"),
        ("trainers/train_pytorch.py", "from .train_tensorflow import build_model"),
        ("trainers/train_tensorflow.py", "import trainers.train_pytorch"),
        ("trainers/train_pytorch.py", "from bakeoff.classifiers.pair import Pair"),
        ("trainers/train_tensorflow.py", "import bakeoff.classifiers"),
        ("eval/quality/metrics.py", "from tabs import predict"),
        ("eval/speed/__main__.py", "import torch"),
        ("eval/speed/probe_pytorch.py", "import transformers"),
        ("eval/speed/probe_pytorch.py", "from bakeoff.common.keras_on_tensorflow import tf"),
        ("eval/speed/probe_tensorflow.py", "import tensorflow"),
        ("eval/portability/export_pytorch.py", "from bakeoff.common.keras_on_tensorflow import tf"),
        ("eval/portability/export_tensorflow.py", "import torch"),
        ("eval/portability/export_runtime.py", "import transformers"),
        ("eval/portability/run.py", "import torch"),
        ("eval/adoption/__main__.py", "import huggingface_hub"),
        ("explain/agreement.py", "import tabs.predict"),
        ("bakeoff/classifiers/base.py", "import torch"),
        ("bakeoff/corpus/corpus.py", "import importlib\nimportlib.import_module('torch.nn')"),
        ("bakeoff/corpus/corpus.py", "__import__('tensorflow')"),
    ],
)
def test_a_planted_violation_is_found_also_deep_inside_a_function(file, source):
    nested = "class A:\n    def b(self):\n        if True:\n" + "".join(
        f"            {x}\n" for x in source.split("\n")
    )
    for text, line in ((source, source.count("\n") + 1), (nested, nested.count("\n"))):
        found = violations(text, file)
        assert found, f"{file}: {text}"
        assert all(message.startswith(f"{file}:{line} imports ") for message in found)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("trainers/train_pytorch.py", "import torch\nimport transformers"),
        ("bakeoff/classifiers/tensorflow_bert.py", "from keras_on_tensorflow import keras"),
        ("eval/speed/probe_pytorch.py", "import torch"),
        ("eval/portability/export_runtime.py", "import torch\nfrom bakeoff.common.keras_on_tensorflow import tf"),
        ("eval/speed/probe_tensorflow.py", "from bakeoff.common.keras_on_tensorflow import tf"),
        ("tabs/predict.py", "import gradio as gr\nfrom eval import metrics\nfrom limits import MAX"),
        ("tabs/page/page.py", "import gradio\nfrom tabs import predict"),
        ("bakeoff/hub/cache.py", "from huggingface_hub import constants"),
        ("bakeoff/corpus/corpus.py", "import torchlight\nimport application\ntext = 'import torch'"),
    ],
)
def test_what_the_rules_allow_is_not_reported(file, source):
    assert violations(source, file) == []


def test_the_message_names_file_line_and_rule():
    assert violations("import os\nimport gradio", "bakeoff/corpus/corpus.py") == [
        "bakeoff/corpus/corpus.py:2 imports gradio: "
        "gradio may be imported in tabs/* benchmarks/start/empty_page.py only"
    ]
    assert violations("def f():\n    import tabs.predict", "eval/report/report.py") == [
        "eval/report/report.py:2 imports tabs.predict: explain/* eval/* must not import tabs gradio"
    ]
