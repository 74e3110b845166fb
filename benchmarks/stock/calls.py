"""What a user would pick instead: the same published folders behind the stock libraries' own calls."""

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
    """Class probabilities (n, k) of `transformers.pipeline("text-classification")`, in the order of its config."""
    classify = transformers.pipeline("text-classification", model=str(folder), top_k=None, batch_size=batch_size)
    columns = classify.model.config.label2id

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        out = np.empty((len(texts), len(columns)))
        for row, scores in enumerate(classify(list(texts), truncation=True, max_length=max_length)):
            for each in scores:
                out[row, columns[each["label"]]] = each["score"]
        return out

    return probabilities


def keras_hub_predict(folder: Path, max_length: int, batch_size: int = BATCH_SIZE) -> Probabilities:
    """Class probabilities (n, k) of KerasHub's `TextClassifier.predict`, which pads to the longest it may read."""
    model = keras_hub.models.TextClassifier.from_preset(str(folder))
    model.preprocessor.sequence_length = max_length

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        return softmax(model.predict(np.array(texts, dtype=object), batch_size=batch_size, verbose=0))

    return probabilities


STOCK = {"pytorch": transformers_pipeline, "tensorflow": keras_hub_predict}
