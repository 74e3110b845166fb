"""Serve with TensorFlow and KerasHub, in the documented way: `from_preset`, and a `tf.function` for any length."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

from importlib.metadata import packages_distributions, version

import keras_hub
import tensorflow as tf


def imports(function):
    """Import nothing more."""


def load(folder, file, function, threads):
    """Return the forward pass of the preset in a folder; it is traced at the first call."""
    model = keras_hub.models.BertTextClassifier.from_preset(folder, preprocessor=None, dtype="float32")

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2)
    def logits(ids, mask):
        inputs = {"token_ids": ids, "segment_ids": tf.zeros_like(ids), "padding_mask": mask}
        return model(inputs, training=False)

    return lambda ids, mask: logits(tf.constant(ids), tf.constant(mask)).numpy()


def build(function):
    """Name the build."""
    package = packages_distributions()["tensorflow"][0]
    return f"{package} {version(package)}, is_cuda_build={tf.sysconfig.get_build_info()['is_cuda_build']}"
