"""Perturbed texts, and what the models say of them: one set for all models, drawn and scored in rounds.

With the same samples, a difference between two explanations is a difference between two models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import Classifier
from explain.lime_text.targets import log_odds
from explain.lime_text.units import Units

CHUNK = 16  # texts that are made and scored at once: memory stays flat, and the end of the time is seen soon
BINS = 8  # of the share that is kept
UNIFORM_SHARE = 0.2  # of the draws, whatever was learnt: a level that looked flat by chance gets a second look


@dataclass(frozen=True)
class Samples:
    """Perturbed texts and the models' logits.

    Attributes:
        units: what the text was divided into, d parts.
        kept: bool (n, d): which parts each perturbed text has; the first has all.
        logits: float32 (n, k) of each model.
    """

    units: Units
    kept: NDArray[np.bool_]
    logits: tuple[NDArray[np.float32], ...]

    def __len__(self) -> int:
        return len(self.kept)


def whole(units: Units, classifiers: Sequence[Classifier]) -> Samples:
    """The first sample: the text itself."""
    return _scored(units, np.ones((1, len(units)), dtype=bool), classifiers)


def extend(samples: Samples, kept: NDArray[np.bool_], classifiers: Sequence[Classifier]) -> Iterator[Samples]:
    """The samples and more of them, chunk by chunk.

    Args:
        samples: those there are.
        kept: which parts each new one has (m, d).
        classifiers: the models that score them.
    """
    for start in range(0, len(kept), CHUNK):
        more = _scored(samples.units, kept[start : start + CHUNK], classifiers)
        samples = replace(
            samples,
            kept=np.concatenate([samples.kept, more.kept]),
            logits=tuple(map(np.concatenate, zip(samples.logits, more.logits, strict=True))),
        )
        yield samples


def _scored(units: Units, kept: NDArray[np.bool_], classifiers: Sequence[Classifier]) -> Samples:
    texts = [units.without(row) for row in kept]
    return Samples(units, kept, tuple(classifier.logits(texts) for classifier in classifiers))


def draw(samples: Samples, count: int, columns: Sequence[int], random: np.random.RandomState) -> NDArray[np.bool_]:
    """Which parts to keep in `count` more texts: bool (count, d).

    How much is kept is drawn at first evenly from nothing to everything, then in proportion to how much the models'
    answers vary at each level (Neyman's allocation): where nothing moves, a sample teaches nothing.

    Args:
        samples: those scored so far.
        count: of the new ones.
        columns: the explained class of each model.
        random: the source of chance.
    """
    d = len(samples.units)
    levels = random.choice(BINS, size=count, p=_allocation(samples, columns))
    shares = (levels + random.uniform(size=count)) / BINS
    sizes = np.round(shares * d).astype(int)
    order = random.uniform(size=(count, d)).argsort(axis=1).argsort(axis=1)
    return order < sizes[:, None]


def _allocation(samples: Samples, columns: Sequence[int]) -> NDArray[np.float64]:
    """The probability (BINS,) of each level."""
    levels = np.minimum((samples.kept.mean(axis=1) * BINS).astype(int), BINS - 1)
    spread = np.ones(BINS)
    if len(samples) > 4 * BINS:
        spread = sum(_spread(levels, log_odds(*pair)) for pair in zip(samples.logits, columns, strict=True))
    if not spread.sum() > 0:
        spread = np.ones(BINS)
    return UNIFORM_SHARE / BINS + (1 - UNIFORM_SHARE) * spread / spread.sum()


def _spread(levels: NDArray[np.int64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The target's standard deviation at each level, as a share of all levels'; the mean where a level is too thin."""
    inside = [target[levels == level] for level in range(BINS)]
    found = np.array([values.std() if len(values) > 2 else np.nan for values in inside])
    if not np.nansum(found) > 0:
        return np.zeros(BINS)
    found = np.where(np.isnan(found), np.nanmean(found), found)
    return found / found.sum()


def draw_as_lime(d: int, count: int, random: np.random.RandomState) -> NDArray[np.bool_]:
    """What stock lime keeps of d parts in `count` perturbed texts, from the same random state: bool (count, d)."""
    sizes = random.randint(1, d + 1, count)
    kept = np.ones((count, d), dtype=bool)
    for row, size in enumerate(sizes):
        kept[row, random.choice(d, size, replace=False)] = False
    return kept
