"""Print which words speak for each class in each model, on average over the texts of a corpus.

bakeoff summarize --models runs/demo --texts 50 --output summary.html
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.console import Console
from tqdm import tqdm

from bakeoff.classifiers.base import Classifier
from bakeoff.classifiers.options import add_models, load_named
from bakeoff.common import options
from bakeoff.common.errors import InputError, one_sentence_errors
from bakeoff.corpus import corpus
from explain.lime_text.explanation import Settings
from explain.lime_text.rounds import rounds
from explain.lime_text.sampling import Samples
from explain.summary import page
from explain.summary.effects import LEAST_TEXTS, summarize


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = options.command(
        "summarize", __doc__, "bakeoff summarize --models runs/demo --texts 50 --output summary.html"
    )
    add_models(command)
    corpus.add_corpus(command, "whose test split is used")
    command.add_argument(
        "--texts", type=int, default=50, metavar="N", help="texts, drawn at random from the test split"
    )
    command.add_argument("--samples", type=int, default=200, metavar="N", help="calls of each model per text, at most")
    command.add_argument("--top", type=int, default=10, metavar="N", help="words to list per class")
    options.add_seed(command, "the texts and the samples")
    options.add_output(command, "also write it, as .html (with a plot), .csv or .json")
    options.add_json(command)
    options.add_quiet(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Print the words of each class, and write them if asked."""
    arguments = parser().parse_args(argv)
    if arguments.output and arguments.output.suffix not in page.WRITERS:
        known = ", ".join(page.WRITERS)
        raise InputError(f"{arguments.output.name} can't be written: expected a name that ends in one of {known}.")
    if arguments.texts < LEAST_TEXTS or arguments.top < 1:
        raise InputError(f"--texts is at least {LEAST_TEXTS} and --top at least 1; change the flags.")
    data = corpus.from_options(arguments)
    chosen = np.random.default_rng(arguments.seed).permutation(len(data.test))[: arguments.texts]
    settings = Settings(samples=arguments.samples, seconds=None, seed=arguments.seed)
    pair = tuple(load_named(arguments.models))
    texts = [data.test[row].text for row in chosen]
    sampled = sample_all(texts, pair, settings, options.hide_progress(arguments))
    rows = summarize(sampled, pair[0].labels, arguments.top)
    if arguments.output:
        page.write(arguments.output, rows, pair, data.name, len(sampled))
        options.note(arguments, f"written to {arguments.output}")
    if arguments.json:
        print(page.as_json(rows, pair, data.name, len(sampled)), end="")
        return 0
    page.show(Console(), rows, [each.framework for each in pair])
    print(f"mean effects on the log-odds over {len(sampled)} texts of {data.name}, 95 % intervals over texts")
    return 0


def sample_all(
    texts: Sequence[str], classifiers: Sequence[Classifier], settings: Settings, hidden: bool | None = None
) -> list[Samples]:
    """Draw and score the samples of each text; Ctrl-C ends the sampling early and keeps the finished texts."""
    sampled: list[Samples] = []
    try:
        for number, text in enumerate(tqdm(texts, desc="texts", unit="text", disable=hidden)):
            *_, last = rounds(text, classifiers, settings=replace(settings, seed=settings.seed + number))
            sampled.append(last.samples)
    except KeyboardInterrupt:
        if len(sampled) < LEAST_TEXTS:
            raise
        print(f"stopped after {len(sampled)} of {len(texts)} texts; these are their results:", file=sys.stderr)
    return sampled


if __name__ == "__main__":
    sys.exit(main())
