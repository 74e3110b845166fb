"""Draw perturbed texts and score them with all models, in rounds.

All models score the same samples, so a difference between two explanations is a difference between two models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import Classifier
from explain.lime_text.targets import log_odds
from explain.lime_text.units import Units

CHUNK = 16  # texts scored at once: this bounds the memory, and the time limit is checked after each chunk
BINS = 8  # levels into which the kept share of a text, 0 to 1, is divided
UNIFORM_SHARE = 0.2  # share of the draws spread evenly, so that a level that looked flat by chance is sampled again


@dataclass(frozen=True)
class Samples:
    """Perturbed texts and the models' logits.

    Attributes:
        units: The d parts into which the text was divided.
        kept: bool (n, d), which parts each perturbed text has. The first text has all of them.
        logits: One float32 array (n, k) per model.
    """

    units: Units
    kept: NDArray[np.bool_]
    logits: tuple[NDArray[np.float32], ...]

    def __len__(self) -> int:
        return len(self.kept)


def whole(units: Units, classifiers: Sequence[Classifier]) -> Samples:
    """Score the first sample: the text itself."""
    return _scored(units, np.ones((1, len(units)), dtype=bool), classifiers)


def extend(samples: Samples, kept: NDArray[np.bool_], classifiers: Sequence[Classifier]) -> Iterator[Samples]:
    """Yield the samples extended by new ones, after each chunk.

    Args:
        samples: The existing samples.
        kept: bool (m, d), which parts each of the m new samples has.
        classifiers: The models that score the new samples.
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
    """Choose which parts to keep in `count` more texts: bool (count, d).

    At first, the kept share is drawn evenly from nothing to everything. Later it is drawn in proportion to how much the
    models' answers vary at each level (Neyman allocation). Where answers do not vary, samples carry no information.

    Args:
        samples: The samples scored so far.
        count: Number of new samples.
        columns: Column of the explained class in each model.
        random: The random number generator.
    """
    d = len(samples.units)
    levels = random.choice(BINS, size=count, p=_allocation(samples, columns))
    shares = (levels + random.uniform(size=count)) / BINS
    sizes = np.round(shares * d).astype(int)
    order = random.uniform(size=(count, d)).argsort(axis=1).argsort(axis=1)
    return order < sizes[:, None]


def _allocation(samples: Samples, columns: Sequence[int]) -> NDArray[np.float64]:
    """Return the probability (BINS,) of each level."""
    levels = np.minimum((samples.kept.mean(axis=1) * BINS).astype(int), BINS - 1)
    spread = np.ones(BINS)
    if len(samples) > 4 * BINS:
        spreads = [_spread(levels, log_odds(*pair)) for pair in zip(samples.logits, columns, strict=True)]
        spread = sum(spreads, start=np.zeros(BINS))
    if not spread.sum() > 0:
        spread = np.ones(BINS)
    return UNIFORM_SHARE / BINS + (1 - UNIFORM_SHARE) * spread / spread.sum()


def _spread(levels: NDArray[np.int64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the target's standard deviation at each level, divided by the sum over all levels.

    A level with fewer than three samples gets the mean of the other levels.
    """
    inside = [target[levels == level] for level in range(BINS)]
    deviations = np.array([values.std() if len(values) > 2 else np.nan for values in inside])
    if not np.nansum(deviations) > 0:
        return np.zeros(BINS)
    deviations = np.where(np.isnan(deviations), np.nanmean(deviations), deviations)
    return deviations / deviations.sum()


def draw_as_lime(d: int, count: int, random: np.random.RandomState) -> NDArray[np.bool_]:
    """Draw the parts that stock lime keeps in `count` texts, from the same random state: bool (count, d)."""
    sizes = random.randint(1, d + 1, count)
    kept = np.ones((count, d), dtype=bool)
    for row, size in enumerate(sizes):
        kept[row, random.choice(d, size, replace=False)] = False
    return kept
