"""Watch a training by Keras's `fit`, and tokenize as KerasHub does; not counted as code of a basis."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import keras_hub
import numpy as np
import tensorflow as tf


class Watch(keras.callbacks.Callback):
    """A callback that reports each step's end, and notes the numbers of real tokens of each text.

    Args:
        end_step: The function to call when the training is set up, and at the end of each step.

    Attributes:
        lengths: The numbers of tokens of each step's texts; empty if `train` gives Keras texts and not batches.
    """

    def __init__(self, end_step: Callable[[], None]):
        super().__init__()
        self._end_step = end_step
        self.lengths: list[list[int]] = []

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `train` that make this object watch it."""
        return {"callbacks": [self]}

    def batches(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Return the same batches, whose lengths are noted in their order when they are drawn."""

        def note(features: dict[str, tf.Tensor], labels: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
            mask = features["padding_mask"]
            noted = tf.ensure_shape(tf.numpy_function(self._note, [mask], mask.dtype, stateful=True), mask.shape)
            return features | {"padding_mask": noted}, labels

        return dataset.map(note)

    def on_train_begin(self, logs: Any = None) -> None:
        """Report that the training is set up."""
        self._end_step()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Report that a step has ended."""
        self._end_step()

    def _note(self, mask: np.ndarray) -> np.ndarray:
        self.lengths.append(mask.sum(axis=1).tolist())
        return mask


def token_ids(folder: str, max_length: int, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text, with the special tokens that KerasHub's preprocessor adds."""
    tokenizer = keras_hub.models.TextClassifierPreprocessor.from_preset(folder).tokenizer
    start, end = tokenizer.start_token_id, tokenizer.end_token_id
    return [[start, *map(int, tokenizer([text])[0][: max_length - 2]), end] for text in texts]
