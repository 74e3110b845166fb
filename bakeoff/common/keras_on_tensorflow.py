"""Import Keras and KerasHub on TensorFlow, after the settings that they read at import.

The environment can override all settings except Keras's backend.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
# oneDNN is off by default on some processors, where it halves the time of a training step and doubles batch inference.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Otherwise TensorFlow would take a whole GPU, even if PyTorch shares it.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

import keras
import keras_hub
import tensorflow as tf

# PyTorch multiplies float32 as float32 on every GPU; TensorFlow would round to TF32 where the GPU has it.
tf.config.experimental.enable_tensor_float_32_execution(False)

__all__ = ["keras", "keras_hub", "tf"]
