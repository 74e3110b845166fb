"""Measure how similar two explanations are: those of two models, or of one model with two seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bakeoff.classifiers.base import Classifier
from bakeoff.stats.estimate import Estimate
from explain.lime_text.explanation import Explanation, Settings
from explain.lime_text.rounds import explain

TOP = 10


@dataclass(frozen=True)
class Agreement:
    """The similarity of two explanations.

    Attributes:
        overlap: Share of the top words that both explanations have in common, 0 to 1.
        rank_correlation: Spearman's rank correlation of all words' weights, -1 to 1.
        sign_agreement: Share of the words in either explanation's top whose weights have the same sign in both.
        top: Number of words that were counted as the top.
    """

    overlap: Estimate
    rank_correlation: Estimate
    sign_agreement: Estimate
    top: int


def agree(first: Explanation, second: Explanation, top: int = TOP) -> Agreement:
    """Compare two explanations of one text over the words that both have.

    A word whose weight is 0 in both explanations has no sign. It is left out of the sign agreement.
    """
    one, other = _weights(first), _weights(second)
    names = sorted(one.keys() & other.keys())
    a, b = (np.array([weights[name] for name in names]) for weights in (one, other))
    tops = [set(_heaviest(weights, top)) for weights in (one, other)]
    size = min(top, len(one), len(other))
    if not all(any(weights.values()) for weights in (one, other)):
        shared = Estimate(None, reason="no word has a weight in one of the models")
    elif size >= min(len(one), len(other)):
        shared = Estimate(None, reason=f"the text has no more than {size} words, so all of them are top words")
    else:
        shared = Estimate(len(tops[0] & tops[1]) / size)
    either = [row for row, name in enumerate(names) if name in tops[0] | tops[1] and (a[row] or b[row])]
    return Agreement(
        overlap=shared,
        rank_correlation=_rank_correlation(a, b),
        sign_agreement=Estimate(float(np.mean(np.sign(a[either]) == np.sign(b[either]))))
        if either
        else Estimate(None, reason="no word has a weight"),
        top=size,
    )


def stability(
    text: str,
    classifier: Classifier,
    seeds: Sequence[int],
    label: str | None = None,
    settings: Settings | None = None,
    top: int = TOP,
) -> Estimate:
    """Return the mean overlap of the top words of one model's explanations, over all pairs of seeds.

    Raises:
        ValueError: Fewer than two different seeds were passed.
        InputError: The text or the label can't be explained.
    """
    if len(set(seeds)) < 2:
        raise ValueError("expected at least two different seeds")
    base = settings or Settings()
    drawn = [explain(text, [classifier], label, replace(base, seed=seed))[0] for seed in seeds]
    overlaps = [agree(*pair, top).overlap for pair in combinations(drawn, 2)]
    undefined = next((overlap for overlap in overlaps if overlap.value is None), None)
    return undefined or Estimate(float(np.mean([overlap.value for overlap in overlaps])))


def _weights(explanation: Explanation) -> dict[str, float]:
    return {part.name: part.weight for part in explanation.parts}


def _heaviest(weights: dict[str, float], top: int) -> list[str]:
    return sorted(weights, key=lambda name: -abs(weights[name]))[:top]


def _rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> Estimate:
    if len(first) < 3:
        return Estimate(None, reason="fewer than three words are in both explanations")
    ranks = [pd.Series(weights).rank().to_numpy() for weights in (first, second)]
    if min(np.ptp(rank) for rank in ranks) == 0:
        return Estimate(None, reason="all words have the same weight in one of the models")
    return Estimate(float(np.corrcoef(*ranks)[0, 1]))
