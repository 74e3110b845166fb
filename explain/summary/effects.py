"""Compute a global explanation: the words that push the model towards each class, averaged over a corpus."""

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

LEAST_TEXTS = 3  # texts that must contain a word; fewer say more about the texts than about the model
Effects = Mapping[str, Sequence[NDArray[np.float64]]]


@dataclass(frozen=True)
class Row:
    """The effect of one word on one class.

    Attributes:
        label: The class.
        word: The word in lower case.
        texts: Number of texts that contain the word.
        effects: One mean effect per model: what the word adds to the log-odds of the class, averaged over these texts,
            with a 95 % interval from Student's t.
        difference: The last model's effect minus the first model's, paired by text.
    """

    label: str
    word: str
    texts: int
    effects: tuple[Estimate, ...]
    difference: Estimate


def effects(samples: Samples, column: int) -> tuple[dict[str, float], ...]:
    """Return what each word of one text adds to the log-odds of a class, one table per model, without passages."""
    tables = []
    for logits in samples.logits:
        target = log_odds(logits, column)
        weights = surrogate.fit(samples.kept, target, stock=False, rounds=0).weights
        table: dict[str, float] = defaultdict(float)
        for name, weight in zip(samples.units.names, weights, strict=True):
            if words(name) == [name]:
                table[name.casefold()] += float(weight)
        tables.append(dict(table))
    return tuple(tables)


def summarize(texts: Iterable[Samples], labels: Sequence[str], top: int = 10) -> tuple[Row, ...]:
    """Return the words that most surely support each class, ranked by the lower end of their mean effect's interval.

    Args:
        texts: The samples of each text, from `explain.lime_text.rounds.rounds`.
        labels: The classes, in the order of the logits' columns.
        top: Number of words per class.
    """
    gathered: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for samples in texts:
        for column, label in enumerate(labels):
            tables = effects(samples, column)
            for word in tables[0]:
                gathered[label, word].append([table[word] for table in tables])
    rows = [
        _row(label, word, np.array(values)) for (label, word), values in gathered.items() if len(values) >= LEAST_TEXTS
    ]
    return tuple(
        row
        for label in labels
        for row in sorted((row for row in rows if row.label == label), key=_surely, reverse=True)[:top]
        if _surely(row) > 0
    )


def _row(label: str, word: str, values: NDArray[np.float64]) -> Row:
    """Average effects (texts, models) over texts."""
    return Row(label, word, len(values), tuple(map(_mean, values.T)), _mean(values[:, -1] - values[:, 0]))


def _mean(values: NDArray[np.float64]) -> Estimate:
    center, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    reach = float(student.ppf(0.975, len(values) - 1)) * error
    return Estimate(center, center - reach, center + reach)


def _surely(row: Row) -> float:
    return max(effect.low for effect in row.effects)
