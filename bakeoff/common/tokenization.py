"""Text to token ids: one Hugging Face fast tokenizer feeds both frameworks, in training and in serving.

KerasHub's own tokenizer agrees on plain news text but not on combining accents, zero-width characters, emoji
sequences or a literal `[SEP]`; with one tokenizer no difference between two models can come from here.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bakeoff.common.errors import ModelError

FILE = "tokenizer.json"
KERAS_SUBFOLDER = "hf_tokenizer"  # a KerasHub preset has a tokenizer.json of its own, in another format


class TextEncoder:
    """A fast tokenizer that truncates, and treats `[SEP]` and its like in a user's text as plain text."""

    def __init__(self, tokenizer: Tokenizer, max_length: int | None):
        self.max_length = max_length
        self.pad_id = tokenizer.token_to_id("[PAD]") or 0
        self.unknown_id = tokenizer.token_to_id("[UNK]")
        self._tokenizer = tokenizer
        tokenizer.encode_special_tokens = True
        tokenizer.no_padding()
        if max_length is None:
            tokenizer.no_truncation()
        else:
            tokenizer.enable_truncation(max_length)

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Token ids of each text, `[CLS]` first and `[SEP]` last, at most `max_length` of them, unpadded."""
        encodings = self._tokenizer.encode_batch_fast([without_lone_surrogates(text) for text in texts])
        return [np.asarray(encoding.ids, dtype=np.int32) for encoding in encodings]

    def characters_read(self, text: str) -> int:
        """Where in the text the last token that `encode` keeps ends: what follows is never read.

        The length of the text if nothing is cut off.
        """
        encoding = self._tokenizer.encode(without_lone_surrogates(text))
        return encoding.offsets[-2][1] if encoding.overflowing else len(text)

    def difference(self, other: "TextEncoder") -> str:
        """What tells this tokenizer from another, in words; empty when both give the same ids for any text."""
        mine, theirs = self._tokenizer, other._tokenizer
        if self.max_length != other.max_length:
            return f"one reads {self.max_length} tokens of a text, the other {other.max_length}"
        if mine.get_vocab() != theirs.get_vocab():
            return f"their vocabularies differ ({mine.get_vocab_size()} and {theirs.get_vocab_size()} entries)"
        if mine.to_str() != theirs.to_str():
            return "their normalisation or splitting rules differ"
        return ""


def load(folder: Path, max_length: int | None = None) -> TextEncoder:
    """The tokenizer of an encoder folder, a transformers model folder or one of our KerasHub presets.

    Raises:
        ModelError: there is no tokenizer file, or it can't be read.
    """
    nested = folder / KERAS_SUBFOLDER / FILE
    path = nested if nested.exists() else folder / FILE
    if not path.exists():
        raise ModelError(
            f"{folder.name} has no {FILE}: expected a fast tokenizer beside the model; "
            "save it with transformers' AutoTokenizer.save_pretrained and try again."
        )
    try:
        return TextEncoder(Tokenizer.from_file(str(path)), max_length)
    except Exception as error:
        raise ModelError(
            f"{path.name} in {folder.name} can't be read as a tokenizer ({error}); fetch it again."
        ) from error


def pad(token_ids: Sequence[NDArray[np.int32]], pad_id: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Token ids padded to the longest of them, and their mask (1 for a token, 0 for padding): int32 (n, longest)."""
    padded = np.full((len(token_ids), max(map(len, token_ids))), pad_id, dtype=np.int32)
    mask = np.zeros_like(padded)
    for row, ids in enumerate(token_ids):
        padded[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    return padded, mask


def batches_by_length(token_ids: Sequence[NDArray[np.int32]], batch_size: int) -> list[NDArray[np.int64]]:
    """Row numbers in batches of similar length, longest first (what is too large for the memory fails at once)."""
    order = np.argsort([-len(ids) for ids in token_ids], kind="stable")
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def batches_by_tokens(token_ids: Sequence[NDArray[np.int32]], tokens: int) -> list[NDArray[np.int64]]:
    """Row numbers in batches of similar length, longest first, each of at most so many tokens with its padding.

    A text that is longer has a batch of its own.
    """
    lengths = np.array([len(ids) for ids in token_ids])
    order = np.argsort(-lengths, kind="stable")
    out, start = [], 0
    while start < len(order):
        rows = max(1, tokens // int(lengths[order[start]]))
        out.append(order[start : start + rows])
        start += rows
    return out


def without_lone_surrogates(text: str) -> str:
    """The text with U+FFFD for each lone half of a surrogate pair, which would crash the tokenizer."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
