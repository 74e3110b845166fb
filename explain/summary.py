"""What a model goes by, on the whole: which words speak for each class, on average over the texts of a corpus.

python -m explain.summary --models runs/demo/pytorch runs/demo/tensorflow --texts 50 --output summary.html
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.stats import t as student
from tqdm import tqdm

from bakeoff.classifiers.base import Classifier
from bakeoff.classifiers.pair import load_pair
from bakeoff.common.errors import InputError, one_sentence_errors
from bakeoff.corpus import corpus
from bakeoff.stats.estimate import Estimate
from explain.lime_text import surrogate
from explain.lime_text.explanation import Settings
from explain.lime_text.rounds import rounds
from explain.lime_text.sampling import Samples
from explain.lime_text.targets import log_odds
from explain.lime_text.units import words
from explain.pages import summary_page

LEAST_TEXTS = 3  # that a word stands in: fewer say more about the texts than about the model
Effects = Mapping[str, Sequence[NDArray[np.float64]]]


@dataclass(frozen=True)
class Row:
    """One word and one class.

    Attributes:
        label: the class.
        word: in lower case.
        texts: in which the word stands.
        effects: what the word adds to the log-odds of the class on average over these texts, one a model, with the
            95 % interval of Student's t.
        difference: the last model's effect minus the first's, paired by text.
    """

    label: str
    word: str
    texts: int
    effects: tuple[Estimate, ...]
    difference: Estimate


def effects(samples: Samples, column: int) -> tuple[dict[str, float], ...]:
    """What each word of one text adds to the log-odds of a class, one table a model; passages are left out."""
    found = []
    for logits in samples.logits:
        target = log_odds(logits, column)
        weights = surrogate.fit(samples.kept, target, stock=False, rounds=0).weights
        table: dict[str, float] = defaultdict(float)
        for name, weight in zip(samples.units.names, weights, strict=True):
            if words(name) == [name]:
                table[name.casefold()] += float(weight)
        found.append(dict(table))
    return tuple(found)


def summarise(texts: Iterable[Samples], labels: Sequence[str], top: int = 10) -> tuple[Row, ...]:
    """The words that speak most surely for each class: those with the highest lower ends of their mean effects.

    Args:
        texts: the samples of each text, of `explain.lime_text.rounds.rounds`.
        labels: the classes, in the order of the logits' columns.
        top: words a class.
    """
    gathered: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for samples in texts:
        for column, label in enumerate(labels):
            tables = effects(samples, column)
            for word in tables[0]:
                gathered[label, word].append([table[word] for table in tables])
    rows = [
        _row(label, word, np.array(found)) for (label, word), found in gathered.items() if len(found) >= LEAST_TEXTS
    ]
    return tuple(
        row
        for label in labels
        for row in sorted((row for row in rows if row.label == label), key=_surely, reverse=True)[:top]
        if _surely(row) > 0
    )


def _row(label: str, word: str, found: NDArray[np.float64]) -> Row:
    """The means over texts of effects (texts, models)."""
    return Row(label, word, len(found), tuple(map(_mean, found.T)), _mean(found[:, -1] - found[:, 0]))


def _mean(values: NDArray[np.float64]) -> Estimate:
    center, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    reach = float(student.ppf(0.975, len(values) - 1)) * error
    return Estimate(center, center - reach, center + reach)


def _surely(row: Row) -> float:
    return max(effect.low for effect in row.effects)


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
    if arguments.output and arguments.output.suffix not in summary_page.WRITERS:
        known = ", ".join(summary_page.WRITERS)
        raise InputError(f"{arguments.output.name} can't be written: expected a name that ends in one of {known}.")
    if arguments.texts < LEAST_TEXTS or arguments.top < 1:
        raise InputError(f"--texts is at least {LEAST_TEXTS} and --top at least 1; change the flags.")
    data = corpus.from_options(arguments)
    chosen = np.random.default_rng(arguments.seed).permutation(len(data.test))[: arguments.texts]
    settings = Settings(samples=arguments.samples, seconds=None, seed=arguments.seed)
    pair = tuple(load_pair(*arguments.models))
    sampled = sample_all([data.test[row].text for row in chosen], pair, settings)
    rows = summarise(sampled, pair[0].labels, arguments.top)
    summary_page.show(Console(), rows, [each.framework for each in pair])
    print(f"mean effects on the log-odds over {len(sampled)} texts of {data.name}, 95 % intervals over texts")
    if arguments.output:
        summary_page.write(arguments.output, rows, pair, data.name, len(sampled))
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
