"""Compare the two trainers line by line: which functions and lines are the same, and which differ by framework."""

import ast
import hashlib
from collections.abc import Mapping
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

from bakeoff.common.root import ROOT

TRAINERS = {"PyTorch": "trainers/train_pytorch.py", "TensorFlow": "trainers/train_tensorflow.py"}


def side_by_side(files: Mapping[str, str] = TRAINERS, root: Path = ROOT) -> dict[str, Any]:
    """Compare two source files and return the result as JSON.

    Args:
        files: the path of each framework's file below the root.
        root: the folder that the paths start from.

    Returns:
        `files`: path and digest of each file. `functions`: the share of equal lines of each function, or None if only
        one file has it. `same_lines`: the share of all lines that are equal. `rows`: both texts, aligned, with a flag
        per row that says whether its two sides are equal.
    """
    texts = {name: (root / path).read_text(encoding="utf-8") for name, path in files.items()}
    first, second = (text.splitlines() for text in texts.values())
    return {
        "files": {
            name: {"path": path, "sha256": hashlib.sha256(texts[name].encode()).hexdigest()}
            for name, path in files.items()
        },
        "functions": _functions(*texts.values()),
        "same_lines": _share_of_equal_lines(_stripped(first), _stripped(second)),
        "rows": _aligned(first, second),
    }


def _functions(first: str, second: str) -> list[dict[str, Any]]:
    one, other = _bodies(first), _bodies(second)
    shares = {name: _share_of_equal_lines(one[name], other[name]) for name in one if name in other}
    return [{"name": name, "same_lines": shares.get(name)} for name in dict.fromkeys([*one, *other])]


def _bodies(source: str) -> dict[str, list[str]]:
    """Return the lines of each top-level function by its name."""
    lines = source.splitlines()
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return {node.name: _stripped(lines[node.lineno - 1 : node.end_lineno]) for node in functions}


def _stripped(lines: list[str]) -> list[str]:
    """Return the lines without indentation and without empty lines."""
    return [line.strip() for line in lines if line.strip()]


def _share_of_equal_lines(first: list[str], second: list[str]) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _aligned(first: list[str], second: list[str]) -> list[dict[str, Any]]:
    """Return the rows of a table with both texts side by side; the shorter side of a change is filled with None."""
    rows = []
    for tag, start, end, other_start, other_end in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        pairs = zip_longest(first[start:end], second[other_start:other_end])
        rows += [{"same": tag == "equal", "left": left, "right": right} for left, right in pairs]
    return rows
