"""Use TensorFlow as KerasHub's quickstart shows it: `predict` and `fit` on texts, which are padded to the maximum."""

from collections.abc import Callable, Sequence
from typing import Any

import keras_hub


def load(folder: str, max_length: int, **options: Any) -> Callable[[Sequence[str]], Any]:
    """Return a function for the logits (n, k) of texts; `options` are those of `predict`, such as `batch_size`."""
    classifier = keras_hub.models.TextClassifier.from_preset(folder)
    classifier.preprocessor.sequence_length = max_length
    return lambda texts: classifier.predict(list(texts), verbose=0, **options)


def train(
    folder: str,
    texts: Sequence[str],
    labels: Sequence[int],
    *,
    max_length: int,
    batch_size: int,
    epochs: int,
    **watch: Any,
) -> None:
    """Fine-tune the model in the folder; `watch` are callbacks of the measurement."""
    classifier = keras_hub.models.TextClassifier.from_preset(folder)
    classifier.preprocessor.sequence_length = max_length
    classifier.fit(x=list(texts), y=list(labels), batch_size=batch_size, epochs=epochs, verbose=0, **watch)
