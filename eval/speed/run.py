"""Takes the measurements of a benchmark's plan, each in a worker of its framework."""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.corpus.corpus import Corpus
from eval.measure import machine
from eval.measure.worker import Worker
from eval.speed.plan import FRAMEWORKS, Settings, Visit
from eval.speed.texts import Cutter

SETTLE = 0.05  # seconds: threads of the worker before go on spinning for a while
SHORT_TOKENS = 8  # of the many texts that memory is watched with
FEW_TEXTS = 1000
PRODUCTS = 3
DIFFERENT_TEXTS = 64
VARIED = 300  # batches of mixed lengths, at most: libraries keep what they prepare for a shape, each a while
MOST_TOGETHER = 8  # texts in one of them


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
        folders: the models', by framework.
        data: the corpus that trainings take their texts from.
        cutter: of texts to classify.
        recipe: of the training steps.
        labels: the classes.
        max_length: tokens that the models read.
        threads: of each worker.
    """

    folders: dict[str, Path]
    data: Corpus
    cutter: Cutter
    recipe: dict[str, Any]
    labels: tuple[str, ...]
    max_length: int
    threads: int


class Runner:
    """Takes visits; use it in a `with` statement, which ends all workers."""

    def __init__(self, subject: Subject, settings: Settings):
        self._subject, self._settings = subject, settings
        self._energy = machine.energy_reader()
        self._first_steps: dict[str, float] = {}
        self._workers: dict[tuple[str, str], tuple[int, Worker]] = {}
        self._stack = ExitStack()
        self._scratch = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_: object) -> None:
        for _, worker in self._workers.values():
            worker.close()
        self._stack.close()

    def take(self, visit: Visit) -> dict[str, Any]:
        """Measure; JSON.

        Raises:
            BakeoffError: the worker failed.
        """
        section = visit.case.section
        return getattr(self, f"_{'calls' if section in ('latency', 'throughput') else section}")(visit)

    def _facts(self, visit: Visit) -> dict[str, Any]:
        return self._model(visit).call("facts")

    def _ceiling(self, visit: Visit) -> dict[str, Any]:
        worker = self._model(visit)
        time.sleep(SETTLE)
        return {"seconds": worker.call("products", size=self._settings.product, calls=PRODUCTS)}

    def _calls(self, visit: Visit) -> dict[str, Any]:
        worker, batches = self._model(visit), self._batches(visit)
        kind = 0 if visit.case.section == "latency" else 1
        worker.call("warm_up", batches=batches, calls=self._settings.warm_up)
        time.sleep(SETTLE)
        calls, seconds = self._settings.least_calls[kind], self._settings.least_seconds[kind]
        before = self._energy.readings()
        found = worker.call("measure", batches=batches, calls=calls, seconds=seconds)
        return found | {"joules": self._energy.spent(before, self._energy.readings())}

    def _cold_start(self, visit: Visit) -> dict[str, float]:
        (text,) = self._subject.cutter.cut(min(self._settings.latency_tokens), 1)
        with self._as_loaded(visit.framework) as worker:
            found = worker.call("first_call", text=text)
            return found | {"import": worker.startup.built - found["load"]}

    def _training(self, visit: Visit) -> dict[str, Any]:
        worker = self._worker("training", visit.framework, 0, self._new_training)
        time.sleep(SETTLE)
        found = worker.call("steps", count=self._settings.training_steps)
        return found | {
            "first_step": self._first_steps[visit.framework],
            "peak_bytes": machine.peak_memory(worker.pid),
        }

    def _memory(self, visit: Visit) -> dict[str, Any]:
        """Peaks so far, in bytes: after loading, few short texts, many, and long ones and batches of mixed lengths."""
        short = self._subject.cutter.cut(SHORT_TOKENS, FEW_TEXTS)
        long = self._subject.cutter.cut(self._subject.max_length, self._settings.length_batch)
        with self._new_model(visit.framework) as worker:
            found = {"loaded": machine.peak_memory(worker.pid)}
            worker.call("classify", texts=short, count=FEW_TEXTS)
            found["few"] = machine.peak_memory(worker.pid)
            found["seconds"] = worker.call("classify", texts=short, count=self._settings.memory_texts)
            found["many"] = machine.peak_memory(worker.pid)
            worker.call("classify", texts=long, count=len(long))
            worker.call("warm_up", batches=(mixed := self._mixed_lengths()), calls=len(mixed))
            return found | {"long": machine.peak_memory(worker.pid)}

    def _mixed_lengths(self) -> list[list[str]]:
        """What a server reads: one text or some, of all lengths."""
        drawn, lengths = random.Random(self._settings.seed), range(SHORT_TOKENS, self._subject.max_length + 1)
        return [
            [self._subject.cutter.cut(drawn.choice(lengths), 1)[0] for _ in range(drawn.randint(1, MOST_TOGETHER))]
            for _ in range(min(VARIED, self._settings.memory_texts // 100))
        ]

    def _batches(self, visit: Visit) -> list[list[str]]:
        """Different texts for different calls: nothing can be remembered from one to the next."""
        case = visit.case
        texts = self._subject.cutter.cut(case.tokens, max(DIFFERENT_TEXTS, case.batch))
        return [texts[start : start + case.batch] for start in range(0, len(texts) - case.batch + 1, case.batch)]

    def _model(self, visit: Visit) -> Worker:
        generation = visit.round if self._settings.fresh else 0
        return self._worker("model", visit.framework, generation, self._new_model)

    def _worker(self, kind: str, framework: str, generation: int, start: Callable[[str], Worker]) -> Worker:
        """The worker of this generation; one of another is ended."""
        kept, worker = self._workers.get((kind, framework), (None, None))
        if kept != generation:
            if worker:
                worker.close()
            worker = start(framework)
            self._workers[kind, framework] = (generation, worker)
        return worker

    def _new_model(self, framework: str) -> Worker:
        """A worker whose model reads as many tokens as the subject says."""
        return self._as_loaded(framework, max_length=self._subject.max_length)

    def _as_loaded(self, framework: str, **options: int) -> Worker:
        arguments = {"framework": framework, "folder": str(self._subject.folders[framework]), **options}
        return Worker("eval.speed.timed_classifier:Model", arguments, threads=self._subject.threads)

    def _new_training(self, framework: str) -> Worker:
        """A training after its first steps, in which the frameworks set themselves up."""
        subject, settings = self._subject, self._settings
        output = self._scratch / framework
        output.mkdir(exist_ok=True)
        arguments = {
            "framework": framework,
            "encoder": str(subject.folders[FRAMEWORKS[0]]),  # the weights matter to no time
            "recipe": subject.recipe,
            "texts": [example.text for example in subject.data.train],
            "labels": [subject.labels.index(example.label) for example in subject.data.train],
            "classes": list(subject.labels),
            "steps": 2 * settings.rounds * settings.training_steps + settings.warm_up,
            "output": str(output),
        }
        worker = Worker("eval.speed.timed_training:Training", arguments, threads=subject.threads)
        self._first_steps[framework] = worker.call("steps", count=settings.warm_up)["seconds"][0]
        return worker
