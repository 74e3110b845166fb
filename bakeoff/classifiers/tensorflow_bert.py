"""The TensorFlow classifier, loaded from a KerasHub preset."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers import tensorflow_forward
from bakeoff.classifiers.base import BertClassifier
from bakeoff.classifiers.transplant import to_keras, to_transformers, transformers_name
from bakeoff.common.errors import ModelError
from bakeoff.common.keras_on_tensorflow import keras_hub, tf


class TensorFlowBert(BertClassifier):
    """A BERT classifier in TensorFlow.

    Args:
        folder: the model folder.
        revision: Hub commit sha, or "local".
        device: TensorFlow's name of the device; by default a GPU if there is one.
    """

    framework = "TensorFlow"

    def __init__(self, folder: Path, revision: str = "local", device: str | None = None) -> None:
        super().__init__(folder, revision)
        self._device = device
        try:
            with tf.device(device):
                self._model = keras_hub.models.BertTextClassifier.from_preset(
                    str(folder), preprocessor=None, dtype="float32"
                )
            labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ModelError(f"{folder} can't be loaded as a KerasHub BERT classifier ({reason}).") from error
        self._check_config(labels, self._model.backbone.max_sequence_length)
        if self._model.num_classes != len(self.labels):
            raise ModelError(
                f"{folder} holds a model of {self._model.num_classes} classes, but labels.json names "
                f"{len(self.labels)}; train or publish the model again."
            )
        variables = {transformers_name(variable.path): variable for variable in self._model.trainable_variables}
        on_processor = "CPU" in device.upper() if device else not tf.config.list_physical_devices("GPU")
        with tf.device(device):
            self._forward_pass = tensorflow_forward.Forward(variables, on_processor)

    def _forward(self, token_ids: NDArray[np.int32], padding_mask: NDArray[np.int32]) -> NDArray[np.float32]:
        with tf.device(self._device):
            return self._forward_pass.logits(token_ids, padding_mask).numpy()

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return a copy of all weights with transformers' names and shapes."""
        return to_transformers({weights.path: np.array(weights) for weights in self._model.trainable_variables})

    def set_weights(self, weights: dict[str, NDArray[np.float32]]) -> None:
        """Replace all weights by the `weights()` of another classifier with the same architecture."""
        variables = {variable.path: variable for variable in self._model.trainable_variables}
        shapes = {path: tuple(variable.shape) for path, variable in variables.items()}
        for path, array in to_keras(weights, shapes).items():
            variables[path].assign(array)
