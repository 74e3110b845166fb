"""Classify with Keras's `predict_on_batch`, which is compiled once per shape, on any backend of Keras.

KerasHub's `predict` sets up its preprocessing in each call. Here the tokenizer runs on its own, and batches are padded
to a power of two tokens, so that a backend that compiles for each shape compiles a few times only.
"""

from collections.abc import Sequence
from pathlib import Path

import keras_hub
import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import softmax
from benchmarks.stock.calls import Probabilities

SPECIAL = 2  # [CLS] and [SEP]


def predict_on_batch(folder: Path, max_length: int, batch_size: int) -> Probabilities:
    """Return a function for the probabilities (n, k), with texts in batches of their order."""
    classifier = keras_hub.models.TextClassifier.from_preset(str(folder), preprocessor=None)
    preprocessor = keras_hub.models.TextClassifierPreprocessor.from_preset(str(folder))
    preprocessor.build(None)

    def logits(texts: Sequence[str]) -> NDArray[np.float64]:
        tokens = preprocessor.tokenizer(list(texts))
        longest = min(max_length, max(map(len, tokens)) + SPECIAL)
        length = min(max_length, 1 << (longest - 1).bit_length())
        token_ids, segment_ids = (np.asarray(ids) for ids in preprocessor.packer(tokens, sequence_length=length))
        mask = token_ids != preprocessor.tokenizer.pad_token_id
        features = {"token_ids": token_ids, "segment_ids": segment_ids, "padding_mask": mask}
        return np.asarray(classifier.predict_on_batch(features))

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        batches = [texts[start : start + batch_size] for start in range(0, len(texts), batch_size)]
        return softmax(np.concatenate([logits(batch) for batch in batches]))

    return probabilities
