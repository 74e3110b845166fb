"""What `eval.portability` runs in processes of their own: an export, what was exported, and our own classifier.

Building them costs nothing and fails never: what may crash or take for ever is in their methods.
"""

import importlib
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WARM_UP = 3  # calls


class Export:
    """Writes one model in one format."""

    def write(self, framework: str, function: str, folder: str, file: str) -> None:
        """Call a function of `eval.portability.export_pytorch` or `eval.portability.export_tensorflow`."""
        getattr(importlib.import_module(f"eval.portability.export_{framework}"), function)(Path(folder), Path(file))


class Texts(ABC):
    """A way from texts to logits that is compared and timed."""

    @abstractmethod
    def _logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits (n, k) of one batch."""

    def logits(self, batches: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Logits (n, k) of each batch of n texts."""
        return [self._logits(texts) for texts in batches]

    def seconds(self, texts: Sequence[str]) -> list[float]:
        """Of each text, classified in a call of its own, its tokenisation included."""
        for text in texts[:WARM_UP]:
            self._logits([text])
        out = []
        for text in texts:
            started = time.perf_counter()
            self._logits([text])
            out.append(time.perf_counter() - started)
        return out


class Exported(Texts):
    """An exported file in its runtime, with the tokenizer of the model's folder."""

    def open(self, function: str, file: str, folder: str, threads: int) -> None:
        """Open the file with a function of `eval.portability.export_runtime`."""
        from bakeoff.classifiers.model_folder import ModelFolder
        from eval.portability import export_runtime

        self._encoder = ModelFolder(Path(folder)).text_encoder()
        self._forward = getattr(export_runtime, function)(Path(file), threads)

    def _logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        from bakeoff.common.tokenization import pad

        return self._forward(*pad(self._encoder.encode(texts), self._encoder.pad_id))


class Own(Texts):
    """The project's classifier."""

    def open(self, framework: str, folder: str) -> None:
        """Load it."""
        from bakeoff.classifiers.pair import load_classifier

        self._classifier: Any = load_classifier(framework, folder)

    def _logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._classifier.logits(texts)
