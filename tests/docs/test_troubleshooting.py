"""Test that the code contains every message that the page of error messages quotes."""

import ast
import re

from bakeoff.common.root import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
# Rows whose first cell quotes a message from its beginning. Other rows describe a symptom.
QUOTED = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


def messages() -> set[str]:
    """Return every piece of text in the code of the project."""
    files = [path for path in ROOT.rglob("*.py") if not {"tests", ".venv", "runs"} & set(path.relative_to(ROOT).parts)]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    constants = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def test_every_quoted_message_is_in_the_code():
    assert len(QUOTED) > 25
    pieces = messages()
    missing = [quoted for quoted in QUOTED if not any(quoted in piece for piece in pieces)]
    assert not missing


def test_a_message_that_nothing_says_is_noticed():
    assert not any("no code says " + "this" in piece for piece in messages())
