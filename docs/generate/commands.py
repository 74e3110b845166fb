"""Write the command reference from the `--help` of every command."""

import importlib
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = "100"
HEAD = """# Command reference

<!-- Written by `python -m docs.generate` from the parsers of the commands. -->

`bakeoff COMMAND --help` prints the same text. `python -m bakeoff` is the same as `bakeoff`.

```text
{overview}
```
"""


def page() -> str:
    """Return the help of all commands as Markdown."""
    from bakeoff.__main__ import overview

    sections = [HEAD.format(overview=overview())]
    for name, parser in parsers().items():
        with _plain_environment():
            sections.append(f"## bakeoff {name}\n\n```text\n{parser.format_help().rstrip()}\n```\n")
    return "\n".join(sections)


def parsers() -> dict[str, ArgumentParser]:
    """Return the parser of each command, by its name."""
    from bakeoff.__main__ import COMMANDS

    with _plain_environment():
        return {name: importlib.import_module(command.module).parser() for name, command in COMMANDS.items()}


@contextmanager
def _plain_environment() -> Iterator[None]:
    """Fix the width of the help, and hide the variables that change defaults."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("BAKEOFF_")]:
        del os.environ[name]
    os.environ.update(COLUMNS=WIDTH, NO_COLOR="1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
