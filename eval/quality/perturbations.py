"""Perturb texts in ways that keep their meaning, and so their label: typos, case, punctuation and more.

Every perturbation is a pure function `(text, rng) -> text`. No perturbation makes a non-blank text blank. Each leaves
unknown content alone: only unaccented Latin letters get typos, and marks and emoji keep their parts together.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

TYPO_RATE = 0.1
NOTICES = (
    "We keep cookies on your device so that this page works and remembers you; read on to accept them.",
    "Sign up for our morning email and never miss an update; you can leave the list at any time.",
    "All rights reserved; this page may not be copied or sent on without written permission.",
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Marks that belong to the preceding character: accents, joiners, variation selectors, the keycap, skin tones.
_ATTACHED = r"\u0300-\u036f\u200c\u200d\u20e3\u3099\u309a\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef"
_LETTERS = re.compile(rf"[A-Za-z](?![{_ATTACHED}])")
# Chinese and Japanese have no spaces, and BERT reads each ideograph as a word, so each character counts as a word here.
_SIGN = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_WORD = re.compile(rf"[{_SIGN}][{_ATTACHED}]*|[^\s{_SIGN}]+")
_KEYCAP = re.compile(r"[#*]\ufe0f?\u20e3")
_APOSTROPHES = "'’ʼ"


@dataclass(frozen=True)
class Perturbation:
    """A named perturbation of texts.

    Attributes:
        name: Short name for a table. It also seeds the random numbers, so that adding a perturbation changes no other.
        description: What the perturbation does, in words.
        apply: The perturbation, a function `(text, rng) -> text`.
    """

    name: str
    description: str
    apply: Callable[[str, np.random.Generator], str]

    def texts(self, texts: Sequence[str], seed: int) -> list[str]:
        """Perturb every text. The result depends only on the text and the seed, not on the other texts."""
        name = zlib.crc32(self.name.encode())
        seeds = ((seed, name, zlib.crc32(text.encode("utf-8", "surrogatepass"))) for text in texts)
        return [self.apply(text, np.random.default_rng(key)) for text, key in zip(texts, seeds, strict=True)]


def typos(text: str, rng: np.random.Generator, rate: float = TYPO_RATE) -> str:
    """Make one typo in each word with probability `rate`: an adjacent key, two letters swapped, or a letter left out.

    Words with fewer than two unaccented Latin letters stay as they are.

    Raises:
        ValueError: The rate is not from 0 to 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"expected a rate from 0 to 1, received {rate}")
    parts = re.split(r"(\s+)", text)
    hit = rng.random(len(parts)) < rate
    return "".join(_misspelt(part, rng) if chosen else part for part, chosen in zip(parts, hit, strict=True))


def lower_case(text: str, rng: np.random.Generator) -> str:
    """Return the text in lower case; `rng` is not used."""
    return text.lower()


def upper_case(text: str, rng: np.random.Generator) -> str:
    """Return the text in upper case, as in a headline in capitals; `rng` is not used."""
    return text.upper()


def without_punctuation(text: str, rng: np.random.Generator) -> str:
    """Remove Unicode punctuation (`don't` becomes `dont`, `well-known` two words); `rng` is not used.

    A text of only punctuation stays as it is, and so do keycap emoji.
    """
    keycaps = {match.start() for match in _KEYCAP.finditer(text)}
    kept = [sign if position in keycaps else _unpunctuated(sign) for position, sign in enumerate(text)]
    bare = re.sub(r" {2,}", " ", "".join(kept)).strip()
    return bare if _shows(bare) else text


def first_half(text: str, rng: np.random.Generator) -> str:
    """Return the first half of the words, rounded up; each Chinese or Japanese character counts as a word."""
    words = list(_WORD.finditer(text))
    half = text[: words[(len(words) - 1) // 2].end()] if words else text
    return half if _shows(half) else text


def with_notice(text: str, rng: np.random.Generator) -> str:
    """Append an unrelated sentence of the kind found on web pages: one of `NOTICES`.

    A text that fills the model's window is not affected, because the notice is cut off with the rest.
    """
    notice = NOTICES[int(rng.integers(len(NOTICES)))]
    return f"{text.rstrip()} {notice}" if text.strip() else text


PERTURBATIONS = (
    Perturbation("typos", f"one typo in about {TYPO_RATE:.0%} of the words".replace("%", " %"), typos),
    Perturbation("many typos", "one typo in about 30 % of the words", partial(typos, rate=0.3)),
    Perturbation("lower case", "all letters small", lower_case),
    Perturbation("upper case", "all letters capital", upper_case),
    Perturbation("no punctuation", "all punctuation removed", without_punctuation),
    Perturbation("first half", "only the first half of the words", first_half),
    Perturbation("appended notice", "an unrelated sentence, such as a cookie notice, at the end", with_notice),
)


def _shows(text: str) -> bool:
    """Return whether a text has more than spaces and invisible characters."""
    return any(unicodedata.category(sign)[0] not in "ZC" for sign in text)


def _unpunctuated(sign: str) -> str:
    if sign in _APOSTROPHES:
        return ""
    return " " if unicodedata.category(sign).startswith("P") else sign


def _misspelt(word: str, rng: np.random.Generator) -> str:
    """Make one typo that is sure to change the word."""
    places = [match.start() for match in _LETTERS.finditer(word)]
    if len(places) < 2:
        return word
    pairs = [place for place in places[1:] if place - 1 in places and word[place] != word[place - 1]]
    kind = rng.integers(3 if pairs else 2)
    place = int(rng.choice(pairs if kind == 2 else places))
    if kind == 0:
        return word[:place] + _adjacent_key(word[place], rng) + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def _adjacent_key(letter: str, rng: np.random.Generator) -> str:
    neighbor = str(rng.choice(_NEIGHBORS[letter.lower()]))
    return neighbor.upper() if letter.isupper() else neighbor


def _neighbors() -> dict[str, list[str]]:
    """List the keys around each letter of a QWERTY keyboard, whose rows are shifted by half a key."""
    places = {letter: (column + 0.5 * row, row) for row, keys in enumerate(_ROWS) for column, letter in enumerate(keys)}
    return {
        letter: [key for key, (kx, ky) in places.items() if key != letter and abs(kx - x) <= 1 and abs(ky - y) <= 1]
        for letter, (x, y) in places.items()
    }


_NEIGHBORS = _neighbors()
