"""The PyTorch classifier, loaded from a transformers folder with safetensors."""

from pathlib import Path

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from bakeoff.classifiers import pytorch_forward
from bakeoff.classifiers.base import BertClassifier
from bakeoff.common.errors import ModelError


class PyTorchBert(BertClassifier):
    """A BERT classifier in PyTorch.

    Args:
        folder: the model folder.
        revision: Hub commit sha, or "local".
        device: torch's name of the device; by default a GPU if there is one.
    """

    framework = "PyTorch"

    def __init__(self, folder: Path, revision: str = "local", device: str | None = None) -> None:
        super().__init__(folder, revision)
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        transformers.utils.logging.disable_progress_bar()
        try:
            model, info = transformers.BertForSequenceClassification.from_pretrained(
                folder,
                use_safetensors=True,
                local_files_only=True,
                attn_implementation="sdpa",  # config.json could name another one, which would be fetched and run
                dtype=torch.float32,
                output_loading_info=True,
            )
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ModelError(f"{folder} can't be loaded as a transformers BERT classifier ({reason}).") from error
        if info["missing_keys"]:  # transformers initializes missing weights at random without an error
            missing = min(info["missing_keys"])
            raise ModelError(f"{folder} lacks weights ({missing} …); train or publish the model again.")
        self._check_config(model.config.id2label, model.config.max_position_embeddings)
        self._model = model.to(self._device).eval()
        self._prepare()

    def _forward(self, token_ids: NDArray[np.int32], padding_mask: NDArray[np.int32]) -> NDArray[np.float32]:
        ids, mask = torch.from_numpy(token_ids).to(self._device), torch.from_numpy(padding_mask).to(self._device)
        if self._forward_pass is not None:
            return self._forward_pass.logits(ids, mask).numpy()
        with torch.inference_mode():
            return self._model(input_ids=ids, attention_mask=mask).logits.cpu().numpy()

    def _prepare(self) -> None:
        """Prepare the fast forward pass; a GPU, or a build without oneDNN, runs transformers' own layers instead."""
        config = self._model.config
        on_processor = torch.device(self._device).type == "cpu"
        self._forward_pass = None
        if on_processor and pytorch_forward.is_available(config.hidden_act):
            self._forward_pass = pytorch_forward.Forward(
                dict(self._model.named_parameters()),
                config.num_attention_heads,
                config.hidden_act,
                config.layer_norm_eps,
            )

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return a copy of all weights with transformers' names and shapes."""
        return {name: weights.detach().cpu().numpy().copy() for name, weights in self._model.named_parameters()}

    def set_weights(self, weights: dict[str, NDArray[np.float32]]) -> None:
        """Replace all weights by the `weights()` of another classifier with the same architecture."""
        with torch.no_grad():
            for name, parameter in self._model.named_parameters():
                parameter.copy_(torch.from_numpy(weights[name].copy()))
        self._prepare()
