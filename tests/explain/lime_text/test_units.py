"""Test `explain/lime_text/units.py`: meaningful parts in every script, and lime's own parts on Latin script."""

import re

import numpy as np
import pytest

from bakeoff.common.errors import InputError
from explain.lime_text.units import LONGEST_PASSAGE, by_passage, by_word, by_word_in, end_of_word, passages, words


@pytest.mark.parametrize(
    "text, expected",
    [
        ("The cat, the 2nd cat's.", ["The", "cat", "the", "2nd", "cat", "s"]),
        ("我喜欢你。", ["我", "喜", "欢", "你"]),
        ("日本テスト ok", ["日", "本", "テ", "ス", "ト", "ok"]),
        ("ง่าย", ["ง่", "า", "ย"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("👍🏽 👨\u200d👩\u200d👧 🇩🇪", ["👍🏽", "👨\u200d👩\u200d👧", "🇩🇪"]),
        ("?! …", ["?", "!", "…"]),
        ("x", ["x"]),
        (" \n\t", []),
    ],
)
def test_words_of_every_script(text, expected):
    assert words(text) == expected


def test_latin_text_is_split_as_lime_does():
    text = "Mr. Smith's 93% rise (costs £40m) — naïve café, re-elected_twice!"
    assert words(text) == re.findall(r"\w+", text)


def test_a_very_long_word_comes_in_pieces():
    assert list(map(len, words("a" * 250))) == [100, 100, 50]


def test_sentences_and_pieces_of_long_ones():
    assert passages('He said "go." Then he left! 我喜欢你。好') == [
        'He said "go."',
        "Then he left!",
        "我喜欢你。",
        "好",
    ]
    long = " ".join(f"w{number}" for number in range(2 * LONGEST_PASSAGE + 5))
    assert [len(words(passage)) for passage in passages(long)] == [LONGEST_PASSAGE, LONGEST_PASSAGE, 5]


@pytest.mark.parametrize("divide", [by_word, by_passage])
@pytest.mark.parametrize(
    "text",
    ["the cat and the dog. the end", "?!…", "我喜欢你。我走。", "👍 ok 👍", "a\n\nb  c", "tech \x00sport\x00 end \x00"],
)
def test_parts_stand_where_they_say(divide, text):
    units = divide(text)
    for name, starts in zip(units.names, units.starts, strict=True):
        assert all(text.startswith(name, start) for start in starts)
    assert units.without(np.ones(len(units), dtype=bool)) == text


def test_taking_a_word_away_takes_all_its_occurrences():
    units = by_word("the cat, the dog")
    assert units.starts[units.names.index("the")] == (0, 9)
    assert units.without(np.array([False, True, True])) == " cat,  dog"


def test_only_the_chosen_passages_are_divided_into_words():
    units = by_word_in("one two. three four. five", {"three four."})
    assert units.names == ("one two.", "three", "four", "five")
    assert units.without(np.array([False, True, True, True])) == " three four. five"


@pytest.mark.parametrize("position, end", [(2, 5), (5, 5), (6, 6), (8, 11), (11, 11)])
def test_a_word_that_a_window_cuts_counts_whole(position, end):
    assert end_of_word("hello world", position) == end


@pytest.mark.parametrize("text", ["a b c d " * 1250 + " " * 10_000, "?" * 10_000 + " a b c d" * 1250])
def test_an_index_that_would_not_fit_the_memory_is_refused(text):
    with pytest.raises(InputError, match="stretch of 10,00[01] characters without a word"):
        by_word(text)
