"""Explain one text with both models.

python -m explain --models runs/demo/pytorch runs/demo/tensorflow --text "The striker scored twice"
python -m explain --models A B --file article.txt --json > explanation.json
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from tqdm import tqdm

from classifiers.base import Classifier
from classifiers.pair import load_pair
from errors import InputError, one_sentence_errors
from explain import terminal
from explain.document import document
from explain.faithfulness import faithfulness
from explain.lime_text import Round, Settings, rounds
from explain.surrogate import TARGETS
from limits import check_text


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m explain", description=__doc__.split("\n")[0])
    out.add_argument("--models", nargs=2, required=True, metavar=("PYTORCH", "TENSORFLOW"), help="folders or Hub ids")
    text = out.add_mutually_exclusive_group(required=True)
    text.add_argument("--text", help="the text")
    text.add_argument("--file", metavar="FILE", help="a UTF-8 file that holds it; - for standard input")
    out.add_argument("--label", help="the class to explain (default: each model's own answer)")
    out.add_argument("--samples", type=int, default=Settings.samples, help="calls of each model at most (500)")
    out.add_argument("--seconds", type=float, default=Settings.seconds, help="at most (60)")
    out.add_argument("--target", choices=list(TARGETS), default=Settings.target, help="what is fitted (log-odds)")
    out.add_argument("--stock", action="store_true", help="draw, weigh and fit as stock lime does")
    out.add_argument("--seed", type=int, default=Settings.seed, help="of the samples (0)")
    out.add_argument("--top", type=int, default=Settings.top, help="words to list (10)")
    out.add_argument("--json", action="store_true", help="print everything as JSON")
    return out


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
    pair = tuple(load_pair(*arguments.models))
    last = sample(text, pair, arguments.label, settings)
    if arguments.json:
        measured = [faithfulness(*each) for each in zip(pair, last.explanations, strict=True)]
        print(json.dumps(document(last.explanations, settings, last, measured), indent=2))
        return 0
    terminal.show(Console(), last.explanations, arguments.top)
    print(f"{last.calls} calls of each model in {last.seconds:.1f} s; ended: {WHY[last.ended]}.")
    return 0


WHY = {"stable": "the top words are stable", "samples": "all samples are used", "time": "the time is up"}


def read(path: str) -> str:
    """The text of a file, or of standard input for `-`.

    Raises:
        InputError: it can't be read as UTF-8.
    """
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror}); check the name.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start:,}); save it as UTF-8 first.") from error


def sample(text: str, classifiers: Sequence[Classifier], label: str | None, settings: Settings) -> Round:
    """The last round, with a progress bar in the terminal."""
    with tqdm(total=settings.samples, desc="samples", unit="call", disable=None) as bar:
        for last in rounds(text, classifiers, label, settings):
            bar.update(last.calls - bar.n)
            bar.set_postfix_str(", ".join(each.trust.level for each in last.explanations))
    return last


if __name__ == "__main__":
    sys.exit(main())
