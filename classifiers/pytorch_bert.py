"""The PyTorch classifier: a transformers folder with safetensors."""

from pathlib import Path

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from transformers import BertForSequenceClassification

from classifiers.base import BertClassifier
from errors import ModelError


class PyTorchBert(BertClassifier):
    """BERT in PyTorch; `device` as torch names it, by default a GPU where there is one."""

    framework = "PyTorch"

    def __init__(self, folder: Path, revision: str = "local", device: str | None = None):
        super().__init__(folder, revision)
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        transformers.utils.logging.disable_progress_bar()
        try:
            model = BertForSequenceClassification.from_pretrained(
                folder, use_safetensors=True, local_files_only=True, dtype=torch.float32
            )
        except Exception as error:
            raise ModelError(f"{folder} can't be loaded as a transformers BERT classifier ({error}).") from error
        self._check_labels(model.config.id2label)
        self._model = model.to(self._device).eval()

    def _forward(self, token_ids: NDArray[np.int32], padding_mask: NDArray[np.int32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            output = self._model(
                input_ids=torch.from_numpy(token_ids).to(self._device),
                attention_mask=torch.from_numpy(padding_mask).to(self._device),
            )
        return output.logits.cpu().numpy()

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of all weights, under transformers' names and in its shapes."""
        return {name: weights.detach().cpu().numpy().copy() for name, weights in self._model.named_parameters()}

    def set_weights(self, weights: dict[str, NDArray[np.float32]]) -> None:
        """Replace all weights by those of `weights()` of another classifier of the same architecture."""
        with torch.no_grad():
            for name, parameter in self._model.named_parameters():
                parameter.copy_(torch.from_numpy(weights[name].copy()))
