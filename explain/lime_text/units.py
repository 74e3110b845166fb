r"""Split a text into words and passages: in scripts with and without spaces, in emoji, and in punctuation alone.

`lime` splits at `\W+`. It treats a whole Chinese sentence as one word, splits Hindi words at their vowel signs, and
finds no word in emoji or punctuation. The rules here give lime's words on text in Latin script, and meaningful units in
other scripts.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import regex
from numpy.typing import NDArray

from bakeoff.common.errors import InputError

if TYPE_CHECKING:
    from lime.lime_text import IndexedString

LONGEST_WORD = 100  # characters; BERT reads a longer word as one unknown token, and lime's arrays grow with the longest
LONGEST_PASSAGE = 30  # words
LARGEST_INDEX = 5_000_000  # characters; lime stores every piece of a text, word or not, at the length of the longest

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_PICTURE = r"\p{Extended_Pictographic}\p{Regional_Indicator}"
# Matches one character of a script without spaces (BERT's tokenizers split such scripts too), one emoji as displayed,
# or a run of other word characters.
_WORD = regex.compile(
    rf"(?=[{_UNSPACED}])\X|(?=[{_PICTURE}])(?!\w)\X|(?:(?![{_UNSPACED}])\w){{1,{LONGEST_WORD}}}", regex.VERSION1
)
_MARK = regex.compile(r"\S")
_SENTENCE = regex.compile(r"\S(?:.*?(?:[.!?…]+['\"”’)\]]*(?=\s)|[。！？]+)|.*)")  # `.` does not match a line break


def words(text: str) -> list[str]:
    """Return the words of a text in order, or its visible characters if it has no words."""
    return _WORD.findall(text) or _MARK.findall(text)


def end_of_word(text: str, position: int) -> int:
    """Return the end of the word that a cut at this position would split, or the position itself."""
    for inside in _WORD.finditer(text, max(0, position - LONGEST_WORD)):
        if inside.end() >= position:
            return inside.end() if inside.start() < position else position
    return position


def passages(text: str) -> list[str]:
    """Return the sentences of a text in order, with long ones split into pieces of at most `LONGEST_PASSAGE` words."""
    return [piece for sentence in _SENTENCE.findall(text) for piece in _pieces(sentence)]


def _pieces(sentence: str) -> list[str]:
    starts = [word.start() for word in _WORD.finditer(sentence)][::LONGEST_PASSAGE]
    cuts = [0, *starts[1:], len(sentence)]
    return [sentence[start:end].strip() for start, end in zip(cuts, cuts[1:], strict=False)]


@dataclass(frozen=True)
class Units:
    """The parts of a text that can be removed to measure their effect on a model.

    Attributes:
        text: The whole text.
        names: The word or passage of each part, (d,).
        starts: Start of each occurrence of each part in the text, in characters, (d,).
    """

    text: str
    names: tuple[str, ...]
    starts: tuple[tuple[int, ...], ...]
    _indexed: "IndexedString" = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.names)

    def without(self, kept: NDArray[np.bool_]) -> str:
        """Return the text with only the parts for which `kept` (d,) is true; the characters between parts stay."""
        return self._indexed.inverse_removing(np.flatnonzero(~kept))


def by_word(text: str) -> Units:
    """Divide a text into its distinct words; removing a word removes all its occurrences.

    Raises:
        InputError: The text has so long a stretch without a word that its index would not fit in memory.
    """
    return _units(text, words)


def by_passage(text: str) -> Units:
    """Divide a text into its distinct passages."""
    return _units(text, passages)


def by_word_in(text: str, chosen: Collection[str]) -> Units:
    """Divide the chosen passages into distinct words; each other passage stays one part."""

    def split(text: str) -> list[str]:
        return [part for passage in passages(text) for part in (words(passage) if passage in chosen else [passage])]

    return _units(text, split)


def _units(text: str, split: Callable[[str], list[str]]) -> Units:
    from lime.lime_text import (
        IndexedString,
    )  # imported late because it imports scikit-learn: the page must open without it

    starts, longest, position = defaultdict(list), 0, 0
    for part in split(text):
        start = text.index(part, position)
        starts[part].append(start)
        longest, position = max(longest, start - position, len(part)), start + len(part)
    pieces, longest = 2 * sum(map(len, starts.values())) + 1, max(longest, len(text) - position)
    if pieces * longest > LARGEST_INDEX:
        raise InputError(
            f"The text has a stretch of {longest:,} characters without a word, and {len(starts):,} words: remove long "
            "runs of spaces or signs."
        )
    indexed = IndexedString(text, split_expression=split, bow=True)
    names = tuple(str(indexed.word(number)) for number in range(indexed.num_words()))
    return Units(text, names, tuple(tuple(starts[name]) for name in names), indexed)
