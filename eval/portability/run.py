"""Try one export of a model: export it, open it, compare it with our classifier, and time it."""

import re
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
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
from eval.portability import capabilities
from eval.portability.capabilities import Capability
from eval.portability.formats import OWN, Route, versions

TOLERANCE = 1e-3  # allowed difference of a logit: rounding stays a hundred times below, and a lost mask is far above
BATCH = 8  # texts of different lengths per batch
SETTLE = 0.05  # seconds to wait, because threads of the previous process spin for a while
WORKS, FAILS, NO_WAY, NOT_TRIED = "works", "fails", "no way", "not tried"
TO_INSTALL = "pip install -r requirements-export.txt"
WORKERS = "eval.portability.exporter"


@dataclass(frozen=True)
class Row:
    """The result of one export.

    Attributes:
        framework: "PyTorch" or "TensorFlow".
        format: The format, one of `eval.portability.formats.FORMATS`.
        status: WORKS, FAILS, NO_WAY (the framework can't export to this format) or NOT_TRIED (a package is missing).
        reason: Why the export fails, is impossible or was not tried. For a working export, what it can't do.
        packages: Version of each package needed in addition to those that serve the framework's model.
        bytes: Size on disk; None if nothing was exported.
        largest_logit_difference: Largest difference from our classifier on all texts, alone and in padded batches.
        latency_seconds: Median time of single texts of 16 tokens, in the format's runtime.
        own_latency_seconds: Median time of the same texts in our classifier, measured in turns with the runtime.
        own: Whether the format belongs to a framework itself; such rows have no weight in a decision.
        capabilities: What the file can do: `any_length`, `batches`, `no_framework` and `equal_logits`. It is empty if
            nothing was exported.
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
    own: bool = False
    capabilities: Mapping[str, Capability] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The extent of the measurements.

    Attributes:
        folders: Folder of each framework's model.
        texts: Texts on which logits are compared, including hostile ones.
        headlines: Texts of equal length that are timed.
        rounds: Rounds of the timing; each round runs our classifier and the exported model twice.
        timeout: Seconds after which a step is aborted.
        threads: Threads per process.
        seed: Seed of the order of turns and of the batches.
        by_length: A text of each length in tokens that every export is tried at.
    """

    folders: Mapping[str, Path]
    texts: Sequence[str]
    headlines: Sequence[str]
    rounds: int
    timeout: float
    threads: int
    seed: int = 0
    by_length: Mapping[int, str] = field(default_factory=dict)


class StepFailed(BakeoffError):
    """A step of an export failed, crashed, or took too long."""


