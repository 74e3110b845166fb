"""Build the contenders of `benchmarks.predict`, each in a separate process of `eval.measure.worker`."""

import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.common import tokenization

WARM_UP = 2  # untimed calls

Probabilities = Callable[[Sequence[str]], NDArray[np.float64]]


class Predictor:
    """A contender that keeps texts and classifies them.

    Args:
        kind: Key of KINDS.
        folder: Folder of the model.
        max_length: Number of tokens to which a text is cut.
        batch_size: Texts per forward pass, if the library takes this setting.
    """

    def __init__(self, kind: str, folder: str, max_length: int, batch_size: int):
        self._probabilities = KINDS[kind](Path(folder), max_length, batch_size)
        self._texts: list[str] = []

    def hold(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Keep the texts to classify, and warm up; return the probabilities (n, k) of the first texts."""
        self._texts = list(texts)
        return [self._probabilities(self._texts[:8]) for _ in range(WARM_UP)][-1]

    def together(self) -> float:
        """Time the classification of all texts in one call, in seconds."""
        started = time.perf_counter()
        self._probabilities(self._texts)
        return time.perf_counter() - started

    def alone(self, longest: float) -> list[float]:
        """Time each text in a separate call, in seconds; only the first texts if all would take too long.

        Args:
            longest: Seconds after which no further text is started.
        """
        seconds: list[float] = []
        for text in self._texts:
            if sum(seconds) > longest:
                break
            started = time.perf_counter()
            self._probabilities([text])
            seconds.append(time.perf_counter() - started)
        return seconds


def _ours(framework: str) -> Callable[[Path, int, int], Probabilities]:
    def build(folder: Path, max_length: int, batch_size: int) -> Probabilities:
        from bakeoff.classifiers.base import predict_proba
        from bakeoff.classifiers.pair import load_classifier

        classifier = load_classifier(framework, str(folder))
        classifier.text_encoder = tokenization.load(
            folder, max_length
        )  # speed does not depend on the length used in training
        return lambda texts: predict_proba(classifier, texts)

    return build


def _stock(module: str, name: str) -> Callable[[Path, int, int], Probabilities]:
    """Import the library only when the contender is built, so that each process has one library."""

    def build(folder: Path, max_length: int, batch_size: int) -> Probabilities:
        return getattr(importlib.import_module(module), name)(folder, max_length, batch_size)

    return build


KINDS = {
    "ours, PyTorch": _ours("pytorch"),
    "ours, TensorFlow": _ours("tensorflow"),
    "transformers.pipeline": _stock("benchmarks.stock.calls", "transformers_pipeline"),
    "KerasHub predict": _stock("benchmarks.stock.calls", "keras_hub_predict"),
    "Keras predict_on_batch": _stock("benchmarks.stock.keras_batches", "predict_on_batch"),
    "ONNX Runtime": _stock("benchmarks.stock.onnx_runtime", "onnx_runtime"),
}
