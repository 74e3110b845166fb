"""The one seam: what everything downstream knows of a model, and what both implementations share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.common.errors import ModelError
from bakeoff.common.tokenization import batches_by_tokens, pad

BATCH_TOKENS = 4096  # fewer leave a processor idle at times; many more overflow its caches
CHUNK = 1024  # texts that are tokenised together, so that memory stays flat


@runtime_checkable
class Classifier(Protocol):
    """A fine-tuned text classifier, whatever its framework.

    Attributes:
        framework: "PyTorch" or "TensorFlow".
        labels: the classes, in the order of the logits' columns.
        revision: Hub commit sha, or "local".
    """

    framework: str
    labels: tuple[str, ...]
    revision: str

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits (n, k) of n texts; (0, k) of none."""
        ...

    def characters_read(self, text: str) -> int:
        """How many of the text's first characters the model reads; what follows can't change its logits."""
        ...


def predict_proba(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float64]:
    """Class probabilities (n, k); rows sum to 1."""
    return softmax(classifier.logits(texts))


def predict(classifier: Classifier, texts: Sequence[str]) -> list[str]:
    """The most probable class of each text."""
    return [classifier.labels[column] for column in classifier.logits(texts).argmax(axis=1)]


def softmax(logits: NDArray) -> NDArray[np.float64]:
    """Probabilities of each row's logits."""
    logits = np.asarray(logits, dtype=np.float64)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


class BertClassifier(ABC):
    """A model folder's classifier; a framework adds loading, the forward pass and access to the weights.

    Args:
        folder: a model folder that a trainer wrote, or its snapshot from the Hub.
        revision: Hub commit sha, or "local".

    Raises:
        ModelError: the folder can't be loaded.
    """

    framework: str
    notice = ""  # what a visitor should know about where it comes from, such as a cached copy

    def __init__(self, folder: Path, revision: str = "local"):
        self.folder = ModelFolder(folder)
        self.labels = self.folder.labels
        self.revision = revision
        self.text_encoder = self.folder.text_encoder()

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits (n, k) of n texts; (0, k) of none.

        Texts of similar length share a batch, padded to its longest: little padding is computed.
        """
        out = np.empty((len(texts), len(self.labels)), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            token_ids = self.text_encoder.encode(texts[start : start + CHUNK])
            for rows in batches_by_tokens(token_ids, BATCH_TOKENS):
                padded, mask = pad([token_ids[row] for row in rows], self.text_encoder.pad_id)
                out[start + rows] = self._forward(padded, mask)
        return out

    def characters_read(self, text: str) -> int:
        """How many of the text's first characters the model reads; what follows can't change its logits."""
        return self.text_encoder.characters_read(text)

    def _check_config(self, id2label: Mapping[int | str, str], positions: int) -> None:
        """The framework's own config must name the classes of `labels.json`, and read as much as the recipe says."""
        try:
            by_column = {int(column): label for column, label in id2label.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise ModelError(
                f"id2label in config.json of {self.folder.path.name} should map column numbers to class names; train "
                "or publish the model again."
            ) from error
        if self.text_encoder.max_length > positions:
            raise ModelError(
                f"{self.folder.path.name} reads at most {positions} tokens, but its recipe.json says "
                f"{self.text_encoder.max_length}; train or publish the model again."
            )
        named = tuple(by_column[column] for column in sorted(by_column))
        if named != self.labels:
            raise ModelError(
                f"config.json and labels.json in {self.folder.path.name} name different classes "
                f"({', '.join(named)[:60]} and {', '.join(self.labels)[:60]}); train or publish the model again."
            )

    @abstractmethod
    def _forward(self, token_ids: NDArray[np.int32], padding_mask: NDArray[np.int32]) -> NDArray[np.float32]:
        """Logits (n, k) of one padded batch (n, length)."""

    @abstractmethod
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of all weights, under transformers' names and in its shapes."""

    @abstractmethod
    def set_weights(self, weights: dict[str, NDArray[np.float32]]) -> None:
        """Replace all weights by those of `weights()` of another classifier of the same architecture."""
