"""Use TensorFlow as its documentation and KerasHub's advise: a `tf.function` with a signature, bucketed `tf.data`."""

import os
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras_hub
import tensorflow as tf


def load(folder: str, max_length: int, *, jit_compile: bool = False) -> Callable[[Sequence[str]], Any]:
    """Return a function for the logits (n, k) of one batch of texts; `jit_compile` compiles the model with XLA."""
    classifier = keras_hub.models.TextClassifier.from_preset(folder, preprocessor=None)
    preprocessor = keras_hub.models.TextClassifierPreprocessor.from_preset(folder)
    preprocessor.build(None)
    ids = tf.TensorSpec((None, None), tf.int32)
    signature = {"token_ids": ids, "segment_ids": ids, "padding_mask": ids}

    @tf.function(input_signature=[signature], jit_compile=jit_compile)
    def forward(features: dict[str, tf.Tensor]) -> tf.Tensor:
        return classifier(features, training=False)

    def logits(texts: Sequence[str]) -> Any:
        tokens = preprocessor.tokenizer(list(texts))
        longest = min(max_length, max(map(len, tokens)) + 2)
        token_ids, segment_ids = preprocessor.packer(tokens, sequence_length=longest)
        mask = tf.cast(token_ids != preprocessor.tokenizer.pad_token_id, tf.int32)
        return forward({"token_ids": token_ids, "segment_ids": segment_ids, "padding_mask": mask}).numpy()

    return logits


def train(
    folder: str,
    texts: Sequence[str],
    labels: Sequence[int],
    *,
    max_length: int,
    batch_size: int,
    epochs: int,
    watch: Callable[[tf.data.Dataset], tf.data.Dataset],
    **callbacks: Any,
) -> None:
    """Fine-tune the model in the folder, on batches of similar length; `watch` and `callbacks` measure it."""
    classifier = keras_hub.models.TextClassifier.from_preset(folder, preprocessor=None)
    tokenizer = keras_hub.models.TextClassifierPreprocessor.from_preset(folder).tokenizer
    start, end = tokenizer.start_token_id, tokenizer.end_token_id
    rows = [[start, *ids[: max_length - 2], end] for ids in tokenizer(list(texts))]
    signature = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.int32)

    def features(ids: tf.Tensor, label: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        mask = tf.cast(ids != tokenizer.pad_token_id, tf.int32)
        return {"token_ids": ids, "segment_ids": tf.zeros_like(ids), "padding_mask": mask}, label

    boundaries = list(range(32, max_length, 32))
    batches = (
        tf.data.Dataset.from_generator(lambda: zip(rows, labels, strict=True), output_signature=signature)
        .shuffle(len(texts))
        .bucket_by_sequence_length(lambda ids, _: tf.size(ids), boundaries, [batch_size] * (len(boundaries) + 1))
        .map(features)
        .prefetch(tf.data.AUTOTUNE)
    )
    classifier.fit(watch(batches), epochs=epochs, verbose=0, **callbacks)
