"""The contenders of `benchmarks.predict`, each built in a process of its own by `eval.measure.worker`."""

import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.common import tokenization

WARM_UP = 2  # calls

Probabilities = Callable[[Sequence[str]], NDArray[np.float64]]


class Predictor:
    """Texts that it holds, and a way to classify them.

    Args:
        kind: a key of KINDS.
        folder: the model's.
        max_length: tokens that a text is cut to.
        batch_size: texts a forward pass, where the library asks for it.
    """

    def __init__(self, kind: str, folder: str, max_length: int, batch_size: int):
        self._probabilities = KINDS[kind](Path(folder), max_length, batch_size)
        self._texts: list[str] = []

    def hold(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Keep texts to be classified; returns the probabilities (n, k) of the first ones, which also warms up."""
        self._texts = list(texts)
        return [self._probabilities(self._texts[:8]) for _ in range(WARM_UP)][-1]

    def together(self) -> float:
        """Seconds of classifying all texts in one call."""
        started = time.perf_counter()
        self._probabilities(self._texts)
        return time.perf_counter() - started

    def alone(self, longest: float) -> list[float]:
        """Seconds of each text, classified in a call of its own; of the first ones only, where all take too long.

        Args:
            longest: seconds after which no other text is begun.
        """
        out: list[float] = []
        for text in self._texts:
            if sum(out) > longest:
                break
            started = time.perf_counter()
            self._probabilities([text])
            out.append(time.perf_counter() - started)
        return out


def _ours(framework: str) -> Callable[[Path, int, int], Probabilities]:
    def build(folder: Path, max_length: int, batch_size: int) -> Probabilities:
        from bakeoff.classifiers.base import predict_proba
        from bakeoff.classifiers.pair import load_classifier

        classifier = load_classifier(framework, str(folder))
        classifier.text_encoder = tokenization.load(folder, max_length)  # speed does not depend on the training's
        return lambda texts: predict_proba(classifier, texts)

    return build


def _stock(module: str, name: str) -> Callable[[Path, int, int], Probabilities]:
    """Imported when it is built: one library a process."""

    def build(folder: Path, max_length: int, batch_size: int) -> Probabilities:
        return getattr(importlib.import_module(module), name)(folder, max_length, batch_size)

    return build


KINDS = {
    "ours, PyTorch": _ours("pytorch"),
    "ours, TensorFlow": _ours("tensorflow"),
    "transformers.pipeline": _stock("benchmarks.stock.calls", "transformers_pipeline"),
    "KerasHub predict": _stock("benchmarks.stock.calls", "keras_hub_predict"),
    "ONNX Runtime": _stock("benchmarks.stock.onnx_runtime", "onnx_runtime"),
}
