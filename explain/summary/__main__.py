"""Print which words speak for each class in each model, on average over the texts of a corpus.

python -m explain.summary --models runs/demo/pytorch runs/demo/tensorflow --texts 50 --output summary.html
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from tqdm import tqdm

from bakeoff.classifiers.base import Classifier
from bakeoff.classifiers.pair import load_pair
from bakeoff.common.errors import InputError, one_sentence_errors
from bakeoff.corpus import corpus
from explain.lime_text.explanation import Settings
from explain.lime_text.rounds import rounds
from explain.lime_text.sampling import Samples
from explain.summary import page
from explain.summary.effects import LEAST_TEXTS, summarise


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m explain.summary", description=__doc__.split("\n")[0])
    out.add_argument("--models", nargs=2, required=True, metavar=("PYTORCH", "TENSORFLOW"), help="folders or Hub ids")
    out.add_argument("--corpus", default=corpus.SAMPLE, help="a file, a Hub data set id, or `sample` (default)")
    corpus.add_options(out)
    out.add_argument("--texts", type=int, default=50, help="of the test split, drawn at random (default: 50)")
    out.add_argument("--samples", type=int, default=200, help="calls of each model for a text, at most (default: 200)")
    out.add_argument("--top", type=int, default=10, help="words a class (default: 10)")
    out.add_argument("--seed", type=int, default=0, help="of the texts and the samples (default: 0)")
    out.add_argument("--output", type=Path, metavar="FILE", help="also write it, as .html (with a plot), .csv or .json")
    return out


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
    pair = tuple(load_pair(*arguments.models))
    sampled = sample_all([data.test[row].text for row in chosen], pair, settings)
    rows = summarise(sampled, pair[0].labels, arguments.top)
    page.show(Console(), rows, [each.framework for each in pair])
    print(f"mean effects on the log-odds over {len(sampled)} texts of {data.name}, 95 % intervals over texts")
    if arguments.output:
        page.write(arguments.output, rows, pair, data.name, len(sampled))
        print(f"written to {arguments.output}")
    return 0


def sample_all(texts: Sequence[str], classifiers: Sequence[Classifier], settings: Settings) -> list[Samples]:
    """The samples of each text; Ctrl-C ends it early with what there is."""
    sampled: list[Samples] = []
    try:
        for number, text in enumerate(tqdm(texts, desc="texts", unit="text", disable=None)):
            *_, last = rounds(text, classifiers, settings=replace(settings, seed=settings.seed + number))
            sampled.append(last.samples)
    except KeyboardInterrupt:
        if len(sampled) < LEAST_TEXTS:
            raise
        print(f"stopped after {len(sampled)} of {len(texts)} texts; this is what they say:", file=sys.stderr)
    return sampled


if __name__ == "__main__":
    sys.exit(main())
