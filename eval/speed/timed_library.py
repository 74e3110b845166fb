"""Load and time a basis other than our own code, in a process of `eval.measure.worker`.

The classes have the methods of `eval.speed.timed_classifier.Model` and of `eval.speed.timed_training.Training`.
"""

import importlib
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.common import tokenization
from eval.measure.turns import Turns
from eval.speed.bases.basis import BASES, ROOM, VARIANTS
from eval.speed.timed_classifier import Timed


class Library(Timed):
    """One framework's library, used as a basis describes.

    Args:
        basis: Key of BASES.
        framework: The framework, `pytorch` or `tensorflow`.
        folder: Folder of the model.
        max_length: Number of tokens to read of a text.
        variant: Key of the framework's VARIANTS.
    """

    def __init__(self, basis: str, framework: str, folder: str, max_length: int, variant: str = "plain"):
        self.framework, self._folder, self._max_length = framework, folder, max_length
        module = importlib.import_module(BASES[basis].module_of(framework))
        self._onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS")
        options = _options(framework, variant)
        started = time.perf_counter()
        self.logits = module.load(folder, max_length, **options)
        self.load_seconds = time.perf_counter() - started
        self._batch_size = BASES[basis].batch_size

    def facts(self) -> dict[str, Any]:
        """Return what the framework reports about itself, and whether oneDNN is on; None if the library chooses."""
        facts = super().facts()
        if self.framework == "tensorflow":
            # The probe imports our settings, which come too late to change anything, but would be reported.
            facts["onednn"] = None if self._onednn is None else self._onednn == "1"
        return facts

    def measure(self, batches: Sequence[Sequence[str]], calls: int, seconds: float) -> dict[str, list[float]]:
        """Classify the batches in a cycle until both numbers are reached; return the seconds of each call."""
        from eval.measure.timing import enough

        times: list[float] = []
        for texts in cycle(batches):
            times.append(self._time(texts))
            if enough(times, calls, seconds):
                return {"seconds": times}
        raise ValueError("there are no batches to measure")

    def many(self, texts: Sequence[str]) -> None:
        """Classify many texts, in batches where the caller forms them."""
        size = self._batch_size or len(texts)
        for start in range(0, len(texts), size):
            self.logits(texts[start : start + size])

    def answers(self, texts: Sequence[str]) -> list[list[float] | None]:
        """Return the logits of each text, classified alone; None where the library fails."""
        return [_attempt(partial(self._alone, text)) for text in texts]

    def token_ids(self, texts: Sequence[str]) -> list[list[int] | None]:
        """Return the token ids of each text, as the library's own tokenizer gives them; None where it fails."""
        watch = importlib.import_module(f"{ROOM.replace('/', '.')}.watch_{self.framework}")
        tokenize = partial(watch.token_ids, self._folder, self._max_length)
        return [_attempt(partial(_first_as_numbers, tokenize, text)) for text in texts]

    def _alone(self, text: str) -> list[float]:
        return np.asarray(self.logits([text]), dtype=np.float64)[0].tolist()


def _first_as_numbers(tokenize: Callable[[Sequence[str]], Any], text: str) -> list[int]:
    return [int(token) for token in tokenize([text])[0]]


class LibraryTraining:
    """A training run by a basis, paused between steps.

    Args:
        basis: Key of BASES.
        framework: The framework, `pytorch` or `tensorflow`.
        encoder: Folder of the model to train on.
        recipe: The fields of `Recipe`; the library's defaults replace all but the length and the batch size.
        texts: The training texts.
        labels: Class of each text, as a column number.
        steps: Largest number of steps that will be requested.
        output: An empty folder for the files that libraries write.
    """

    def __init__(
        self,
        basis: str,
        framework: str,
        encoder: str,
        recipe: Mapping[str, Any],
        texts: Sequence[str],
        labels: Sequence[int],
        steps: int,
        output: str,
    ):
        os.chdir(output)  # Trainer names its folder relative to the current one
        module = importlib.import_module(BASES[basis].module_of(framework))
        self._watch_module = importlib.import_module(f"{ROOM.replace('/', '.')}.watch_{framework}")
        length, size = recipe["max_length"], recipe["batch_size"]
        epochs = math.ceil(steps / max(1, len(texts) // size))
        self._turns = Turns(
            lambda end_step: module.train(
                encoder,
                list(texts),
                list(labels),
                max_length=length,
                batch_size=size,
                epochs=epochs,
                **self._watching(end_step, basis, framework),
            )
        )
        self._in_order = [len(ids) for ids in tokenization.load(Path(encoder), length).encode(texts)]
        self._size, self._done = size, 0
        self._turns.advance(1)  # loads the model and the data

    def steps(self, count: int) -> dict[str, list]:
        """Take the next steps, and return the seconds of each and the numbers of real tokens of its texts.

        Raises:
            Exception: The error of the training.
        """
        seconds, first = self._turns.advance(count), self._done
        self._done += count
        return {"seconds": seconds, "lengths": [self._lengths(step) for step in range(first, self._done)]}

    def _watching(self, end_step: Callable[[], None], basis: str, framework: str) -> dict[str, Any]:
        self._watch = self._watch_module.Watch(end_step)
        batches = {"watch": self._watch.batches} if (basis, framework) == ("documented", "tensorflow") else {}
        return self._watch.arguments() | batches

    def _lengths(self, step: int) -> list[int]:
        if self._watch.lengths:
            return self._watch.lengths[step]
        starts = range(0, len(self._in_order), self._size)  # KerasHub takes the texts in their order
        start = starts[step % len(starts)]
        return self._in_order[start : start + self._size]


def _options(framework: str, variant: str) -> dict[str, Any]:
    name = VARIANTS[framework][variant]
    if name is None:
        return {}
    if framework == "tensorflow":
        return {name: True}
    return {"prepare": getattr(importlib.import_module(f"{ROOM.replace('/', '.')}.variants_{framework}"), name)}


def _attempt(work: Callable[[], list[Any]]) -> list[Any] | None:
    try:
        return work()
    except Exception:  # noqa: BLE001  a library may fail on a hostile text in any way, which the report tells
        return None
