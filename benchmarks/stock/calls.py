"""Classify with the libraries' own calls (the basis `as shipped`) and return probabilities."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import softmax
from eval.speed.bases.basis import BASES

Probabilities = Callable[[Sequence[str]], NDArray[np.float64]]
BATCH_SIZE = 32


def transformers_pipeline(folder: Path, max_length: int, batch_size: int = BATCH_SIZE) -> Probabilities:
    """Return a function for the probabilities (n, k) of `transformers.pipeline`, in the order of its config."""
    return _shipped("pytorch", folder, max_length, batch_size)


def keras_hub_predict(folder: Path, max_length: int, batch_size: int = BATCH_SIZE) -> Probabilities:
    """Return a function for the probabilities (n, k) of KerasHub's `predict`, which pads to the maximum length."""
    return _shipped("tensorflow", folder, max_length, batch_size)


def _shipped(framework: str, folder: Path, max_length: int, batch_size: int) -> Probabilities:
    """Import the library only when it is asked for, so that a process has no other."""
    module = importlib.import_module(BASES["as-shipped"].module_of(framework))
    logits = module.load(str(folder), max_length, batch_size=batch_size)
    return lambda texts: softmax(logits(texts))


STOCK = {"pytorch": transformers_pipeline, "tensorflow": keras_hub_predict}
