"""Where two models of the same texts differ, who was right there, and which texts and labels deserve a look.

Throughout, `references` is int (n,), the column of each text's given label; `first` and `second` are float (n, k), the
two models' class probabilities in the same order of classes, whose rows sum to 1. A model's prediction is its most
probable class. Indices are positions in those arrays.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.estimate import Estimate
from bakeoff.stats.kappa import cohens_kappa
from bakeoff.stats.paired import NO_TEXTS, share
from bakeoff.stats.shapes import check_same_texts, checked_probabilities, predictions
from eval.quality.label_errors import LabelErrors, likely_label_errors


@dataclass(frozen=True)
class WhoWasRight:
    """How many texts each model got right, by pair; the five counts add up to the number of texts.

    Attributes:
        both: both right.
        only_first: they differ and the first is right.
        only_second: they differ and the second is right.
        neither: they differ and both are wrong.
        same_error: they agree and are wrong.
        first_share: of the texts that exactly one model got right, the share that the first got right (Wilson).
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    same_error: int
    first_share: Estimate

    @property
    def differ(self) -> int:
        """Texts to which the models give different classes."""
        return self.only_first + self.only_second + self.neither


@dataclass(frozen=True)
class HardText:
    """A text, the column of its label, and the probability that each model gives to that label."""

    index: int
    given: int
    first: float
    second: float
    mean: float


@dataclass(frozen=True)
class Disagreement:
    """Everything about two models' disagreement on n texts.

    Attributes:
        n: texts.
        agreement: share of texts with the same prediction (Wilson).
        kappa: Cohen's kappa of the two predictions: agreement beyond what their class frequencies give by chance.
        right: who was right.
        error_overlap: of the texts that a model got wrong, the share that both did (Jaccard index, Wilson).
        error_consistency: Cohen's kappa of right or wrong: 0 if the models err independently, 1 if on the same texts
            (Geirhos et al. 2020, Beyond accuracy: quantifying trial-by-trial behaviour by measuring error consistency).
        browser: indices by kind (the keys of `texts_by_outcome`), the most opposed texts first.
        hardest: texts with the lowest probability of their label, the hardest first.
        label_errors: texts whose label looks wrong.
    """

    n: int
    agreement: Estimate
    kappa: Estimate
    right: WhoWasRight
    error_overlap: Estimate
    error_consistency: Estimate
    browser: Mapping[str, tuple[int, ...]]
    hardest: tuple[HardText, ...]
    label_errors: LabelErrors

    def to_json(self) -> dict:
        """All fields as a JSON object."""
        return asdict(self)


def compare(
    references: ArrayLike, first: ArrayLike, second: ArrayLike, *, hardest: int = 20, threshold: float | None = 0.9
) -> Disagreement:
    """All of this module for one pair of models; `threshold` is that of `likely_label_errors`.

    Raises:
        ValueError: the arrays are not about the same texts, or a label or probability is out of range.
    """
    references, first, second = checked_probabilities(references, first, second)
    one, other = predictions(first), predictions(second)
    return Disagreement(
        n=len(references),
        agreement=agreement(one, other),
        kappa=cohens_kappa(one, other),
        right=who_was_right(references, one, other),
        error_overlap=error_overlap(references, one, other),
        error_consistency=error_consistency(references, one, other),
        browser=texts_by_outcome(references, first, second),
        hardest=hardest_texts(references, first, second, hardest),
        label_errors=likely_label_errors(references, first, second, threshold),
    )


def agreement(first: ArrayLike, second: ArrayLike) -> Estimate:
    """The share of texts with the same prediction, with Wilson's interval; predictions are int (n,)."""
    first, second = np.asarray(first), np.asarray(second)
    check_same_texts(first=first, second=second)
    return share(int((first == second).sum()), len(first))


def who_was_right(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> WhoWasRight:
    """Count who was right; predictions are int (n,)."""
    one, other, same = _right_and_same(references, first, second)
    only_first, only_second = int((one & ~other).sum()), int((other & ~one).sum())
    return WhoWasRight(
        both=int((one & other).sum()),
        only_first=only_first,
        only_second=only_second,
        neither=int((~one & ~other & ~same).sum()),
        same_error=int((~one & same).sum()),
        first_share=share(
            only_first, only_first + only_second, NO_TEXTS if not len(one) else "no text was right in one model only"
        ),
    )


def error_overlap(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> Estimate:
    """The Jaccard index of the two sets of wrong texts, with Wilson's interval; predictions are int (n,).

    Not defined without errors: 1 would say that the models share their weaknesses, 0 that they have different ones.
    """
    one, other, _ = _right_and_same(references, first, second)
    reason = "neither model made an error" if len(one) else NO_TEXTS
    return share(int((~one & ~other).sum()), int((~one | ~other).sum()), reason)


def error_consistency(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> Estimate:
    """Cohen's kappa of right or wrong; predictions are int (n,)."""
    one, other, _ = _right_and_same(references, first, second)
    if len(one) and (one.all() and other.all() or not (one.any() or other.any())):
        return Estimate(None, reason=f"both models are {'right' if one.all() else 'wrong'} on every text")
    return cohens_kappa(one, other)


def texts_by_outcome(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> dict[str, tuple[int, ...]]:
    """The texts of `only_first`, `only_second`, `neither` and `same_error` (see `WhoWasRight`).

    In each, the text comes first on which the two models' probabilities are furthest apart (total variation).

    Raises:
        ValueError: as for `compare`.
    """
    references, first, second = checked_probabilities(references, first, second)
    one, other, same = _right_and_same(references, predictions(first), predictions(second))
    order = np.argsort(-np.abs(first - second).sum(axis=1), kind="stable")
    kinds = {
        "only_first": one & ~other,
        "only_second": other & ~one,
        "neither": ~one & ~other & ~same,
        "same_error": ~one & same,
    }
    return {kind: tuple(order[chosen[order]].tolist()) for kind, chosen in kinds.items()}


def hardest_texts(references: ArrayLike, first: ArrayLike, second: ArrayLike, n: int = 20) -> tuple[HardText, ...]:
    """The n texts to whose label the two models on average give the lowest probability, the hardest first.

    Raises:
        ValueError: as for `compare`.
    """
    references, first, second = checked_probabilities(references, first, second)
    rows = np.arange(len(references))
    one, other = first[rows, references], second[rows, references]
    mean = (one + other) / 2
    chosen = np.argsort(mean, kind="stable")[: max(n, 0)]
    return tuple(
        HardText(*values)
        for values in zip(*(column[chosen].tolist() for column in (rows, references, one, other, mean)), strict=True)
    )


def confusion_cells(references: ArrayLike, predicted: ArrayLike) -> dict[tuple[int, int], tuple[int, ...]]:
    """The texts of every cell of the confusion matrix that has any: {(given, predicted): indices}; both are int (n,).

    Raises:
        ValueError: the two are not about the same texts.
    """
    references, predicted = np.asarray(references), np.asarray(predicted)
    check_same_texts(references=references, predicted=predicted)
    cells: dict[tuple[int, int], list[int]] = {}
    for index, cell in enumerate(zip(references.tolist(), predicted.tolist(), strict=True)):
        cells.setdefault(cell, []).append(index)
    return {cell: tuple(cells[cell]) for cell in sorted(cells)}


def _right_and_same(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    references, first, second = map(np.asarray, (references, first, second))
    check_same_texts(references=references, first=first, second=second)
    return first == references, second == references, first == second
