"""Keras and KerasHub on TensorFlow, imported after the settings that they read at import.

Nothing in the environment or the user's home changes what they compute; what only changes the speed can be overridden.
"""

import os

import plain_environment

plain_environment.prepare()
# Off by default on some processors, where it halves the time of a training step and doubles batch inference.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow would otherwise take a whole GPU, also where PyTorch shares it.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

import keras  # noqa: E402  after the settings that it reads
import keras_hub  # noqa: E402
import tensorflow as tf  # noqa: E402

# Once more, for a process in which something imported Keras before.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")
keras.config.set_max_epochs(None)
keras.config.set_max_steps_per_epoch(None)
# PyTorch multiplies float32 as float32 on every GPU; TensorFlow would round to TF32 where the GPU has it.
tf.config.experimental.enable_tensor_float_32_execution(False)

__all__ = ["keras", "keras_hub", "tf"]
