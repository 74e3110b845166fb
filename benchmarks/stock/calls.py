"""Classify with the stock libraries' own calls, as a user would, from the same published folders."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import transformers
from numpy.typing import NDArray

from bakeoff.classifiers.base import softmax
from bakeoff.common.keras_on_tensorflow import keras_hub

Probabilities = Callable[[Sequence[str]], NDArray[np.float64]]
BATCH_SIZE = 32


def transformers_pipeline(folder: Path, max_length: int, batch_size: int = BATCH_SIZE) -> Probabilities:
    """Return a function for the probabilities (n, k) of `transformers.pipeline`, in the order of its config."""
    classify = transformers.pipeline("text-classification", model=str(folder), top_k=None, batch_size=batch_size)
    columns = classify.model.config.label2id

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        table = np.empty((len(texts), len(columns)))
        for row, scores in enumerate(classify(list(texts), truncation=True, max_length=max_length)):
            for score in scores:
                table[row, columns[score["label"]]] = score["score"]
        return table

    return probabilities


def keras_hub_predict(folder: Path, max_length: int, batch_size: int = BATCH_SIZE) -> Probabilities:
    """Return a function for the probabilities (n, k) of KerasHub's `predict`, which pads to the maximum length."""
    model = keras_hub.models.TextClassifier.from_preset(str(folder))
    model.preprocessor.sequence_length = max_length

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        return softmax(model.predict(np.array(texts, dtype=object), batch_size=batch_size, verbose=0))

    return probabilities


STOCK = {"pytorch": transformers_pipeline, "tensorflow": keras_hub_predict}
