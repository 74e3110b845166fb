"""The two trainers side by side: which functions and lines are the same, and which the frameworks make different."""

import ast
import hashlib
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from bakeoff.common.root import ROOT

TRAINERS = {"PyTorch": "trainers/train_pytorch.py", "TensorFlow": "trainers/train_tensorflow.py"}


def side_by_side(files: Mapping[str, str] = TRAINERS, root: Path = ROOT) -> dict[str, Any]:
    """Two source files compared, as JSON.

    Args:
        files: path of each framework's file below the root.
        root: where the paths start.

    Returns:
        `files` with each one's path and digest; `functions` with the share of lines that both have alike, None where
        only one has the function; `same_lines`, the share of all lines that are alike; and `rows` of the two texts,
        aligned, the sides of a row being alike or not.
    """
    texts = {name: (root / path).read_text(encoding="utf-8") for name, path in files.items()}
    first, second = (text.splitlines() for text in texts.values())
    return {
        "files": {
            name: {"path": path, "sha256": hashlib.sha256(texts[name].encode()).hexdigest()}
            for name, path in files.items()
        },
        "functions": _functions(*texts.values()),
        "same_lines": _alike(_written(first), _written(second)),
        "rows": _rows(first, second),
    }


def _functions(first: str, second: str) -> list[dict[str, Any]]:
    one, other = _bodies(first), _bodies(second)
    return [
        {"name": name, "same_lines": _alike(one[name], other[name]) if name in one and name in other else None}
        for name in dict.fromkeys([*one, *other])
    ]


def _bodies(source: str) -> dict[str, list[str]]:
    """The lines of each function at the top level, by its name."""
    lines = source.splitlines()
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return {each.name: _written(lines[each.lineno - 1 : each.end_lineno]) for each in functions}


def _written(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _alike(first: list[str], second: list[str]) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _rows(first: list[str], second: list[str]) -> list[dict[str, Any]]:
    out = []
    for tag, left, left_end, right, right_end in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        height = max(left_end - left, right_end - right)
        ones = [*first[left:left_end], *[None] * (height - left_end + left)]
        others = [*second[right:right_end], *[None] * (height - right_end + right)]
        out += [{"same": tag == "equal", "left": a, "right": b} for a, b in zip(ones, others, strict=True)]
    return out
