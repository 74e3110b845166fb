"""Load and time a classifier in a process of `eval.measure.worker`, for a benchmark.

All clocks run in this process and not in the parent, so that no pipe is included in a time.
"""

import importlib
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any


class Timed:
    """A classifier of any basis; every method returns JSON values.

    Attributes:
        framework: The framework, `pytorch` or `tensorflow`.
        logits: The function that classifies texts.
        load_seconds: Seconds of loading, without imports.
    """

    framework: str
    logits: Callable[[Sequence[str]], Any]
    load_seconds: float

    def first_call(self, text: str) -> dict[str, float]:
        """Return the seconds of loading, without imports, and of the first answer of this process."""
        return {"load": self.load_seconds, "first_call": self._time([text])}

    def warm_up(self, batches: Sequence[Sequence[str]], calls: int) -> None:
        """Classify batches without timing them."""
        for texts in islice(cycle(batches), calls):
            self.logits(texts)

    def classify(self, texts: Sequence[str], count: int) -> float:
        """Time the classification of `count` texts, with the texts repeated as needed, in seconds."""
        many = list(islice(cycle(texts), count))
        started = time.perf_counter()
        self.many(many)
        return time.perf_counter() - started

    def many(self, texts: Sequence[str]) -> None:
        """Classify many texts in one call."""
        self.logits(texts)

    def facts(self) -> dict[str, Any]:
        """Return what the framework reports about itself."""
        return self._probe().facts()

    def products(self, size: int, calls: int) -> list[float]:
        """Time `calls` matrix products, in seconds each."""
        probe = self._probe()
        return [probe.matrix_product(size) for _ in range(calls)]

    def _time(self, texts: Sequence[str]) -> float:
        started = time.perf_counter()
        self.logits(texts)
        return time.perf_counter() - started

    def _probe(self) -> Any:
        return importlib.import_module(f"eval.speed.probe_{self.framework}").Probe()


class Model(Timed):
    """One framework's classifier of this project.

    Args:
        framework: The framework, `pytorch` or `tensorflow`.
        folder: Folder of the model.
        max_length: Number of tokens to read of a text; None for the number with which the model was trained.
    """

    def __init__(self, framework: str, folder: str, max_length: int | None = None):
        from bakeoff.classifiers.pair import load_classifier
        from bakeoff.common import tokenization

        self.framework = framework
        importlib.import_module(f"bakeoff.classifiers.{framework}_bert")
        started = time.perf_counter()
        self._classifier = load_classifier(framework, folder)
        self.load_seconds = time.perf_counter() - started
        self.logits = self._classifier.logits
        if max_length is not None:
            self._classifier.text_encoder = tokenization.load(Path(folder), max_length)

    def measure(self, batches: Sequence[Sequence[str]], calls: int, seconds: float) -> dict[str, list[float]]:
        """Classify the batches in a cycle until both the number of calls and the total seconds are reached.

        Returns:
            The seconds of each call, in total and in its stages `tokenisation` and `forward`.

        Raises:
            ValueError: There are no batches.
        """
        from eval.measure.timing import enough

        stages = {"tokenisation": Stopwatch(), "forward": Stopwatch()}
        classifier = self._classifier
        # The timed functions are set on the instances, where they hide the methods of the classes.
        encode = stages["tokenisation"].around(classifier.text_encoder.encode)
        classifier.text_encoder.encode = encode  # type: ignore[method-assign]
        classifier._forward = stages["forward"].around(classifier._forward)  # type: ignore[method-assign]
        times: dict[str, list[float]] = {"seconds": [], **{name: [] for name in stages}}
        try:
            for texts in cycle(batches):
                times["seconds"].append(self._time(texts))
                for name, stopwatch in stages.items():
                    times[name].append(stopwatch.take())
                if enough(times["seconds"], calls, seconds):
                    return times
            raise ValueError("expected at least one batch of texts, received none")
        finally:
            del classifier.text_encoder.encode, classifier._forward  # the methods of the class become visible again

    def answers(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the logits of each text, classified alone."""
        return [self.logits([text])[0].tolist() for text in texts]

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        return [ids.tolist() for ids in self._classifier.text_encoder.encode(texts)]


class Stopwatch:
    """A stopwatch that adds up the seconds of a function's calls."""

    def __init__(self):
        self._seconds = 0.0

    def around(self, function: Callable) -> Callable:
        """Wrap a function so that its calls are timed."""

        def timed(*arguments, **named):
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self._seconds += time.perf_counter() - started

        return timed

    def take(self) -> float:
        """Return the seconds since the last call of this method."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds
