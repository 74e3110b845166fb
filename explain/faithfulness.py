"""Check whether a model really relies on the words that an explanation names.

Comprehensiveness and sufficiency are defined as in ERASER (DeYoung et al., 2020). The deletion curve removes the words
with the strongest evidence for the class first. Everything is measured in log-odds and in probability, because
log-odds still move where probabilities are close to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import Classifier
from explain.lime_text.explanation import Explanation, Part
from explain.lime_text.targets import TARGETS

COUNTS = (1, 2, 5, 10, 20, 30)
RANDOM_ORDERS = 5


@dataclass(frozen=True)
class Curve:
    """A model's output as words are removed.

    Attributes:
        removed: Number of removed words at each of the m points, starting at 0.
        log_odds: Log-odds of the explained class at each point, (m,).
        probability: Probability of the explained class at each point, (m,).
    """

    removed: tuple[int, ...]
    log_odds: tuple[float, ...]
    probability: tuple[float, ...]


@dataclass(frozen=True)
class Faithfulness:
    """How much a model relies on the words that its explanation ranks first.

    Attributes:
        deletion: Curve with the most important words removed first.
        random: Curve with words removed in random order, averaged over several orders.
        kept: Curve with only the most important words kept. Its `removed` counts the kept words.
        comprehensiveness: Drop of the target when the top words are removed, averaged over the counts. Higher is
            better. The keys are the targets, "log-odds" and "probability".
        sufficiency: Drop of the target when only the top words are kept. Lower is better.
    """

    deletion: Curve
    random: Curve
    kept: Curve
    comprehensiveness: dict[str, float]
    sufficiency: dict[str, float]


def faithfulness(
    classifier: Classifier,
    explanation: Explanation,
    counts: Sequence[int] = COUNTS,
    seed: int = 0,
) -> Faithfulness:
    """Remove words and score the rest with the model.

    Args:
        classifier: The model that was explained.
        explanation: The explanation whose weights order the words.
        counts: Numbers of words to remove. A count beyond the text's number of words becomes that number, once.
        seed: Seed of the random orders.
    """
    order = sorted(explanation.parts, key=lambda part: -part.weight)
    counts = _within(counts, len(order))
    rng = np.random.default_rng(seed)
    shuffled = [[order[row] for row in rng.permutation(len(order))] for _ in range(RANDOM_ORDERS)]
    deletion = deletion_curve(classifier, explanation, order, counts)
    random_curves = [deletion_curve(classifier, explanation, parts, counts) for parts in shuffled]
    kept = _curve(classifier, explanation, counts, [_without(explanation, order[count:]) for count in counts])
    return Faithfulness(
        deletion=deletion,
        random=Curve(
            deletion.removed,
            tuple(np.mean([curve.log_odds for curve in random_curves], axis=0).tolist()),
            tuple(np.mean([curve.probability for curve in random_curves], axis=0).tolist()),
        ),
        kept=kept,
        comprehensiveness=_mean_drop(deletion),
        sufficiency=_mean_drop(kept),
    )


def deletion_curve(
    classifier: Classifier, explanation: Explanation, order: Sequence[Part], counts: Sequence[int]
) -> Curve:
    """Score the text without the first words of an order. The first point is the whole text that the model reads."""
    texts = [_without(explanation, order[:count]) for count in counts]
    return _curve(classifier, explanation, counts, texts)


def _curve(classifier: Classifier, explanation: Explanation, counts: Sequence[int], texts: Sequence[str]) -> Curve:
    logits = classifier.logits([explanation.text[: explanation.read], *texts])
    column = classifier.labels.index(explanation.label)
    values = {name: tuple(target(logits, column).tolist()) for name, target in TARGETS.items()}
    return Curve((0, *counts), values["log-odds"], values["probability"])


def _within(counts: Sequence[int], words: int) -> tuple[int, ...]:
    return tuple(sorted({min(count, words) for count in counts}))


def _mean_drop(curve: Curve) -> dict[str, float]:
    values: dict[str, NDArray] = {"log-odds": np.array(curve.log_odds), "probability": np.array(curve.probability)}
    return {name: float(np.mean(points[0] - points[1:])) for name, points in values.items()}


def _without(explanation: Explanation, parts: Sequence[Part]) -> str:
    """Return the text that the model reads, without some parts."""
    text = explanation.text[: explanation.read]
    spans = sorted((start, start + len(part.name)) for part in parts for start in part.starts)
    pieces, position = [], 0
    for start, end in spans:
        pieces.append(text[position:start])
        position = end
    return "".join([*pieces, text[position:]])
