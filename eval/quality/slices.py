"""How both models do on parts of the test texts: by class, length, unknown tokens, truncation and any column.

Many slices are looked at and no correction is made for that: a slice is where to look next, not a finding. `NOTE` says
so with the number of slices, and slices of fewer than 30 texts carry a warning.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.estimate import Estimate
from bakeoff.stats.paired import paired_difference, share
from bakeoff.stats.shapes import check_same_texts
from eval.quality.facets import Facet, Skipped, by_class, by_column, by_length, by_truncation, by_unknown_share

SMALL = 30  # texts; one text more or less then moves an accuracy by more than 3 points
NOTE = (
    "{count} were looked at, with no correction for their number: even if the two models never differed, about 1 "
    "interval in 20 would leave out 0. Take a slice as a place to look, not as a finding."
)


@dataclass(frozen=True)
class Slice:
    """Both models on some of the texts.

    Attributes:
        facet: what the texts are divided by, such as `length`.
        name: which part this is, such as `up to 40 tokens`.
        n: texts in it.
        first: accuracy of the first model (Wilson).
        second: accuracy of the second model (Wilson).
        difference: second minus first (paired, Tango's score interval).
        warning: one sentence where n is below 30; empty otherwise.
        indices: the positions of its texts.
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
    """All slices.

    Attributes:
        overall: all texts as one slice.
        slices: in the order of the facets and of their parts.
        examined: the number of slices.
        skipped: what was not examined, with the reason.
        note: one or two sentences on how to read so many slices.
    """

    overall: Slice
    slices: tuple[Slice, ...]
    examined: int
    skipped: tuple[Skipped, ...]
    note: str

    def weak_spots(self) -> tuple[Slice, ...]:
        """Slices of at least 30 texts whose interval lies, for a model, below its overall accuracy; weakest first."""
        found = [
            part
            for part in self.slices
            if not part.warning
            and (part.first.high < self.overall.first.value or part.second.high < self.overall.second.value)
        ]
        return tuple(sorted(found, key=lambda part: min(part.first.value, part.second.value)))

    def apart(self) -> tuple[Slice, ...]:
        """Slices of at least 30 texts where the interval of the difference leaves out 0; largest first."""
        found = [
            part for part in self.slices if not part.warning and not part.difference.low <= 0 <= part.difference.high
        ]
        return tuple(sorted(found, key=lambda part: -abs(part.difference.value)))

    def to_json(self) -> dict:
        """All fields as a JSON object."""
        return asdict(self)


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
    """Examine every slice that the arguments allow; what they don't allow is in `skipped`.

    Args:
        references: int (n,), the column of each text's label.
        first: int (n,), the column that the first model predicts.
        second: int (n,), the second model's.
        labels: the classes, in the order of the columns.
        token_ids: of each text WITHOUT truncation (a TextEncoder with `max_length=None`), `[CLS]` and `[SEP]` included.
        unknown_id: the id of `[UNK]`; None if the tokenizer has none.
        max_length: how many tokens the models read of a text; None if all.
        columns: the other columns of each text's row (`Example.columns`).

    Raises:
        ValueError: the arguments are not about the same texts, or a label names no class.
    """
    references = np.asarray(references)
    facets = _facets(references, labels, token_ids, unknown_id, max_length, columns)
    return measure(references, first, second, facets)


def measure(
    references: ArrayLike, first: ArrayLike, second: ArrayLike, facets: Iterable[Facet | Skipped]
) -> SliceReport:
    """Both models on every part of the facets; labels and predictions are int (n,).

    Raises:
        ValueError: the arrays are not about the same texts.
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
        note=NOTE.format(count=count).replace("1 slice were", "1 slice was") if slices else "No slice was looked at.",
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
        warning=f"Only {texts}: too few to say much, as the width of the intervals shows." if n < SMALL else "",
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
    for name, given in (("token_ids", token_ids), ("columns", columns)):
        if given is not None and len(given) != len(references):
            raise ValueError(f"expected {name} of {len(references)} texts, received {len(given)}")
    facets: list[Facet | Skipped] = [by_class(references, labels)]
    if token_ids is None:
        facets += [Skipped(name, "no token ids were given") for name in ("length", "unknown tokens", "truncation")]
    else:
        counts = [len(ids) for ids in token_ids]
        facets += [by_length(counts), by_unknown_share(token_ids, unknown_id), by_truncation(counts, max_length)]
    names = dict.fromkeys(name for row in columns or () for name in row)
    return facets + [by_column(name, [row.get(name, "") for row in columns]) for name in names]
