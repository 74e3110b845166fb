"""Texts of an exact number of tokens, from the words of a corpus; and what classifying them takes."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.common.errors import CorpusError, ModelError
from bakeoff.common.tokenization import TextEncoder

SPECIAL = 2  # tokens around each text: [CLS] and [SEP]


class Cutter:
    """Cuts texts of exactly n tokens; BERT's tokenizers split at spaces first, so that words' tokens add up.

    Args:
        encoder: a tokenizer that does not truncate.
        texts: the corpus, at least one word.
        seed: of where texts begin.

    Raises:
        CorpusError: the texts hold no words.
    """

    def __init__(self, encoder: TextEncoder, texts: Sequence[str], seed: int = 0):
        self._words = [word for text in texts for word in text.split()]
        self._encoder, self._seed = encoder, seed
        different = list(dict.fromkeys(self._words))
        lengths = [len(ids) - SPECIAL for ids in encoder.encode(different)]
        self._tokens = {word: length for word, length in zip(different, lengths, strict=True) if length}
        self._words = [word for word in self._words if word in self._tokens]
        if 1 not in self._tokens.values():
            raise CorpusError("the corpus has no word of one token, so that no text can be cut; give another --corpus.")

    def cut(self, tokens: int, count: int) -> list[str]:
        """`count` texts of `tokens` tokens, `[CLS]` and `[SEP]` included: runs of words from random places.

        Words that would make a text too long are left out. The same arguments give the same texts.
        """
        drawn = random.Random(f"{self._seed} {tokens}")
        out = [self._one(tokens, drawn.randrange(len(self._words))) for _ in range(count)]
        found = {len(ids) for ids in self._encoder.encode(out)}
        if found != {tokens}:
            raise CorpusError(f"texts of {tokens} tokens came out with {sorted(found)}: no tokenizer of the BERT type.")
        return out

    def _one(self, tokens: int, start: int) -> str:
        chosen, left, place = [], tokens - SPECIAL, start
        while left:
            word = self._words[place % len(self._words)]
            if self._tokens[word] <= left:
                chosen.append(word)
                left -= self._tokens[word]
            place += 1
        return " ".join(chosen)


@dataclass(frozen=True)
class Architecture:
    """The sizes of a BERT classifier that decide what a text costs."""

    layers: int
    hidden: int
    intermediate: int
    classes: int

    @classmethod
    def of(cls, model: ModelFolder) -> "Architecture":
        """Of a model in the transformers format.

        Raises:
            ModelError: its `config.json` can't be read or lacks a size.
        """
        try:
            config = json.loads((model.path / "config.json").read_text(encoding="utf-8"))
            sizes = [config[name] for name in ("num_hidden_layers", "hidden_size", "intermediate_size")]
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"config.json in {model.path.name} should hold the sizes of a BERT ({error}); train or publish the "
                "model again."
            ) from error
        return cls(*sizes, len(model.labels))

    def operations(self, tokens: ArrayLike) -> float:
        """Multiplications and additions of the matrix products for texts of so many real tokens each; padding is none.

        A text of n tokens takes, in each layer, the four projections of attention (h·h), both layers of the
        feed-forward block (h·f) and two products of n·n with the heads; then pooler and head, on its first token.
        """
        n = np.asarray(tokens, dtype=np.float64)
        h, f = self.hidden, self.intermediate
        layers = self.layers * (2 * n * (4 * h * h + 2 * h * f) + 4 * n * n * h)
        return float((layers + 2 * h * h + 2 * h * self.classes).sum())
