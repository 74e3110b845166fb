"""Find where two models differ on the same texts, which one was right, and which texts and labels deserve a look.

In this module, `references` is int (n,), the column of each text's given label. `first` and `second` are float (n, k),
the two models' class probabilities in the same order of classes; their rows sum to 1. A model's prediction is its most
probable class. Indices are positions in those arrays.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.estimate import Estimate
from bakeoff.stats.kappa import cohens_kappa
from bakeoff.stats.paired import NO_TEXTS, share
from bakeoff.stats.shapes import check_same_texts, checked_probabilities, predictions
from eval.quality.label_errors import LabelErrors, likely_label_errors


@dataclass(frozen=True)
class WhoWasRight:
    """Counts of the texts that each model got right; the five counts add up to the number of texts.

    Attributes:
        both: Texts that both models got right.
        only_first: Texts on which the models differ and the first is right.
        only_second: Texts on which the models differ and the second is right.
        neither: Texts on which the models differ and both are wrong.
        same_error: Texts on which the models agree and are wrong.
        first_share: Of the texts that exactly one model got right, the share that the first got right (Wilson).
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    same_error: int
    first_share: Estimate

    @property
    def differ(self) -> int:
        """Return the number of texts on which the models predict different classes."""
        return self.only_first + self.only_second + self.neither


@dataclass(frozen=True)
class HardText:
    """A text, the column of its label, and each model's probability of that label."""

    index: int
    given: int
    first: float
    second: float
    mean: float


@dataclass(frozen=True)
class Disagreement:
    """The disagreement of two models on n texts.

    Attributes:
        n: Number of texts.
        agreement: Share of texts with the same prediction (Wilson).
        kappa: Cohen's kappa of the two predictions: agreement beyond what their class frequencies give by chance.
        right: Counts of the texts that each model got right.
        error_overlap: Of the texts that a model got wrong, the share that both got wrong (Jaccard index, Wilson).
        error_consistency: Cohen's kappa of right or wrong: 0 if the models err independently, 1 if on the same texts
            (Geirhos et al. 2020, Beyond accuracy: quantifying trial-by-trial behaviour by measuring error consistency).
        browser: Indices by kind (the keys of `texts_by_outcome`), with the most opposed texts first.
        hardest: Texts with the lowest probability of their label, the hardest first.
        label_errors: Texts whose label looks wrong.
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

    def to_json(self) -> dict[str, Any]:
        """Return all fields as a JSON object."""
        return asdict(self)


def compare(
    references: ArrayLike, first: ArrayLike, second: ArrayLike, *, hardest: int = 20, threshold: float | None = 0.9
) -> Disagreement:
    """Compute everything in this module for one pair of models; `threshold` is passed to `likely_label_errors`.

    Raises:
        ValueError: The arrays are not about the same texts, or a label or probability is out of range.
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
    """Return the share of texts with the same prediction, with Wilson's interval; predictions are int (n,)."""
    first, second = np.asarray(first), np.asarray(second)
    check_same_texts(first=first, second=second)
    return share(int((first == second).sum()), len(first))


def who_was_right(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> WhoWasRight:
    """Count the texts that each model got right; predictions are int (n,)."""
    one, other, same = _right_and_same(references, first, second)
    only_first, only_second = int((one & ~other).sum()), int((other & ~one).sum())
    return WhoWasRight(
        both=int((one & other).sum()),
        only_first=only_first,
        only_second=only_second,
        neither=int((~one & ~other & ~same).sum()),
        same_error=int((~one & same).sum()),
        first_share=share(
            only_first, only_first + only_second, NO_TEXTS if not len(one) else "no text was right in only one model"
        ),
    )


def error_overlap(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> Estimate:
    """Return the Jaccard index of the two sets of wrong texts, with Wilson's interval; predictions are int (n,).

    It is undefined without errors: 1 would mean that the models share their weaknesses, and 0 that they differ.
    """
    one, other, _ = _right_and_same(references, first, second)
    reason = "neither model made an error" if len(one) else NO_TEXTS
    return share(int((~one & ~other).sum()), int((~one | ~other).sum()), reason)


def error_consistency(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> Estimate:
    """Return Cohen's kappa of right or wrong; predictions are int (n,)."""
    one, other, _ = _right_and_same(references, first, second)
    if len(one) and (one.all() and other.all() or not (one.any() or other.any())):
        return Estimate(None, reason=f"both models are {'right' if one.all() else 'wrong'} on every text")
    return cohens_kappa(one, other)


def texts_by_outcome(references: ArrayLike, first: ArrayLike, second: ArrayLike) -> dict[str, tuple[int, ...]]:
    """Return the texts of `only_first`, `only_second`, `neither` and `same_error` (see `WhoWasRight`).

    Each group is ordered by how far the two models' probabilities are apart (total variation), largest first.

    Raises:
        ValueError: The arrays are not about the same texts, or a label or probability is out of range.
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
    """Return the n texts whose label gets the lowest mean probability from the two models, the hardest first.

    Raises:
        ValueError: The arrays are not about the same texts, or a label or probability is out of range.
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
    """Return the texts of each non-empty cell of the confusion matrix: {(reference, predicted): indices}.

    Both arguments are int (n,).

    Raises:
        ValueError: The two arrays are not about the same texts.
    """
    references, predicted = np.asarray(references), np.asarray(predicted)
    check_same_texts(references=references, predicted=predicted)
    cells: dict[tuple[int, int], list[int]] = {}
    for index, cell in enumerate(zip(references.tolist(), predicted.tolist(), strict=True)):
        cells.setdefault(cell, []).append(index)
    return {cell: tuple(cells[cell]) for cell in sorted(cells)}


def _right_and_same(
    references: ArrayLike, first: ArrayLike, second: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    references, first, second = map(np.asarray, (references, first, second))
    check_same_texts(references=references, first=first, second=second)
    return first == references, second == references, first == second
