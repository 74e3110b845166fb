"""Divide texts by class, length, unknown tokens, truncation, or a column of the corpus.

Each `by_…` function returns the parts with their texts, or the reason why there are none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.stats.paired import NO_TEXTS

FEWEST_VALUES, MOST_VALUES = 2, 20
MANY_UNKNOWN = 0.05
SPECIAL_TOKENS = 2  # [CLS] and [SEP], which are in every text
EMPTY = "(empty)"


@dataclass(frozen=True)
class Facet:
    """A division of the texts: the name of each part, with the int64 positions of its texts; no part is empty."""

    name: str
    parts: tuple[tuple[str, NDArray[np.int64]], ...]


@dataclass(frozen=True)
class Skipped:
    """A division that was skipped, and why."""

    name: str
    reason: str


def by_class(references: ArrayLike, labels: Sequence[str]) -> Facet | Skipped:
    """Divide texts by their label; classes without texts are left out.

    Args:
        references: int (n,), the column of each text's label.
        labels: The classes, in the order of the columns.

    Raises:
        ValueError: A label is not a column of a class.
    """
    references = np.asarray(references)
    if len(references) and not 0 <= references.min() <= references.max() < len(labels):
        raise ValueError(f"expected labels from 0 to {len(labels) - 1}, one for each class")
    return _facet("class", [(label, references == column) for column, label in enumerate(labels)])


def by_length(token_counts: ArrayLike, bins: int = 4) -> Facet | Skipped:
    """Divide texts by number of tokens into up to `bins` parts of similar size; equal lengths share a part.

    Args:
        token_counts: int (n,), number of tokens of each text without truncation.
        bins: Largest number of parts, at least 2.

    Raises:
        ValueError: `bins` is below 2.
    """
    if bins < 2:
        raise ValueError(f"expected at least 2 bins, received {bins}")
    counts = np.asarray(token_counts, dtype=np.int64)
    if not len(counts):
        return Skipped("length", NO_TEXTS)
    shortest, longest = int(counts.min()), int(counts.max())
    if shortest == longest:
        return Skipped("length", f"every text has {longest} tokens")
    quantiles = np.quantile(counts, np.arange(1, bins) / bins, method="lower").astype(np.int64)
    edges = sorted({edge for edge in quantiles.tolist() if edge < longest}) or [longest - 1]
    parts = []
    for low, high in zip([shortest, *(edge + 1 for edge in edges)], [*edges, longest], strict=True):
        name = f"{low} to {high} tokens" if low < high else f"{low} tokens"
        parts.append((name, (counts >= low) & (counts <= high)))
    return _facet("length", parts)


def by_unknown_share(token_ids: Sequence[NDArray[np.int32]], unknown_id: int | None) -> Facet | Skipped:
    """Divide texts by their share of unknown tokens: none, up to 5 %, more; `[CLS]` and `[SEP]` are not counted.

    Args:
        token_ids: Token ids of each text, with `[CLS]` first and `[SEP]` last.
        unknown_id: Id of `[UNK]`; None if the tokenizer has no such token.
    """
    name = "unknown tokens"
    if unknown_id is None:
        return Skipped(name, "the tokenizer has no token for unknown words")
    unknown = np.array([np.count_nonzero(np.asarray(ids) == unknown_id) for ids in token_ids], dtype=np.int64)
    counted = np.array([max(len(ids) - SPECIAL_TOKENS, 1) for ids in token_ids], dtype=np.int64)
    if len(unknown) and not unknown.any():
        return Skipped(name, "no text has an unknown token")
    few = unknown <= MANY_UNKNOWN * counted
    percent = f"{MANY_UNKNOWN:.0%}".replace("%", " %")
    parts = [("none", unknown == 0), (f"up to {percent}", (unknown > 0) & few), (f"more than {percent}", ~few)]
    return _facet(name, parts)


def by_truncation(token_counts: ArrayLike, max_length: int | None) -> Facet | Skipped:
    """Divide texts by whether the models read the whole text.

    Args:
        token_counts: int (n,), tokens WITHOUT truncation: a text with exactly `max_length` tokens just fits.
        max_length: Number of tokens that the models read; None if they read all.
    """
    name = "truncation"
    if max_length is None:
        return Skipped(name, "the models read texts of any length")
    cut = np.asarray(token_counts, dtype=np.int64) > max_length
    if len(cut) and not cut.any():
        return Skipped(name, f"every text fits into {max_length} tokens")
    return _facet(name, [("read whole", ~cut), (f"cut after {max_length} tokens", cut)])


def by_column(name: str, values: Sequence[str]) -> Facet | Skipped:
    """Divide texts by a column with 2 to 20 values, the most frequent first; blank cells count as `(empty)`."""
    cells = np.array([str(value).strip() or EMPTY for value in values], dtype=object)
    counts: dict[str, int] = {}
    for cell in cells:
        counts[cell] = counts.get(cell, 0) + 1
    if len(cells) and not FEWEST_VALUES <= len(counts) <= MOST_VALUES:
        values_found = "only one value" if len(counts) == 1 else f"{len(counts):,} different values"
        return Skipped(name, f"it has {values_found}, expected {FEWEST_VALUES} to {MOST_VALUES}")
    ordered = sorted(counts, key=lambda value: (-counts[value], value))
    return _facet(name, [(value, cells == value) for value in ordered])


def _facet(name: str, parts: Sequence[tuple[str, NDArray[np.bool_]]]) -> Facet | Skipped:
    filled = tuple((part, np.flatnonzero(chosen)) for part, chosen in parts if chosen.any())
    return Facet(name, filled) if filled else Skipped(name, NO_TEXTS)
