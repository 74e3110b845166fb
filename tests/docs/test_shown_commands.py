"""Test that the real parsers accept every command line in the README and the documentation."""

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from bakeoff.__main__ import COMMANDS
from bakeoff.common.root import ROOT

PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md", "data/README.md")
]
PAGES += sorted(path for path in (ROOT / "docs").glob("*.md") if path.name != "commands.md")
# Commands of other programs, which have no parser here.
OTHERS = {".", "apt-get", "cd", "curl", "docker", "export", "git", "hf", "openssl", "pip", "python3.11"}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def shown(page: Path) -> Iterator[list[str]]:
    """Yield the words of every command in a page's fenced blocks, and in code spans such as `bakeoff decide --report`.

    A span with a name alone, such as `bakeoff decide`, counts as its help.
    """
    text = page.read_text(encoding="utf-8")
    for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        if language in ("", "bash", "console", "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                yield words(line)
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for command in map(words, re.findall(r"`(bakeoff [a-z][^`]*)`", prose)):
        yield command if len(command) > 2 else [*command, "--help"]


def words(line: str) -> list[str]:
    """Return a line's words without the prompt, comments and environment variables."""
    found = shlex.split(line.strip().removeprefix("$ "), comments=True)
    while found and re.match(r"[A-Z_]+=", found[0]):
        del found[0]
    return found


def check(command: list[str]) -> None:
    """Parse a command as its program would. SystemExit or an assertion reports an error."""
    program, *rest = command
    if program == "bakeoff":
        if rest[0] not in ("--help", "--version"):
            assert rest[0] in COMMANDS, command
            importlib.import_module(COMMANDS[rest[0]].module).parser().parse_args(rest[1:])
    elif program.endswith("python"):
        check_python(rest)
    elif program == "make":
        assert set(rest) <= TARGETS, rest
    else:
        assert program in OTHERS, command


def check_python(rest: list[str]) -> None:
    """Parse `python app.py …` and `python -m MODULE …`."""
    module = "app" if rest[0] == "app.py" else rest[1]
    arguments = rest[1:] if rest[0] == "app.py" else rest[2:]
    if module == "pytest":
        assert all((ROOT / name).exists() for name in arguments if not name.startswith("-"))
        return
    if (ROOT / module.replace(".", "/")).is_dir():
        module += ".__main__"
    importlib.import_module(module).parser().parse_args(arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_shown_command_is_parsed(page, capsys):
    for command in filter(None, shown(page)):
        try:
            check(command)
        except SystemExit as end:
            assert end.code == 0, f"{shlex.join(command)}: {capsys.readouterr().err}"


def test_every_command_is_shown_somewhere():
    seen = {command[1] for page in PAGES for command in shown(page) if command and command[0] == "bakeoff"}
    assert seen >= set(COMMANDS)


@pytest.mark.parametrize(
    "command",
    ["bakeoff train --corpus news.csv", "bakeoff serve --no-such-flag", "make no-such-target", "unknown-program now"],
)
def test_a_command_that_does_not_work_is_noticed(command):
    with pytest.raises((SystemExit, AssertionError)):
        check(words(command))


def test_prompts_comments_and_settings_are_not_part_of_a_command():
    assert words("$ A_B=1 bakeoff decide --report 'a b'  # why") == ["bakeoff", "decide", "--report", "a b"]
