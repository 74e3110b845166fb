"""What a visitor may ask for at once, on the page and through the API."""

import re

from errors import InputError
from labelled import BLANK

MAX_CHARACTERS = 20_000  # a text; far beyond what a BERT reads, and cheap to tokenise
MAX_ROWS = 1_000  # an uploaded file


def check_text(text: str | None) -> str:
    """The text, if it can be classified.

    Raises:
        InputError: it is empty or too long.
    """
    if not text or re.fullmatch(BLANK, text):
        raise InputError("The text is empty: type or paste a text, or choose an example.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"The text has {len(text):,} characters, at most {MAX_CHARACTERS:,} are taken: shorten it or split it up."
        )
    return text
