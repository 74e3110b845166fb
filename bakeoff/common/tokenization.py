"""Turn texts into token ids: one Hugging Face fast tokenizer feeds both frameworks, in training and in serving.

KerasHub's own tokenizer agrees with it on plain news text, but not on combining accents, zero-width characters, emoji
sequences or a literal `[SEP]`. With one tokenizer, no difference between two models can come from tokenization.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bakeoff.common.errors import ModelError

FILE = "tokenizer.json"
KERAS_SUBFOLDER = "hf_tokenizer"  # a KerasHub preset has its own tokenizer.json, in another format


class TextEncoder:
    """A fast tokenizer that truncates texts, and treats special tokens such as `[SEP]` in a text as plain text.

    Args:
        tokenizer: the tokenizer; its own padding and truncation are switched off.
        max_length: the largest number of tokens; None for no limit.
    """

    def __init__(self, tokenizer: Tokenizer, max_length: int | None) -> None:
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
        """Return the token ids of each text without padding: `[CLS]` first, `[SEP]` last, at most `max_length`."""
        encodings = self._tokenizer.encode_batch_fast([without_lone_surrogates(text) for text in texts])
        return [np.asarray(encoding.ids, dtype=np.int32) for encoding in encodings]

    def characters_read(self, text: str) -> int:
        """Return the number of leading characters that `encode` keeps; the length of the text if nothing is cut off."""
        encoding = self._tokenizer.encode(without_lone_surrogates(text))
        return int(encoding.offsets[-2][1]) if encoding.overflowing else len(text)

    def difference(self, other: "TextEncoder") -> str:
        """Describe how this tokenizer differs from another; empty if both give the same ids for any text."""
        mine, theirs = self._tokenizer, other._tokenizer
        if self.max_length != other.max_length:
            return f"one reads {self.max_length} tokens of a text, the other {other.max_length}"
        if mine.get_vocab() != theirs.get_vocab():
            return f"their vocabularies differ ({mine.get_vocab_size()} and {theirs.get_vocab_size()} entries)"
        if mine.to_str() != theirs.to_str():
            return "their normalization or splitting rules differ"
        return ""


def load(folder: Path, max_length: int | None = None) -> TextEncoder:
    """Load the tokenizer of an encoder folder, a transformers model folder, or one of our KerasHub presets.

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
    """Pad token ids to the longest text; return them and their mask (1 token, 0 padding), both int32 (n, longest)."""
    padded = np.full((len(token_ids), max(map(len, token_ids))), pad_id, dtype=np.int32)
    mask = np.zeros_like(padded)
    for row, ids in enumerate(token_ids):
        padded[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    return padded, mask


def batches_by_length(token_ids: Sequence[NDArray[np.int32]], batch_size: int) -> list[NDArray[np.int64]]:
    """Group row numbers into batches of similar length, longest first, so that a lack of memory shows at once."""
    order = np.argsort([-len(ids) for ids in token_ids], kind="stable")
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def batches_by_tokens(token_ids: Sequence[NDArray[np.int32]], tokens: int) -> list[NDArray[np.int64]]:
    """Group row numbers into batches of similar length, longest first.

    A batch has at most this number of tokens, including padding. A longer text gets a batch of its own.
    """
    lengths = np.array([len(ids) for ids in token_ids])
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        rows = max(1, tokens // int(lengths[order[start]]))
        batches.append(order[start : start + rows])
        start += rows
    return batches


def without_lone_surrogates(text: str) -> str:
    """Replace each lone half of a surrogate pair by U+FFFD, because it would crash the tokenizer."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
