"""Explain one text with both models.

bakeoff explain --models runs/demo --text "The striker scored twice"
bakeoff explain --models runs/demo --file article.txt --disagreement --html explanation.html
bakeoff explain --models USER/news-pytorch USER/news-tensorflow --file - --json < article.txt
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from tqdm import tqdm

from bakeoff.classifiers.base import Classifier
from bakeoff.classifiers.options import add_models, load_named
from bakeoff.common import options
from bakeoff.common.errors import InputError, one_sentence_errors
from bakeoff.common.files import export
from bakeoff.common.html_page import COLORS
from bakeoff.common.limits import check_text
from bakeoff.common.spreadsheet import to_csv
from explain.findings import ENDED
from explain.lime_text.explanation import Settings
from explain.lime_text.targets import TARGETS
from explain.pages import html_report, terminal
from explain.session import Session, sessions
from explain.table import table


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = options.command(
        "explain",
        __doc__,
        'bakeoff explain --models runs/demo --text "The striker scored twice" --html explanation.html',
    )
    add_models(command)
    text = command.add_mutually_exclusive_group(required=True)
    text.add_argument("--text", help="the text")
    text.add_argument("--file", metavar="FILE", help="a UTF-8 file that holds it; - for standard input")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--label", help="the class to explain (default: each model's own answer)")
    what.add_argument("--disagreement", action="store_true", help="explain what pushes the two models apart")
    command.add_argument(
        "--samples", type=int, default=Settings.samples, metavar="N", help="calls of each model at most"
    )
    command.add_argument("--seconds", type=float, default=Settings.seconds, metavar="N", help="seconds at most")
    command.add_argument("--target", choices=list(TARGETS), default=Settings.target, help="what is fitted")
    command.add_argument("--stock", action="store_true", help="draw, weigh and fit as stock lime does")
    options.add_seed(command, "the samples")
    command.add_argument("--top", type=int, default=Settings.top, metavar="N", help="words to list")
    options.add_json(command)
    options.add_quiet(command)
    command.add_argument("--csv", type=Path, metavar="FILE", help="also write the table of words")
    command.add_argument("--html", type=Path, metavar="FILE", help="also write a page to read, which opens offline")
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Print why both models answer as they do."""
    arguments = parser().parse_args(argv)
    settings = Settings(
        samples=arguments.samples,
        seconds=arguments.seconds,
        top=arguments.top,
        target=arguments.target,
        stock=arguments.stock,
        seed=arguments.seed,
    )
    text = check_text(arguments.text if arguments.file is None else read(arguments.file))
    session = sample(
        text, tuple(load_named(arguments.models)), arguments.label, settings, options.hide_progress(arguments)
    )
    if arguments.disagreement:
        session = session.disagreement()
    findings = session.measure().findings
    if arguments.json:
        print(json.dumps(findings.to_json(), indent=2))
    else:
        terminal.show(Console(), findings, arguments.top)
        print(f"{findings.calls} perturbed texts in {session.last.seconds:.1f} s; {ENDED[findings.ended]}.")
    if arguments.csv:
        export(arguments.csv, to_csv(table(findings.explanations, findings.by_difference)).decode())
    if arguments.html:
        export(arguments.html, html_report.page(findings, COLORS))
    for path in filter(None, (arguments.csv, arguments.html)):
        options.note(arguments, f"written to {path}")
    return 0


def read(path: str) -> str:
    """Return the text of a file, or of standard input for `-`.

    Raises:
        InputError: The file can't be read as UTF-8.
    """
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror}); check the name.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start:,}); save it as UTF-8 first.") from error


def sample(
    text: str, classifiers: Sequence[Classifier], label: str | None, settings: Settings, hidden: bool | None = None
) -> Session:
    """Draw and score all samples of a text, with a progress bar in the terminal."""
    with tqdm(total=settings.samples, desc="samples", unit="call", disable=hidden) as bar:
        for session in sessions(text, classifiers, label, settings):
            bar.update(session.last.calls - bar.n)
            bar.set_postfix_str(", ".join(explanation.trust.level for explanation in session.last.explanations))
    return session


if __name__ == "__main__":
    sys.exit(main())
