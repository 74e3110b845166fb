"""Tries one way of handing a model on: export it, open it, compare it with our classifier, time it."""

import re
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.errors import BakeoffError
from bakeoff.stats.estimate import Estimate
from eval.measure import timing
from eval.measure.footprint import folder_bytes
from eval.measure.worker import Worker
from eval.portability.formats import Route, versions

TOLERANCE = 1e-3  # of a logit: rounding stays a hundred times below, a mask that is lost far above
BATCH = 8  # texts of different lengths
SETTLE = 0.05  # seconds: threads of the process before go on spinning for a while
WORKS, FAILS, NO_WAY, NOT_TRIED = "works", "fails", "no way", "not tried"
TO_INSTALL = "pip install -r requirements-export.txt"
WORKERS = "eval.portability.exporter"


@dataclass(frozen=True)
class Row:
    """What became of one way.

    Attributes:
        framework: "PyTorch" or "TensorFlow".
        format: of `deployability_formats.FORMATS`.
        status: WORKS, FAILS, NO_WAY (the framework has none to this format) or NOT_TRIED (a package is absent).
        reason: why it fails, has no way or was not tried; where it works, what it can't do.
        packages: version of each package it takes beside what serving the framework's model takes.
        bytes: on the disk; None where nothing was exported.
        largest_logit_difference: from our classifier, on all texts, alone and in padded batches.
        latency_seconds: median of single texts of 16 tokens, in its runtime.
        own_latency_seconds: of the same texts, in turns with it, in our classifier.
    """

    framework: str
    format: str
    status: str
    reason: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    bytes: int | None = None
    largest_logit_difference: float | None = None
    latency_seconds: Estimate | None = None
    own_latency_seconds: Estimate | None = None


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Attributes:
        folders: the models', by framework.
        texts: that the logits are compared on; hostile ones among them.
        headlines: texts of equal length that are timed.
        rounds: of the timing; each framework's classifier and the exported model come twice in each.
        timeout: seconds after which a step is given up.
        threads: of each process.
        seed: of the order of turns and of the batches.
    """

    folders: Mapping[str, Path]
    texts: Sequence[str]
    headlines: Sequence[str]
    rounds: int
    timeout: float
    threads: int
    seed: int = 0


class StepFailed(BakeoffError):
    """A step of an attempt failed, crashed, or took too long."""


class Runner:
    """Tries routes; use it in a `with` statement, which ends all processes."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._stack = ExitStack()
        self._own: dict[str, tuple[Worker, NDArray[np.float32]]] = {}

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, route: Route) -> Row:
        """Try a route that there is, with its packages installed; what goes wrong in it is the result.

        Raises:
            BakeoffError: our own classifier can't be loaded.
        """
        own, expected = self._classifier(route.framework)
        found: dict[str, Any] = {"packages": versions(route.packages)}
        try:
            with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
                file = Path(folder) / route.file
                self._export(route, file)
                found["bytes"] = folder_bytes(Path(folder))
                exported = stack.enter_context(self._worker("Exported"))
                model = str(self._settings.folders[route.framework])
                arguments = {"function": route.function, "file": str(file), "folder": model}
                self._call(exported, "open", "opening it", **arguments, threads=self._settings.threads)
                alone, together = self._differences(exported, expected)
                found["largest_logit_difference"] = max(alone, together)
                if problem := _problem(alone, together):
                    raise StepFailed(problem)
                found |= self._latencies(route, exported, own)
        except StepFailed as failure:
            return Row(NAMES[route.framework], route.format, FAILS, str(failure), **found)
        return Row(NAMES[route.framework], route.format, WORKS, route.remark, **found)

    def _export(self, route: Route, file: Path) -> None:
        model = str(self._settings.folders[route.framework])
        arguments = {"framework": route.framework, "function": route.function, "folder": model, "file": str(file)}
        with self._worker("Export") as worker:
            self._call(worker, "write", "exporting it", **arguments)

    def _differences(self, exported: Worker, expected: NDArray[np.float32]) -> tuple[float, float]:
        """The largest from our classifier: of texts alone, and of texts in batches, where shorter ones are padded."""
        texts = self._settings.texts
        order = np.random.default_rng(self._settings.seed).permutation(len(texts))
        ways = ((1, "classifying single texts"), (BATCH, "classifying texts of different lengths together"))
        out = []
        for size, doing in ways:
            batches = [[texts[row] for row in order[start : start + size]] for start in range(0, len(texts), size)]
            found = np.concatenate(self._call(exported, "logits", doing, batches=batches))
            if found.shape != expected.shape:
                raise StepFailed(f"{doing}: logits of shape {found.shape} came, {expected.shape} were expected")
            if not np.isfinite(found).all():
                raise StepFailed(f"{doing}: logits came that are no numbers")
            out.append(float(np.abs(found - expected[order]).max()))
        return out[0], out[1]

    def _latencies(self, route: Route, exported: Worker, own: Worker) -> dict[str, Estimate]:
        """Medians of single texts, both in turns: a slow moment of the machine falls on both."""
        texts = list(self._settings.headlines)
        visit = {
            "latency_seconds": lambda: self._call(exported, "seconds", "timing it", texts=texts),
            "own_latency_seconds": lambda: own.call("seconds", texts=texts),
        }
        seed = f"{self._settings.seed} {route.framework} {route.format}"
        found: dict[str, list[list[float]]] = {name: [[] for _ in range(self._settings.rounds)] for name in visit}
        for number, order in enumerate(timing.abba(list(visit), self._settings.rounds, seed)):
            for name in order:
                time.sleep(SETTLE)
                found[name][number].append(float(np.median(visit[name]())))
        return {name: timing.median(by_round) for name, by_round in found.items()}

    def _classifier(self, framework: str) -> tuple[Worker, NDArray[np.float32]]:
        """Our classifier in a process that is kept, and its logits (n, k) of the texts."""
        if framework not in self._own:
            worker = self._stack.enter_context(self._worker("Own"))
            worker.call("open", framework=framework, folder=str(self._settings.folders[framework]))
            logits = worker.call("logits", batches=[[text] for text in self._settings.texts])
            self._own[framework] = worker, np.concatenate(logits)
        return self._own[framework]

    def _worker(self, name: str) -> Worker:
        return Worker(f"{WORKERS}:{name}", threads=self._settings.threads)

    def _call(self, worker: Worker, method: str, doing: str, **arguments: Any) -> Any:
        """Call a method; its process is ended when it takes too long.

        Raises:
            StepFailed: it failed, crashed or took too long.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            with suppress(psutil.NoSuchProcess):  # it has just ended
                psutil.Process(worker.pid).kill()

        timer = threading.Timer(self._settings.timeout, end)
        timer.start()
        try:
            return worker.call(method, **arguments)
        except BakeoffError as error:
            if late.is_set():
                raise StepFailed(f"{doing} took more than {self._settings.timeout:g} s") from error
            words = str(error).removeprefix(f"{worker.factory} failed when calling {method}: ")
            raise StepFailed(f"{doing}: {without_paths(words)}") from error
        finally:
            timer.cancel()


def untried(route: Route) -> Row | None:
    """The row of a route that can't be tried here; None for one that can."""
    if route.none:
        return Row(NAMES[route.framework], route.format, NO_WAY, route.none)
    packages = versions(route.packages)
    missing = [name for name in route.packages if name not in packages]
    reason = f"install {', '.join(missing)}: {TO_INSTALL}"
    return Row(NAMES[route.framework], route.format, NOT_TRIED, reason, packages) if missing else None


def without_paths(words: str) -> str:
    """The words with the last part of each path only: where files lie on a machine is nobody's business."""
    return re.sub(r"(?<![\w.:/])~?/(?:[^\s/'\":,;()]+/)+([^\s/'\":,;()]*)", r"\1", words)


def _problem(alone: float, together: float) -> str:
    """What the differences say is wrong; empty where nothing is."""
    if alone <= TOLERANCE < together:
        return (
            f"its logits are off by {together:.2g} where texts of different lengths share a batch, and by {alone:.1g} "
            "where each is alone: it does not look at the mask of the padding"
        )
    worst = max(alone, together)
    return "" if worst <= TOLERANCE else f"its logits are off by {worst:.2g}, where rounding explains {TOLERANCE:g}"
