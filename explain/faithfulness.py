"""Whether a model really rests on the words that an explanation names.

Comprehensiveness and sufficiency as in ERASER (DeYoung et al., 2020), and the deletion curve: the words that speak
most for the class are taken away first. In log-odds, which move where probabilities are all but 1, and in probability.
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
    """What a model says as words are taken away.

    Attributes:
        removed: how many words, from 0.
        log_odds: of the explained class, (m,).
        probability: of the explained class, (m,).
    """

    removed: tuple[int, ...]
    log_odds: tuple[float, ...]
    probability: tuple[float, ...]


@dataclass(frozen=True)
class Faithfulness:
    """How much of a class rests on the words that speak for it.

    Attributes:
        deletion: the most important words go first.
        random: words go in random order; the mean of several orders.
        kept: only the most important words are kept: `removed` says how many.
        comprehensiveness: by how much the target falls when the top words go, averaged over the counts: higher is
            better. By target, "log-odds" and "probability".
        sufficiency: by how much it falls when only the top words are kept: lower is better.
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
    """Take away words and ask the model.

    Args:
        classifier: the one that was explained.
        explanation: whose weights give the order.
        counts: of words; those beyond the text's own number are left out, all words take the place of the first of
            them.
        seed: of the random orders.
    """
    order = sorted(explanation.parts, key=lambda part: -part.weight)
    counts = _within(counts, len(order))
    rng = np.random.default_rng(seed)
    shuffled = [[order[row] for row in rng.permutation(len(order))] for _ in range(RANDOM_ORDERS)]
    deletion = deletion_curve(classifier, explanation, order, counts)
    others = [deletion_curve(classifier, explanation, parts, counts) for parts in shuffled]
    kept = _curve(classifier, explanation, counts, [_without(explanation, order[count:]) for count in counts])
    return Faithfulness(
        deletion=deletion,
        random=Curve(
            deletion.removed,
            tuple(np.mean([each.log_odds for each in others], axis=0).tolist()),
            tuple(np.mean([each.probability for each in others], axis=0).tolist()),
        ),
        kept=kept,
        comprehensiveness=_mean_drop(deletion),
        sufficiency=_mean_drop(kept),
    )


def deletion_curve(
    classifier: Classifier, explanation: Explanation, order: Sequence[Part], counts: Sequence[int]
) -> Curve:
    """What the model says of the text it reads without the first words of an order; the first point is the whole."""
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
    return {name: float(np.mean(each[0] - each[1:])) for name, each in values.items()}


def _without(explanation: Explanation, parts: Sequence[Part]) -> str:
    """The text that the model reads, without some parts."""
    text = explanation.text[: explanation.read]
    spans = sorted((start, start + len(part.name)) for part in parts for start in part.starts)
    pieces, position = [], 0
    for start, end in spans:
        pieces.append(text[position:start])
        position = end
    return "".join([*pieces, text[position:]])
