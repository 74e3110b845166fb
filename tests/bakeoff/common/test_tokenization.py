"""Tests of the shared tokenizer: any text gives ids, and no part of a text becomes a special token."""

import json
import shutil

import numpy as np
import pytest

from bakeoff.common import tokenization
from bakeoff.common.errors import ModelError
from trainers.parity import HOSTILE_TEXTS

PAD, UNK, CLS, SEP, MASK = range(5)  # in the order of the tiny vocabulary


@pytest.fixture
def encoder(encoder_folder):
    return tokenization.load(encoder_folder)


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_any_text_begins_with_cls_and_ends_with_sep_and_has_neither_between(encoder, text):
    (ids,) = encoder.encode([text])
    assert ids.dtype == np.int32
    assert (ids[0], ids[-1]) == (CLS, SEP)
    assert not {PAD, CLS, SEP, MASK} & set(ids[1:-1].tolist())


def test_an_empty_text_has_the_two_special_tokens_only(encoder):
    assert [ids.tolist() for ids in encoder.encode(["", " \t\n"])] == [[CLS, SEP], [CLS, SEP]]
    assert encoder.encode([]) == []


@pytest.mark.parametrize("word", ["[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"])
def test_a_special_token_in_a_text_is_plain_text(encoder, word):
    literal, spaced = encoder.encode([f"news {word} news", f"news [ {word[1:-1]} ] news"])
    assert literal.tolist() == spaced.tolist()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a \ud83d b", "a \ufffd b"),
        ("a \udc4d b", "a \ufffd b"),
        ("\ud83d", "\ufffd"),
        ("\udc4d\ud83d", "\ufffd\ufffd"),
        ("\ud83d\udc4d", "\U0001f44d"),
        ("\ufeffa", "\ufeffa"),
        ("plain", "plain"),
    ],
)
def test_half_a_surrogate_pair_becomes_the_replacement_character(encoder, text, meant):
    assert tokenization.without_lone_surrogates(text) == meant
    one, other = encoder.encode([text, meant])
    assert one.tolist() == other.tolist()


def test_a_long_text_is_cut_and_keeps_its_sep(encoder_folder):
    whole, cut = tokenization.load(encoder_folder), tokenization.load(encoder_folder, 16)
    text = "the minister said " * 50
    (long,), (short,) = whole.encode([text]), cut.encode([text])
    assert len(short) == 16
    assert short.tolist() == [*long[:15].tolist(), SEP]


def test_padding_and_truncation_of_the_file_are_ignored(encoder_folder, encoder_copy):
    file = encoder_copy / tokenization.FILE
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["truncation"] = {"direction": "Left", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    fixed = {"strategy": {"Fixed": 50}, "direction": "Right", "pad_to_multiple_of": None}
    settings["padding"] = fixed | {"pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    file.write_text(json.dumps(settings), encoding="utf-8")
    plain, odd = tokenization.load(encoder_folder, 32), tokenization.load(encoder_copy, 32)
    texts = ["a", "the minister said " * 20]
    assert [ids.tolist() for ids in plain.encode(texts)] == [ids.tolist() for ids in odd.encode(texts)]
    assert plain.difference(odd) == ""


def test_the_tokenizer_file_of_a_keras_preset_is_ignored(encoder_copy, encoder):
    nested = encoder_copy / tokenization.KERAS_SUBFOLDER
    nested.mkdir()
    shutil.move(encoder_copy / tokenization.FILE, nested / tokenization.FILE)
    (encoder_copy / tokenization.FILE).write_text('{"module": "keras_hub", "class_name": "BertTokenizer"}')
    assert tokenization.load(encoder_copy).encode(["news"])[0].tolist() == encoder.encode(["news"])[0].tolist()


def test_the_difference_of_two_tokenizers_is_described(encoder_folder, encoder_copy):
    mine = tokenization.load(encoder_folder, 16)
    assert mine.difference(tokenization.load(encoder_folder, 16)) == ""
    assert "16 tokens of a text, the other 32" in mine.difference(tokenization.load(encoder_folder, 32))
    file = encoder_copy / tokenization.FILE
    settings = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(settings | {"normalizer": None}), encoding="utf-8")
    assert "normalization" in mine.difference(tokenization.load(encoder_copy, 16))
    settings["model"]["vocab"]["extra"] = len(settings["model"]["vocab"])
    file.write_text(json.dumps(settings), encoding="utf-8")
    assert "vocabularies differ" in mine.difference(tokenization.load(encoder_copy, 16))


@pytest.mark.parametrize(("content", "expected"), [(None, "has no tokenizer.json"), ("{}", "fetch it again")])
def test_a_missing_or_broken_file_is_refused(encoder_copy, content, expected):
    (encoder_copy / tokenization.FILE).unlink()
    if content:
        (encoder_copy / tokenization.FILE).write_text(content)
    with pytest.raises(ModelError, match=expected) as caught:
        tokenization.load(encoder_copy)
    assert "\n" not in str(caught.value)


def test_batches_by_length_hold_every_row_once_longest_first():
    lengths = np.random.default_rng(3).integers(1, 50, 101)
    batches = tokenization.batches_by_length([np.zeros(length, np.int32) for length in lengths], 8)
    assert [len(rows) for rows in batches] == [8] * 12 + [5]
    order = np.concatenate(batches)
    assert sorted(order) == list(range(101))
    assert (np.diff(lengths[order]) <= 0).all()
    assert tokenization.batches_by_length([], 8) == []


def test_batches_by_tokens_hold_every_row_once_and_respect_the_limit():
    lengths = np.random.default_rng(3).integers(1, 50, 101)
    batches = tokenization.batches_by_tokens([np.zeros(length, np.int32) for length in lengths], 90)
    order = np.concatenate(batches)
    assert sorted(order) == list(range(101))
    assert (np.diff(lengths[order]) <= 0).all()
    padded = [len(rows) * lengths[rows].max() for rows in batches]
    assert max(padded) <= 90
    another = [total + lengths[rows].max() for total, rows in zip(padded, batches, strict=True)][:-1]
    assert min(another) > 90, "a batch should be as large as the limit allows"


def test_batches_by_tokens_of_long_texts_and_of_no_texts():
    assert [rows.tolist() for rows in tokenization.batches_by_tokens([np.zeros(9), np.zeros(8)], 4)] == [[0], [1]]
    assert tokenization.batches_by_tokens([], 4) == []
