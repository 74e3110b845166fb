"""Small damages to a text that leave its meaning, and so its label, to a reader: typos, case, punctuation and more.

Every perturbation is a pure function `(text, rng) -> text`. None makes a text with something in it blank, and each
leaves alone what it does not understand: typos are made in unaccented Latin letters only, marks and emoji keep their
parts together.
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
# Marks that belong to the character before them: accents, joiners, variation selectors, the keycap, skin tones.
_ATTACHED = r"\u0300-\u036f\u200c\u200d\u20e3\u3099\u309a\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef"
_LETTERS = re.compile(rf"[A-Za-z](?![{_ATTACHED}])")
# Chinese and Japanese write no spaces, and BERT reads each ideograph as a word: a sign counts as a word here too.
_SIGN = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_WORD = re.compile(rf"[{_SIGN}][{_ATTACHED}]*|[^\s{_SIGN}]+")
_KEYCAP = re.compile(r"[#*]\ufe0f?\u20e3")
_APOSTROPHES = "'’ʼ"


@dataclass(frozen=True)
class Perturbation:
    """A named damage.

    Attributes:
        name: short, for a table; it also seeds the random numbers, so that adding one changes no other.
        description: what is done, in words.
        apply: `(text, rng) -> text`.
    """

    name: str
    description: str
    apply: Callable[[str, np.random.Generator], str]

    def texts(self, texts: Sequence[str], seed: int) -> list[str]:
        """Every text perturbed. What becomes of a text depends on it and the seed, not on the texts around it."""
        name = zlib.crc32(self.name.encode())
        seeds = ((seed, name, zlib.crc32(text.encode("utf-8", "surrogatepass"))) for text in texts)
        return [self.apply(text, np.random.default_rng(key)) for text, key in zip(texts, seeds, strict=True)]


def typos(text: str, rng: np.random.Generator, rate: float = TYPO_RATE) -> str:
    """One typo in each word with probability `rate`: a neighbouring key, two letters swapped, or a letter left out.

    Words with fewer than two unaccented Latin letters stay.

    Raises:
        ValueError: the rate is not from 0 to 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"expected a rate from 0 to 1, received {rate}")
    parts = re.split(r"(\s+)", text)
    hit = rng.random(len(parts)) < rate
    return "".join(_misspelt(part, rng) if chosen else part for part, chosen in zip(parts, hit, strict=True))


def lower_case(text: str, rng: np.random.Generator) -> str:
    """The text in lower case; `rng` is not used."""
    return text.lower()


def upper_case(text: str, rng: np.random.Generator) -> str:
    """The text in upper case, as in a shouted headline; `rng` is not used."""
    return text.upper()


def without_punctuation(text: str, rng: np.random.Generator) -> str:
    """The text without Unicode punctuation (`don't` becomes `dont`, `well-known` two words); `rng` is not used.

    A text of punctuation only stays, and so do keycap emoji.
    """
    keycaps = {match.start() for match in _KEYCAP.finditer(text)}
    kept = [sign if position in keycaps else _unpunctuated(sign) for position, sign in enumerate(text)]
    bare = re.sub(r" {2,}", " ", "".join(kept)).strip()
    return bare if _shows(bare) else text


def first_half(text: str, rng: np.random.Generator) -> str:
    """The first half of the words, rounded up; `rng` is not used. Each Chinese or Japanese sign counts as a word."""
    words = list(_WORD.finditer(text))
    half = text[: words[(len(words) - 1) // 2].end()] if words else text
    return half if _shows(half) else text


def with_notice(text: str, rng: np.random.Generator) -> str:
    """The text and, after it, a sentence that has nothing to do with it, as pages carry: one of `NOTICES`.

    A text that fills what a model reads is not affected: the notice is cut off with the rest.
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
    """Whether there is more than spaces and invisible characters in a text."""
    return any(unicodedata.category(sign)[0] not in "ZC" for sign in text)


def _unpunctuated(sign: str) -> str:
    if sign in _APOSTROPHES:
        return ""
    return " " if unicodedata.category(sign).startswith("P") else sign


def _misspelt(word: str, rng: np.random.Generator) -> str:
    """The word with one typo that surely changes it."""
    places = [match.start() for match in _LETTERS.finditer(word)]
    if len(places) < 2:
        return word
    pairs = [place for place in places[1:] if place - 1 in places and word[place] != word[place - 1]]
    kind = rng.integers(3 if pairs else 2)
    place = int(rng.choice(pairs if kind == 2 else places))
    if kind == 0:
        return word[:place] + _neighbouring_key(word[place], rng) + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def _neighbouring_key(letter: str, rng: np.random.Generator) -> str:
    neighbour = str(rng.choice(_NEIGHBOURS[letter.lower()]))
    return neighbour.upper() if letter.isupper() else neighbour


def _neighbours() -> dict[str, list[str]]:
    """The letters beside, above and below each letter of a QWERTY keyboard, whose rows are shifted by half a key."""
    places = {letter: (column + 0.5 * row, row) for row, keys in enumerate(_ROWS) for column, letter in enumerate(keys)}
    return {
        letter: [key for key, (kx, ky) in places.items() if key != letter and abs(kx - x) <= 1 and abs(ky - y) <= 1]
        for letter, (x, y) in places.items()
    }


_NEIGHBOURS = _neighbours()
