"""The command line: `bakeoff NAME` runs the `main` of one of the folders, which is imported by its name only then.

`bakeoff` and `python -m bakeoff` are the same. `bakeoff --help` lists the commands and imports nothing.
"""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bakeoff import __version__
from bakeoff.common.errors import ASKED_WRONGLY, FAILED, one_sentence_errors


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: The name to type.
        group: The heading above it in `bakeoff --help`.
        help: One line that describes the command.
        module: has its `main(argv)` and its `parser()`.
    """

    name: str
    group: str
    help: str
    module: str


# In the order of the walk from data to decision.
COMMANDS = {
    command.name: command
    for command in (
        Command("corpus", "Data", "check a corpus and print its profile", "bakeoff.corpus.__main__"),
        Command("train", "Train", "fine-tune the same BERT in PyTorch and in TensorFlow", "trainers.__main__"),
        Command("parity", "Train", "check that the framework is the only difference of two models", "trainers.parity"),
        Command("explain", "Explain", "explain one text with both models", "explain.__main__"),
        Command(
            "summarize",
            "Explain",
            "list the words that speak for each class, over a corpus",
            "explain.summary.__main__",
        ),
        Command("evaluate", "Evaluate", "score both models, with uncertainty and a verdict", "eval.__main__"),
        Command("page", "Evaluate", "write an evaluation report as an HTML page", "eval.pages.html_report"),
        Command("speed", "Measure", "measure latency, throughput, training, memory and disk", "eval.speed.__main__"),
        Command(
            "export",
            "Measure",
            "try every export format: does it run, is it equal, how fast",
            "eval.portability.__main__",
        ),
        Command(
            "footprint",
            "Measure",
            "compare disk, cold start and memory by variant of the packages",
            "eval.footprint.__main__",
        ),
        Command("code-size", "Evidence", "count the lines of code that each framework takes", "eval.measure.code_size"),
        Command(
            "adoption",
            "Evidence",
            "count who uses each framework, from the Hub and dated facts",
            "eval.adoption.__main__",
        ),
        Command("decide", "Decide", "weigh the reports and recommend a framework", "decide.__main__"),
        Command(
            "publish",
            "Share",
            "publish the models, or a report's scores, to the Hugging Face Hub",
            "eval.report.publish",
        ),
        Command("serve", "Share", "serve the page and the REST API", "app"),
        Command("doctor", "Help", "check the installation and show how to fix it", "bakeoff.doctor.__main__"),
    )
}


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first argument names, and return its exit status (`bakeoff/common/errors.py`)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(overview())
        return 0
    if arguments[0] == "--version":
        print(f"bakeoff {__version__}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"error: {unknown(name)}", file=sys.stderr)
        return ASKED_WRONGLY
    try:
        module = importlib.import_module(COMMANDS[name].module)
    except ModuleNotFoundError as error:
        print(
            f"error: `bakeoff {name}` needs the package {error.name}, which is not installed; `bakeoff doctor` says "
            "what brings it.",
            file=sys.stderr,
        )
        return FAILED
    return module.main(rest)


def overview() -> str:
    """Return the text of `bakeoff --help`: all commands, by group."""
    lines = [
        "usage: bakeoff COMMAND [flags]",
        "",
        "PyTorch or TensorFlow for text classification? Compare both on your data.",
    ]
    width = max(map(len, COMMANDS)) + 2
    for group, commands in groupby(COMMANDS.values(), key=lambda command: command.group):
        lines += ["", f"{group}:", *(f"  {command.name:<{width}}{command.help}" for command in commands)]
    lines += ["", "`bakeoff COMMAND --help` shows a command's flags and an example; `bakeoff --version` the version."]
    return "\n".join(lines)


def unknown(name: str) -> str:
    """Return one sentence about a command that does not exist, with the nearest name."""
    from difflib import get_close_matches

    kind = "flag" if name.startswith("-") else "command"
    near = get_close_matches(name.lstrip("-"), COMMANDS, n=1, cutoff=0.5)
    remedy = f"did you mean `bakeoff {near[0]}`?" if near else "`bakeoff --help` lists the commands."
    return f"there is no {kind} {name[:40]!r}: {remedy}"


if __name__ == "__main__":
    sys.exit(main())
