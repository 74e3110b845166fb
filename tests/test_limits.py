"""`limits.py`: what a visitor may ask for."""

import pytest

from errors import InputError
from limits import MAX_CHARACTERS, check_text


@pytest.mark.parametrize("text", [None, "", " \n\t "])
def test_an_empty_text_is_refused(text):
    with pytest.raises(InputError, match="empty"):
        check_text(text)


def test_the_limit_itself_is_allowed_and_one_more_is_not():
    assert check_text("x" * MAX_CHARACTERS)
    with pytest.raises(InputError, match="20,001 characters, at most 20,000"):
        check_text("x" * (MAX_CHARACTERS + 1))
