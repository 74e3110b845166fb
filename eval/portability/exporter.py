"""Define what `eval.portability` runs in separate processes: an export, an exported model, and our own classifier.

The constructors are cheap and never fail. Everything that may crash or hang is in the methods.
"""

import importlib
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WARM_UP = 3  # untimed calls before the first timed call
FRAMEWORKS = ("torch", "tensorflow", "keras", "keras_hub", "transformers", "jax")


class Export:
    """A writer of one model in one format."""

    def write(self, framework: str, function: str, folder: str, file: str) -> None:
        """Call a function of `eval.portability.export_pytorch` or `eval.portability.export_tensorflow`."""
        getattr(importlib.import_module(f"eval.portability.export_{framework}"), function)(Path(folder), Path(file))


class Texts(ABC):
    """A way from texts to logits that is compared and timed."""

    @abstractmethod
    def _logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the logits (n, k) of one batch."""

    def logits(self, batches: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the logits (n, k) of each batch of n texts."""
        return [self._logits(texts) for texts in batches]

    def seconds(self, texts: Sequence[str]) -> list[float]:
        """Time each text, classified in a separate call, including its tokenization."""
        for text in texts[:WARM_UP]:
            self._logits([text])
        seconds = []
        for text in texts:
            started = time.perf_counter()
            self._logits([text])
            seconds.append(time.perf_counter() - started)
        return seconds


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


class AsItIs(Exported):
    """An exported file that gets its inputs unchanged: a graph of fixed size gets no padding and no single rows."""

    def open(self, function: str, file: str, folder: str, threads: int) -> None:
        """Open the file with the function's unpadded version, if it has one."""
        super().open({"litert": "litert_as_it_is"}.get(function, function), file, folder, threads)


class WithoutFramework(Exported):
    """An exported file in a process in which no framework can be imported."""

    def open(self, function: str, file: str, folder: str, threads: int) -> None:
        """Forbid the frameworks, then open the file.

        Raises:
            RuntimeError: A framework was imported before.
        """
        if loaded := [name for name in FRAMEWORKS if name in sys.modules]:
            raise RuntimeError(f"{', '.join(loaded)} was imported before the test, which proves nothing")
        sys.meta_path.insert(0, _Forbidden())
        super().open(function, file, folder, threads)


class _Forbidden(MetaPathFinder):
    """A finder that refuses to import the frameworks."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] in FRAMEWORKS:
            raise ImportError(f"it imports {fullname}, which is forbidden here")


class Own(Texts):
    """The project's classifier."""

    def open(self, framework: str, folder: str) -> None:
        """Load the classifier."""
        from bakeoff.classifiers.pair import load_classifier

        self._classifier: Any = load_classifier(framework, folder)

    def _logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._classifier.logits(texts)
