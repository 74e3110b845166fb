"""What counts as a word or a passage: in scripts with spaces and without, in emoji, and in mere punctuation.

`lime` splits at `\\W+`: it takes a whole Chinese sentence for one word, tears Hindi words at their vowel signs and
finds nothing in emoji or punctuation. The rules here give lime's words on text in Latin script, and a sound unit
elsewhere.
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
LARGEST_INDEX = 5_000_000  # characters: lime keeps all pieces of a text at the length of the longest, words or not

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_PICTURE = r"\p{Extended_Pictographic}\p{Regional_Indicator}"
# One character of a script without spaces (BERT's tokenizers cut such scripts up, too), one emoji as it is seen, or a
# run of other word characters.
_WORD = regex.compile(
    rf"(?=[{_UNSPACED}])\X|(?=[{_PICTURE}])(?!\w)\X|(?:(?![{_UNSPACED}])\w){{1,{LONGEST_WORD}}}", regex.VERSION1
)
_MARK = regex.compile(r"\S")
_SENTENCE = regex.compile(r"\S(?:.*?(?:[.!?…]+['\"”’)\]]*(?=\s)|[。！？]+)|.*)")  # `.` ends at a line's end


def words(text: str) -> list[str]:
    """The words of a text in their order; where it has none, its visible characters."""
    return _WORD.findall(text) or _MARK.findall(text)


def end_of_word(text: str, position: int) -> int:
    """Where the word ends that a cut at this position would cut in two; the position itself if there is none."""
    for inside in _WORD.finditer(text, max(0, position - LONGEST_WORD)):
        if inside.end() >= position:
            return inside.end() if inside.start() < position else position
    return position


def passages(text: str) -> list[str]:
    """The sentences of a text in their order, the long ones in pieces of at most `LONGEST_PASSAGE` words."""
    return [piece for sentence in _SENTENCE.findall(text) for piece in _pieces(sentence)]


def _pieces(sentence: str) -> list[str]:
    starts = [found.start() for found in _WORD.finditer(sentence)][::LONGEST_PASSAGE]
    cuts = [0, *starts[1:], len(sentence)]
    return [sentence[start:end].strip() for start, end in zip(cuts, cuts[1:], strict=False)]


@dataclass(frozen=True)
class Units:
    """The parts of a text that are taken away to see what a model makes of the rest.

    Attributes:
        text: the whole of it.
        names: what each part says, (d,).
        starts: where each part stands in the text, (d,): one position an occurrence.
    """

    text: str
    names: tuple[str, ...]
    starts: tuple[tuple[int, ...], ...]
    _indexed: "IndexedString" = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.names)

    def without(self, kept: NDArray[np.bool_]) -> str:
        """The text with those parts only for which `kept` (d,) is true; what is between parts stays."""
        return self._indexed.inverse_removing(np.flatnonzero(~kept))


def by_word(text: str) -> Units:
    """A text's distinct words: taking one away takes away all its occurrences.

    Raises:
        InputError: it has so long a run without a word that its index would not fit the memory.
    """
    return _units(text, words)


def by_passage(text: str) -> Units:
    """A text's distinct passages."""
    return _units(text, passages)


def by_word_in(text: str, chosen: Collection[str]) -> Units:
    """The distinct words of some passages, and each other passage as one part."""

    def split(text: str) -> list[str]:
        return [part for passage in passages(text) for part in (words(passage) if passage in chosen else [passage])]

    return _units(text, split)


def _units(text: str, split: Callable[[str], list[str]]) -> Units:
    from lime.lime_text import IndexedString  # brings scikit-learn: the page opens without it

    starts, longest, position = defaultdict(list), 0, 0
    for part in split(text):
        start = text.index(part, position)
        starts[part].append(start)
        longest, position = max(longest, start - position, len(part)), start + len(part)
    pieces, longest = 2 * sum(map(len, starts.values())) + 1, max(longest, len(text) - position)
    if pieces * longest > LARGEST_INDEX:
        raise InputError(
            f"The text has {longest:,} characters in a row without a word, beside {len(starts):,} words: take out long "
            "runs of spaces or signs."
        )
    indexed = IndexedString(text, split_expression=split, bow=True)
    names = tuple(str(indexed.word(number)) for number in range(indexed.num_words()))
    return Units(text, names, tuple(tuple(starts[name]) for name in names), indexed)
