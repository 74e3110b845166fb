"""Identify the code behind a measurement, so that a report shows when that code has changed since.

Only what the statements do counts. Comments, docstrings, annotations, layout and the folders of imports do not, so that
prose and moves leave a digest unchanged.
"""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bakeoff.common.root import ROOT

# The code that a measured value depends on, by part. Command lines, pages and messages to users are left out.
PARTS = {
    "trainers": (
        "trainers/batches.py",
        "trainers/encoder.py",
        "trainers/head.py",
        "trainers/kernels_*.py",
        "trainers/recipe.py",
        "trainers/train_*.py",
    ),
    "tokenization": ("bakeoff/common/tokenization.py",),
    "classifiers": (
        "bakeoff/classifiers/base.py",
        "bakeoff/classifiers/*_bert.py",
        "bakeoff/classifiers/*_forward.py",
        "bakeoff/classifiers/transplant.py",
    ),
    "quality": ("eval/quality/*.py", "bakeoff/stats/*.py"),
    "speed": (
        "eval/speed/plan.py",
        "eval/speed/run.py",
        "eval/speed/texts.py",
        "eval/speed/timed_*.py",
        "eval/speed/bases/*.py",
        "eval/speed/probe_*.py",
        "eval/measure/timing.py",
        "eval/measure/worker*.py",
    ),
    "exports": (
        "eval/portability/capabilities.py",
        "eval/portability/export*.py",
        "eval/portability/formats.py",
        "eval/portability/run.py",
    ),
    "footprint": (
        "eval/footprint/environments.py",
        "eval/footprint/figures.py",
        "eval/footprint/resolve.py",
        "eval/footprint/serving/*.py",
        "eval/footprint/variants.py",
        "eval/footprint/wheel_sizes.py",
    ),
    "explanations": ("explain/lime_text/*.py", "explain/faithfulness.py", "benchmarks/explain/*.py"),
}
# The parts that each kind of report depends on.
OF_KIND = {
    "training": ("trainers", "tokenization"),
    "evaluation": ("tokenization", "classifiers", "quality"),
    "benchmark": ("trainers", "tokenization", "classifiers", "speed"),
    "deployability": ("tokenization", "exports"),
    "footprint": ("footprint", "exports"),
    "explanations": ("tokenization", "classifiers", "explanations"),
}


def of_kind(kind: str, root: Path = ROOT) -> dict[str, str]:
    """Return the digest of each part of the code that a kind of report depends on; empty for other kinds."""
    return {part: part_digest(part, root) for part in OF_KIND.get(kind, ())}


def changed(kind: str, recorded: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """Return the parts whose code differs from what a report recorded; a part that it did not record counts.

    Args:
        kind: the kind of report.
        recorded: the digests that the report holds, by part.
        root: the folder of the project.
    """
    return [part for part, digest in of_kind(kind, root).items() if recorded.get(part) != digest]


@cache
def part_digest(part: str, root: Path = ROOT) -> str:
    """Return 16 hex digits of the sha256 over the files of a part, which are read once per process."""
    paths = sorted({path for pattern in PARTS[part] for path in root.glob(pattern)})
    return of_files(paths)[:16]


def of_files(paths: Iterable[Path]) -> str:
    """Return the sha256 over the names and statements of Python files, in their order."""
    combined = hashlib.sha256()
    for path in paths:
        for text in (path.name, _syntax(ast.parse(path.read_bytes()))):
            combined.update(hashlib.sha256(text.encode()).digest())
    return combined.hexdigest()


def _syntax(node: Any) -> str:
    """Write a syntax tree without docstrings, annotations and folders of imports, equally in every version of Python.

    `ast.dump` is no substitute: from Python 3.13 on it leaves out empty fields.
    """
    if isinstance(node, list):
        return f"[{','.join(_syntax(item) for item in node if not _is_typing(item))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        node = ast.Assign([node.target], node.value)
    fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
    for name in ("annotation", "returns", "type_comment", "type_params"):
        fields.pop(name, None)
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
        fields["body"] = node.body[1:]
    if isinstance(node, ast.ImportFrom) and node.module:
        fields["module"] = node.module.rpartition(".")[2]
    return f"{type(node).__name__}({','.join(f'{name}={_syntax(value)}' for name, value in fields.items())})"


def _is_typing(node: Any) -> bool:
    """Return whether a statement imports only what annotations need."""
    return isinstance(node, ast.ImportFrom) and node.module in ("typing", "collections.abc", "types", "numpy.typing")
