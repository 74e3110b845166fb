"""What a model goes by, on the whole: which words speak for each class, on average over the texts of a corpus."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from bakeoff.stats.estimate import Estimate
from explain.lime_text import surrogate
from explain.lime_text.sampling import Samples
from explain.lime_text.targets import log_odds
from explain.lime_text.units import words

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
