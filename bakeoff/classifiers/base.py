"""The interface of a classifier, which everything downstream uses, and the code that both implementations share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.common.errors import ModelError
from bakeoff.common.tokenization import batches_by_tokens, pad

BATCH_TOKENS = 4096  # tokens per batch: fewer leave a processor partly idle, many more overflow its caches
CHUNK = 1024  # number of texts that are tokenized together, which bounds the memory


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
        """Return the logits (n, k) of n texts; n may be 0."""
        ...

    def characters_read(self, text: str) -> int:
        """Return the number of leading characters that the model reads; later ones can't change its logits."""
        ...


def predict_proba(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the class probabilities (n, k); each row sums to 1."""
    return softmax(classifier.logits(texts))


def predict(classifier: Classifier, texts: Sequence[str]) -> list[str]:
    """Return the most probable class of each text."""
    return [classifier.labels[column] for column in classifier.logits(texts).argmax(axis=1)]


def softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities of each row of logits."""
    logits = np.asarray(logits, dtype=np.float64)
    exponentials: NDArray[np.float64] = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


class BertClassifier(ABC):
    """A classifier in a model folder; each framework adds loading, the forward pass and access to the weights.

    Args:
        folder: a model folder that a trainer wrote, or its snapshot from the Hub.
        revision: Hub commit sha, or "local".

    Raises:
        ModelError: the folder can't be loaded.
    """

    framework: str
    notice = ""  # a remark for visitors about the origin of the model, such as a cached copy

    def __init__(self, folder: Path, revision: str = "local") -> None:
        self.folder = ModelFolder(folder)
        self.labels = self.folder.labels
        self.revision = revision
        self.text_encoder = self.folder.text_encoder()

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the logits (n, k) of n texts; n may be 0.

        Texts of similar length share a batch that is padded to the longest of them, so little padding is computed.
        """
        logits = np.empty((len(texts), len(self.labels)), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            token_ids = self.text_encoder.encode(texts[start : start + CHUNK])
            for rows in batches_by_tokens(token_ids, BATCH_TOKENS):
                padded, mask = pad([token_ids[row] for row in rows], self.text_encoder.pad_id)
                logits[start + rows] = self._forward(padded, mask)
        return logits

    def characters_read(self, text: str) -> int:
        """Return the number of leading characters that the model reads; later ones can't change its logits."""
        return self.text_encoder.characters_read(text)

    def _check_config(self, id2label: Mapping[int | str, str], positions: int) -> None:
        """Check that the framework's own config names the classes of `labels.json` and allows the recipe's length."""
        try:
            by_column = {int(column): label for column, label in id2label.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise ModelError(
                f"id2label in config.json of {self.folder.path.name} should map column numbers to class names; train "
                "or publish the model again."
            ) from error
        length = self.folder.recipe["max_length"]
        if length > positions:
            raise ModelError(
                f"{self.folder.path.name} reads at most {positions} tokens, but its recipe.json says {length}; "
                "train or publish the model again."
            )
        named = tuple(by_column[column] for column in sorted(by_column))
        if named != self.labels:
            raise ModelError(
                f"config.json and labels.json in {self.folder.path.name} name different classes "
                f"({', '.join(named)[:60]} and {', '.join(self.labels)[:60]}); train or publish the model again."
            )

    @abstractmethod
    def _forward(self, token_ids: NDArray[np.int32], padding_mask: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the logits (n, k) of one padded batch (n, length)."""

    @abstractmethod
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return a copy of all weights with transformers' names and shapes."""

    @abstractmethod
    def set_weights(self, weights: dict[str, NDArray[np.float32]]) -> None:
        """Replace all weights by the `weights()` of another classifier with the same architecture."""
