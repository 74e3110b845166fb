"""Compare both models on slices of the test texts: by class, length, unknown tokens, truncation and any column.

Many slices are examined without correction for their number, so a slice is a place to look next, not a finding. `NOTE`
says so with the number of slices, and slices of fewer than 30 texts carry a warning.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.estimate import Estimate
from bakeoff.stats.paired import paired_difference, share
from bakeoff.stats.shapes import check_same_texts
from eval.quality.facets import Facet, Skipped, by_class, by_column, by_length, by_truncation, by_unknown_share

SMALL = 30  # texts; below this, one text moves an accuracy by more than 3 percentage points
NOTE = (
    "{count} were examined, with no correction for their number: even if the two models never differed, about 1 "
    "interval in 20 would exclude 0. Treat a slice as a place to look, not as a finding."
)


@dataclass(frozen=True)
class Slice:
    """Both models' accuracy on some of the texts.

    Attributes:
        facet: What the texts are divided by, such as `length`.
        name: Name of the part, such as `up to 40 tokens`.
        n: Number of texts in the slice.
        first: Accuracy of the first model (Wilson).
        second: Accuracy of the second model (Wilson).
        difference: Second minus first (paired, Tango's score interval).
        warning: One sentence if n is below 30; empty otherwise.
        indices: Positions of the slice's texts.
    """

    facet: str
    name: str
    n: int
    first: Estimate
    second: Estimate
    difference: Estimate
    warning: str
    indices: tuple[int, ...]


@dataclass(frozen=True)
class SliceReport:
    """The comparison on all slices.

    Attributes:
        overall: All texts as one slice.
        slices: The slices, in the order of the facets and of their parts.
        examined: Number of slices.
        skipped: Facets that were not examined, with the reason.
        note: One or two sentences on how to read so many slices.
    """

    overall: Slice
    slices: tuple[Slice, ...]
    examined: int
    skipped: tuple[Skipped, ...]
    note: str

    def weak_spots(self) -> tuple[Slice, ...]:
        """Return the slices of at least 30 texts in which a model is below its overall accuracy, weakest first.

        A model counts as below if its whole interval is.
        """
        weak = [part for part in self.slices if not part.warning and self._is_weak(part)]
        return tuple(sorted(weak, key=lambda part: min(part.first.number, part.second.number)))

    def _is_weak(self, part: Slice) -> bool:
        pairs = ((part.first, self.overall.first), (part.second, self.overall.second))
        return any(of_part.ends[1] < of_all.number for of_part, of_all in pairs)

    def apart(self) -> tuple[Slice, ...]:
        """Return the slices of at least 30 texts whose difference has an interval that excludes 0, largest first."""
        different = [part for part in self.slices if not part.warning and not _includes_zero(part.difference)]
        return tuple(sorted(different, key=lambda part: -abs(part.difference.number)))

    def to_json(self) -> dict[str, Any]:
        """Return all fields as a JSON object."""
        return asdict(self)


def _includes_zero(difference: Estimate) -> bool:
    low, high = difference.ends
    return low <= 0 <= high


def slice_report(
    references: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    labels: Sequence[str],
    *,
    token_ids: Sequence[NDArray[np.int32]] | None = None,
    unknown_id: int | None = None,
    max_length: int | None = None,
    columns: Sequence[Mapping[str, str]] | None = None,
) -> SliceReport:
    """Examine every slice that the arguments allow; other facets are listed in `skipped`.

    Args:
        references: int (n,), the column of each text's label.
        first: int (n,), the column that the first model predicts.
        second: int (n,), the column that the second model predicts.
        labels: The classes, in the order of the columns.
        token_ids: Token ids of each text WITHOUT truncation (a TextEncoder with `max_length=None`), including `[CLS]`
            and `[SEP]`.
        unknown_id: Id of `[UNK]`; None if the tokenizer has no such token.
        max_length: Number of tokens that the models read of a text; None if they read all.
        columns: The other columns of each text's row (`Example.columns`).

    Raises:
        ValueError: The arguments are not about the same texts, or a label is not a column of a class.
    """
    references = np.asarray(references)
    facets = _facets(references, labels, token_ids, unknown_id, max_length, columns)
    return measure(references, first, second, facets)


def measure(
    references: ArrayLike, first: ArrayLike, second: ArrayLike, facets: Iterable[Facet | Skipped]
) -> SliceReport:
    """Compare both models on every part of the facets; labels and predictions are int (n,).

    Raises:
        ValueError: The arrays are not about the same texts.
    """
    references, first, second = map(np.asarray, (references, first, second))
    check_same_texts(references=references, first=first, second=second)
    one, other = first == references, second == references
    facets = list(facets)
    slices = tuple(
        _slice(facet.name, name, chosen, one, other)
        for facet in facets
        if isinstance(facet, Facet)
        for name, chosen in facet.parts
    )
    count = "1 slice" if len(slices) == 1 else f"{len(slices)} slices"
    return SliceReport(
        overall=_slice("all", "all texts", np.arange(len(one)), one, other),
        slices=slices,
        examined=len(slices),
        skipped=tuple(facet for facet in facets if isinstance(facet, Skipped)),
        note=NOTE.format(count=count).replace("1 slice were", "1 slice was") if slices else "No slice was examined.",
    )


def _slice(facet: str, name: str, chosen: NDArray[np.int64], one: NDArray[np.bool_], other: NDArray[np.bool_]) -> Slice:
    n = len(chosen)
    texts = "1 text" if n == 1 else f"{n} texts"
    return Slice(
        facet=facet,
        name=name,
        n=n,
        first=share(int(one[chosen].sum()), n),
        second=share(int(other[chosen].sum()), n),
        difference=paired_difference(one[chosen], other[chosen]),
        warning=f"Only {texts}: too few for a conclusion, as the width of the intervals shows." if n < SMALL else "",
        indices=tuple(chosen.tolist()),
    )


def _facets(
    references: NDArray[np.int64],
    labels: Sequence[str],
    token_ids: Sequence[NDArray[np.int32]] | None,
    unknown_id: int | None,
    max_length: int | None,
    columns: Sequence[Mapping[str, str]] | None,
) -> list[Facet | Skipped]:
    for name, per_text in (("token_ids", token_ids), ("columns", columns)):
        if per_text is not None and len(per_text) != len(references):
            raise ValueError(f"expected {name} of {len(references)} texts, received {len(per_text)}")
    facets: list[Facet | Skipped] = [by_class(references, labels)]
    if token_ids is None:
        facets += [Skipped(name, "no token ids were given") for name in ("length", "unknown tokens", "truncation")]
    else:
        counts = [len(ids) for ids in token_ids]
        facets += [by_length(counts), by_unknown_share(token_ids, unknown_id), by_truncation(counts, max_length)]
    rows = columns or ()
    names = dict.fromkeys(name for row in rows for name in row)
    return facets + [by_column(name, [row.get(name, "") for row in rows]) for name in names]