class Runner:
    """A runner that tries routes; use it in a `with` statement, which ends all processes."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._stack = ExitStack()
        self._own: dict[str, tuple[Worker, NDArray[np.float32]]] = {}

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, route: Route) -> Row:
        """Try an existing route whose packages are installed; a failure of the route becomes part of the row.

        Raises:
            BakeoffError: Our own classifier can't be loaded.
        """
        own, expected = self._classifier(route.framework)
        results: dict[str, Any] = {"packages": versions(route.packages)}
        try:
            with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
                file = Path(folder) / route.file
                self._export(route, file)
                results["bytes"] = folder_bytes(Path(folder))
                exported = stack.enter_context(self._worker("Exported"))
                model = str(self._settings.folders[route.framework])
                arguments = {"function": route.function, "file": str(file), "folder": model}
                self._call(exported, "open", "opening it", **arguments, threads=self._settings.threads)
                results["capabilities"] = able = self._capabilities(route, file, own, expected)
                alone, together = self._differences(exported, expected)
                results["largest_logit_difference"] = max(alone, together)
                problem = _problem(alone, together)
                able["equal_logits"] = Capability(not problem, problem)
                if problem:
                    raise StepFailed(problem)
                results |= self._latencies(route, exported, own)
        except StepFailed as failure:
            return _row(route, FAILS, str(failure), **results)
        return _row(route, WORKS, route.remark, **results)

    def _export(self, route: Route, file: Path) -> None:
        model = str(self._settings.folders[route.framework])
        arguments = {"framework": route.framework, "function": route.function, "folder": model, "file": str(file)}
        with self._worker("Export") as worker:
            self._call(worker, "write", "exporting it", **arguments)

    def _capabilities(
        self, route: Route, file: Path, own: Worker, expected: NDArray[np.float32]
    ) -> dict[str, Capability]:
        """Try each capability in a process of its own, because a graph of fixed size may crash."""
        by_length = self._settings.by_length
        logits = own.call("logits", batches=[[text] for text in by_length.values()])
        wanted = dict(zip(by_length, map(np.asarray, logits), strict=True))
        few = slice(None, None, 4)
        texts = self._settings.texts
        return {
            "any_length": self._try(
                "AsItIs", route, file, lambda call: capabilities.any_length(call, by_length, wanted, TOLERANCE)
            ),
            "batches": self._try(
                "AsItIs", route, file, lambda call: capabilities.batches(call, texts, expected, TOLERANCE)
            ),
            "no_framework": self._try(
                "WithoutFramework",
                route,
                file,
                lambda call: capabilities.same(call, texts[few], expected[few], TOLERANCE),
            ),
        }

    def _try(
        self, factory: str, route: Route, file: Path, ask: Callable[[capabilities.Call], Capability]
    ) -> Capability:
        arguments = {"function": route.function, "file": str(file), "threads": self._settings.threads}
        with self._worker(factory) as worker:
            try:
                folder = str(self._settings.folders[route.framework])
                self._call(worker, "open", "opening it", **arguments, folder=folder)
            except StepFailed as failure:
                return Capability(False, str(failure))
            return ask(lambda where, texts: self._call(worker, "logits", where, batches=[texts])[0])

    def _differences(self, exported: Worker, expected: NDArray[np.float32]) -> tuple[float, float]:
        """Return the largest differences from our classifier: of single texts, and of texts in padded batches."""
        texts = self._settings.texts
        order = np.random.default_rng(self._settings.seed).permutation(len(texts))
        ways = ((1, "classifying single texts"), (BATCH, "classifying texts of different lengths together"))
        largest = []
        for size, doing in ways:
            batches = [[texts[row] for row in order[start : start + size]] for start in range(0, len(texts), size)]
            logits = np.concatenate(self._call(exported, "logits", doing, batches=batches))
            if logits.shape != expected.shape:
                raise StepFailed(f"{doing}: received logits of shape {logits.shape}, expected {expected.shape}")
            if not np.isfinite(logits).all():
                raise StepFailed(f"{doing}: received logits that are not finite numbers")
            largest.append(float(np.abs(logits - expected[order]).max()))
        return largest[0], largest[1]

    def _latencies(self, route: Route, exported: Worker, own: Worker) -> dict[str, Estimate]:
        """Time single texts in both models in turns, so that a slow moment of the machine affects both."""
        texts = list(self._settings.headlines)
        measure = {
            "latency_seconds": lambda: self._call(exported, "seconds", "timing it", texts=texts),
            "own_latency_seconds": lambda: own.call("seconds", texts=texts),
        }
        seed = f"{self._settings.seed} {route.framework} {route.format}"
        medians: dict[str, list[list[float]]] = {name: [[] for _ in range(self._settings.rounds)] for name in measure}
        for number, order in enumerate(timing.abba(list(measure), self._settings.rounds, seed)):
            for name in order:
                time.sleep(SETTLE)
                medians[name][number].append(float(np.median(measure[name]())))
        return {name: timing.median(by_round) for name, by_round in medians.items()}

    def _classifier(self, framework: str) -> tuple[Worker, NDArray[np.float32]]:
        """Return our classifier in a process that stays open, and its logits (n, k) of the texts."""
        if framework not in self._own:
            worker = self._stack.enter_context(self._worker("Own"))
            worker.call("open", framework=framework, folder=str(self._settings.folders[framework]))
            logits = worker.call("logits", batches=[[text] for text in self._settings.texts])
            self._own[framework] = worker, np.concatenate(logits)
        return self._own[framework]

    def _worker(self, name: str) -> Worker:
        return Worker(f"{WORKERS}:{name}", threads=self._settings.threads)

    def _call(self, worker: Worker, method: str, doing: str, **arguments: Any) -> Any:
        """Call a method, and end its process if it takes too long.

        Raises:
            StepFailed: The call failed, crashed or took too long.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            with suppress(psutil.NoSuchProcess):  # the process has just ended
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


def _row(route: Route, status: str, reason: str, **results: Any) -> Row:
    return Row(NAMES[route.framework], route.format, status, reason, **results, own=route.format in OWN)


def untried(route: Route) -> Row | None:
    """Return the row of a route that can't be tried here; None for a route that can."""
    if route.none:
        return _row(route, NO_WAY, route.none)
    packages = versions(route.packages)
    missing = [name for name in route.packages if name not in packages]
    reason = f"install {', '.join(missing)}: {TO_INSTALL}"
    return _row(route, NOT_TRIED, reason, packages=packages) if missing else None


def without_paths(words: str) -> str:
    """Return the words with only the last part of each path, because full paths are private."""
    return re.sub(r"(?<![\w.:/])~?/(?:[^\s/'\":,;()]+/)+([^\s/'\":,;()]*)", r"\1", words)


def _problem(alone: float, together: float) -> str:
    """Say what is wrong with the differences; empty if nothing is."""
    if alone <= TOLERANCE < together:
        return (
            f"its logits are off by {together:.2g} if texts of different lengths share a batch, and by {alone:.1g} if "
            "each text is alone: it ignores the padding mask"
        )
    worst = max(alone, together)
    return "" if worst <= TOLERANCE else f"its logits are off by {worst:.2g}; rounding explains at most {TOLERANCE:g}"
