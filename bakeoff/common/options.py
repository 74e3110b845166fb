"""Define the flags that commands share, so that a flag means the same everywhere.

--output  where the result is written    --json   print the answer as JSON on standard output
--seed    seed of everything random     --quiet  show no progress and no notes on standard error
--yes     answer every question with yes

`bakeoff/corpus/corpus.py` adds how a corpus is read, `bakeoff/classifiers/options.py` the two models.
"""

import argparse
import sys
from pathlib import Path


class Help(argparse.HelpFormatter):
    """A formatter that ends help texts with the flag's default and leaves the lines of an epilog unchanged."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        shown = isinstance(action.default, (str, int, float, Path)) and not isinstance(action.default, bool)
        if not shown or action.default == argparse.SUPPRESS or "(default" in text:
            return text
        return f"{text} (default: %(default)s)"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)


def command(name: str, documentation: str, example: str) -> argparse.ArgumentParser:
    """Return the parser of `bakeoff NAME`, without flags yet.

    Args:
        name: name of the command.
        documentation: docstring of its module, whose first line is shown.
        example: one or more command lines that work.
    """
    lines = "\n".join(f"  {line}" for line in example.strip().splitlines())
    return argparse.ArgumentParser(
        prog=f"bakeoff {name}",
        description=documentation.partition("\n")[0],
        epilog=f"example:\n{lines}",
        formatter_class=Help,
    )


def add_output(
    parser: argparse.ArgumentParser,
    written: str,
    default: Path | None = None,
    *,
    metavar: str = "FILE",
    required: bool = False,
) -> None:
    """Add `--output`: where the result is written."""
    parser.add_argument("--output", type=Path, default=default, metavar=metavar, required=required, help=written)


def add_seed(parser: argparse.ArgumentParser, drawn: str) -> None:
    """Add `--seed`: the seed of everything that this command draws at random."""
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=f"seed of {drawn}")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`: print the answer, and nothing else, as JSON on standard output."""
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add `--quiet`: show no progress and no notes, but still warnings and errors."""
    parser.add_argument("--quiet", action="store_true", help="show no progress and no notes")


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`: do it without asking."""
    parser.add_argument("--yes", action="store_true", help="do it without asking")


def note(arguments: argparse.Namespace, text: str) -> None:
    """Print a note, such as where a file was written, on standard error unless `--quiet` is set."""
    if not arguments.quiet:
        print(text, file=sys.stderr)


def hide_progress(arguments: argparse.Namespace) -> bool | None:
    """Return tqdm's `disable`: `--quiet` hides the bar; otherwise a terminal shows it."""
    return True if arguments.quiet else None
