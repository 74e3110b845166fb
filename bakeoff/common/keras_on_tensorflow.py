"""Keras and KerasHub on TensorFlow, imported after the settings that they read at import.

All of them but Keras's backend stay overridable from the environment.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
# Off by default on some processors, where it halves the time of a training step and doubles batch inference.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow would otherwise take a whole GPU, also where PyTorch shares it.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

import keras
import keras_hub
import tensorflow as tf

# PyTorch multiplies float32 as float32 on every GPU; TensorFlow would round to TF32 where the GPU has it.
tf.config.experimental.enable_tensor_float_32_execution(False)

__all__ = ["keras", "keras_hub", "tf"]
