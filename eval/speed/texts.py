"""Cut texts of an exact number of tokens from a corpus, and count the operations that classifying them takes."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.common.errors import CorpusError, ModelError
from bakeoff.common.tokenization import TextEncoder

SPECIAL = 2  # special tokens per text: [CLS] and [SEP]


class Cutter:
    """A cutter of texts of exactly n tokens; BERT's tokenizers split at spaces first, so words' tokens add up.

    Args:
        encoder: A tokenizer that does not truncate.
        texts: The corpus, with at least one word.
        seed: Seed of the places where texts begin.

    Raises:
        CorpusError: The texts have no word of one token.
    """

    def __init__(self, encoder: TextEncoder, texts: Sequence[str], seed: int = 0):
        self._words = [word for text in texts for word in text.split()]
        self._encoder, self._seed = encoder, seed
        different = list(dict.fromkeys(self._words))
        lengths = [len(ids) - SPECIAL for ids in encoder.encode(different)]
        self._tokens = {word: length for word, length in zip(different, lengths, strict=True) if length}
        self._words = [word for word in self._words if word in self._tokens]
        if 1 not in self._tokens.values():
            raise CorpusError("the corpus has no word of one token, so no text can be cut; choose another --corpus.")

    def cut(self, tokens: int, count: int) -> list[str]:
        """Cut `count` texts of `tokens` tokens with `[CLS]` and `[SEP]` included: runs of words from random places.

        Words that would make a text too long are left out. The same arguments give the same texts.
        """
        random_state = random.Random(f"{self._seed} {tokens}")
        texts = [self._one(tokens, random_state.randrange(len(self._words))) for _ in range(count)]
        lengths = {len(ids) for ids in self._encoder.encode(texts)}
        if lengths != {tokens}:
            raise CorpusError(
                f"texts should have {tokens} tokens, but have {sorted(lengths)}: the tokenizer is not of the BERT "
                "type; choose a BERT model."
            )
        return texts

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
    """The sizes of a BERT classifier that determine the cost of a text."""

    layers: int
    hidden: int
    intermediate: int
    classes: int

    @classmethod
    def of(cls, model: ModelFolder) -> "Architecture":
        """Read the architecture of a model in the transformers format.

        Raises:
            ModelError: The model's `config.json` can't be read or lacks a size.
        """
        try:
            config = json.loads((model.path / "config.json").read_text(encoding="utf-8"))
            layers, hidden, intermediate = (
                config[name] for name in ("num_hidden_layers", "hidden_size", "intermediate_size")
            )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"config.json in {model.path.name} should hold the sizes of a BERT ({error}); train or publish the "
                "model again."
            ) from error
        return cls(layers, hidden, intermediate, len(model.labels))

    def operations(self, tokens: ArrayLike) -> float:
        """Count the multiplications and additions of the matrix products for texts of these numbers of real tokens.

        Padding is not counted. In each layer, a text of n tokens takes the four projections of attention (h·h), both
        layers of the feed-forward block (h·f), and two products of n·n with the heads. The pooler and the head run
        only on the first token.
        """
        n = np.asarray(tokens, dtype=np.float64)
        h, f = self.hidden, self.intermediate
        layers = self.layers * (2 * n * (4 * h * h + 2 * h * f) + 4 * n * n * h)
        return float((layers + 2 * h * h + 2 * h * self.classes).sum())
