"""The TensorFlow model in the formats that others serve: one function a format, from a model folder to a file.

Keras writes all of them itself (`Model.export`), with a free batch size and length. Weights stay float32.
"""

from functools import partial
from pathlib import Path

import numpy as np

from bakeoff.common.keras_on_tensorflow import keras, keras_hub, tf


def onnx(folder: Path, file: Path) -> None:
    """Write ONNX, which Keras does through tf2onnx."""
    model = _load(folder)
    model({name: np.ones((1, 2), np.int32) for name in model.input})  # a model that was never called is refused
    model.export(str(file), format="onnx", verbose=False)


def saved_model(folder: Path, file: Path) -> None:
    """Write a SavedModel, which is a folder. `Model.export` would write each weight twice."""
    model = _load(folder)
    inputs = {name: tf.TensorSpec((None, None), tf.int32, name=name) for name in model.input}
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serve", partial(model.__call__, training=False), input_signature=[inputs])
    archive.write_out(str(file), verbose=False)


def litert(folder: Path, file: Path) -> None:
    """Write LiteRT."""
    _load(folder).export(str(file), format="litert", verbose=False)


def openvino(folder: Path, file: Path) -> None:
    """Write OpenVINO's intermediate representation."""
    _load(folder).export(str(file), format="openvino", verbose=False)


def _load(folder: Path) -> keras_hub.models.BertTextClassifier:
    return keras_hub.models.BertTextClassifier.from_preset(str(folder), preprocessor=None, dtype="float32")
