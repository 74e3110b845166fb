"""A classifier as `eval.measure.worker` runs it for a benchmark: loaded with its stages timed, then called and timed.

Here and not in the parent stands all that takes a time, so that no pipe is in it.
"""

import importlib
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any


class Model:
    """One framework's classifier; every answer is JSON.

    Args:
        framework: `pytorch` or `tensorflow`.
        folder: of the model.
        max_length: tokens to read of a text, where that is not as many as the model was trained to.
    """

    def __init__(self, framework: str, folder: str, max_length: int | None = None):
        from bakeoff.classifiers.pair import load_classifier
        from bakeoff.common import tokenization

        self._framework = framework
        importlib.import_module(f"bakeoff.classifiers.{framework}_bert")
        started = time.perf_counter()
        self._classifier = load_classifier(framework, folder)
        self._load_seconds = time.perf_counter() - started
        if max_length is not None:
            self._classifier.text_encoder = tokenization.load(Path(folder), max_length)

    def first_call(self, text: str) -> dict[str, float]:
        """What loading took, without imports, and what the first answer of this process took."""
        started = time.perf_counter()
        self._classifier.logits([text])
        return {"load": self._load_seconds, "first_call": time.perf_counter() - started}

    def warm_up(self, batches: Sequence[Sequence[str]], calls: int) -> None:
        """Classify without a clock."""
        for texts in islice(cycle(batches), calls):
            self._classifier.logits(texts)

    def measure(self, batches: Sequence[Sequence[str]], calls: int, seconds: float) -> dict[str, list[float]]:
        """Classify one batch after the other, and again, until these were as many calls and took as long as asked for.

        Returns:
            Of each call: seconds, and those of them in `tokenisation` and in the `forward` pass.
        """
        from eval.measure.timing import enough

        stages = {"tokenisation": Stopwatch(), "forward": Stopwatch()}
        classifier = self._classifier
        classifier.text_encoder.encode = stages["tokenisation"].around(classifier.text_encoder.encode)
        classifier._forward = stages["forward"].around(classifier._forward)
        out: dict[str, list[float]] = {"seconds": [], **{name: [] for name in stages}}
        try:
            for texts in cycle(batches):
                started = time.perf_counter()
                classifier.logits(texts)
                out["seconds"].append(time.perf_counter() - started)
                for name, stopwatch in stages.items():
                    out[name].append(stopwatch.take())
                if enough(out["seconds"], calls, seconds):
                    return out
        finally:
            del classifier.text_encoder.encode, classifier._forward  # the class's own show again

    def classify(self, texts: Sequence[str], count: int) -> float:
        """Seconds for `count` texts in one call: these texts over and over."""
        many = list(islice(cycle(texts), count))
        started = time.perf_counter()
        self._classifier.logits(many)
        return time.perf_counter() - started

    def facts(self) -> dict[str, Any]:
        """What the framework says of itself."""
        return self._probe().facts()

    def products(self, size: int, calls: int) -> list[float]:
        """Seconds of each of so many matrix products."""
        probe = self._probe()
        return [probe.matrix_product(size) for _ in range(calls)]

    def _probe(self) -> Any:
        return importlib.import_module(f"eval.speed.probe_{self._framework}").Probe()


class Stopwatch:
    """Adds up what calls of a function take."""

    def __init__(self):
        self._seconds = 0.0

    def around(self, function: Callable) -> Callable:
        """The function, timed."""

        def timed(*arguments, **named):
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self._seconds += time.perf_counter() - started

        return timed

    def take(self) -> float:
        """Seconds since the last look."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds
