"""What a visitor may ask for at once, on the page and through the API."""

import re

from errors import InputError
from labelled import BLANK

MAX_CHARACTERS = 20_000  # a text; far beyond what a BERT reads, and cheap to tokenise
MAX_ROWS = 1_000  # an uploaded file
MIN_SAMPLES, MAX_SAMPLES = 50, 2_000  # perturbed texts of an explanation: calls of each model
MAX_SEED = 2**32 - 1  # numpy's


def check_text(text: str | None) -> str:
    """The text, if it can be classified.

    Raises:
        InputError: it is empty, too long or no text.
    """
    if text is not None and not isinstance(text, str):
        raise InputError(f"A text is expected, not a {type(text).__name__}: send a string.")
    if not text or re.fullmatch(BLANK, text):
        raise InputError("The text is empty: type or paste a text, or choose an example.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"The text has {len(text):,} characters, at most {MAX_CHARACTERS:,} are taken: shorten it or split it up."
        )
    return text


def check_samples(samples: float) -> int:
    """The number of perturbed texts, if an explanation may use as many.

    Raises:
        InputError: it is no whole number, too small or too large.
    """
    if not _whole(samples) or not MIN_SAMPLES <= samples <= MAX_SAMPLES:
        raise InputError(
            f"An explanation takes {MIN_SAMPLES} to {MAX_SAMPLES:,} samples, not {str(samples)[:20]}: choose a whole "
            "number between them."
        )
    return int(samples)


def check_seed(seed: float) -> int:
    """The seed, if numpy takes it.

    Raises:
        InputError: it is no whole number, or out of range.
    """
    if not _whole(seed) or not 0 <= seed <= MAX_SEED:
        raise InputError(f"A seed is a whole number from 0 to {MAX_SEED:,}, not {str(seed)[:20]}: choose another one.")
    return int(seed)


def _whole(number: float) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and number % 1 == 0
