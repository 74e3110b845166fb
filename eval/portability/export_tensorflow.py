"""Export the TensorFlow model to the formats that others serve, with one function per format.

Each function reads a model folder and writes a file. Keras writes all formats itself (`Model.export`), with a free
batch size and length. Weights stay float32.
"""

from functools import partial
from pathlib import Path

import numpy as np

from bakeoff.common.keras_on_tensorflow import keras, keras_hub, tf


def onnx(folder: Path, file: Path) -> None:
    """Write ONNX, which Keras exports through tf2onnx."""
    model = _load(folder)
    model(
        {name: np.ones((1, 2), np.int32) for name in model.input}
    )  # Keras refuses to export a model that was never called
    model.export(str(file), format="onnx", verbose=False)


def saved_model(folder: Path, file: Path) -> None:
    """Write a SavedModel, which is a folder, without `Model.export`, which would write each weight twice."""
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
