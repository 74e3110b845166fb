"""Take the measurements of a benchmark's plan, each in a worker of its framework."""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.errors import WorkerError
from bakeoff.corpus.corpus import Corpus
from eval.measure import machine
from eval.measure.worker import Worker
from eval.speed.bases import parity
from eval.speed.bases.basis import BASES, DEFAULT, TUNED, VARIANTS
from eval.speed.plan import FRAMEWORKS, Settings, Visit, readable
from eval.speed.texts import Cutter

SETTLE = 0.05  # seconds to wait, because threads of the previous worker spin for a while
SHORT_TOKENS = 8  # length of the many texts in the memory measurement, in tokens
FEW_TEXTS = 1000
PRODUCTS = 3
DIFFERENT_TEXTS = 64
PARITY_TEXTS, PARITY_TOKENS = 8, 32  # plain texts whose logits are compared, as they are and cut to this length
PARITY_CALLS = {"logits": "answers", "token_ids": "token_ids"}
VARIED = 300  # largest number of batches of mixed lengths; libraries cache what they prepare for a shape
MOST_TOGETHER = 8  # largest number of texts in a batch of mixed lengths


@dataclass(frozen=True)
class Subject:
    """The models and texts to measure.

    Attributes:
        folders: Folder of each framework's model.
        data: The corpus from which training takes its texts.
        cutter: Cutter of the texts to classify.
        recipe: Recipe of the training steps.
        labels: The classes.
        max_length: Number of tokens that the models read.
        threads: Threads per worker.
        basis: Key of the BASES, as which both frameworks are measured.
    """

    folders: dict[str, Path]
    data: Corpus
    cutter: Cutter
    recipe: dict[str, Any]
    labels: tuple[str, ...]
    max_length: int
    threads: int
    basis: str = TUNED


class Runner:
    """A runner of visits; use it in a `with` statement, which ends all workers."""

    def __init__(self, subject: Subject, settings: Settings):
        self._subject, self._settings = subject, settings
        self._energy = machine.energy_reader()
        self._first_steps: dict[str, float] = {}
        self._workers: dict[tuple[str, str], tuple[int, Worker]] = {}
        self._stack = ExitStack()
        self._scratch = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *error: object) -> None:
        for _, worker in self._workers.values():
            worker.close()
        self._stack.close()

    def take(self, visit: Visit) -> dict[str, Any]:
        """Measure one visit and return the result as JSON.

        Raises:
            BakeoffError: The worker failed.
        """
        section = visit.case.section
        return getattr(self, f"_{'calls' if section in ('latency', 'throughput') else section}")(visit)

    def _parity(self, visit: Visit) -> dict[str, Any]:
        """Compare the basis's logits with those of another one.

        Raises:
            ReportError: They differ.
        """
        basis = BASES[self._subject.basis]
        short = min(PARITY_TOKENS, self._subject.max_length)
        plain = [example.text for example in self._subject.data.test[:PARITY_TEXTS]]
        texts = parity.texts(self._subject.cutter.cut(short, PARITY_TEXTS) + plain)
        answers = []
        for key in (self._subject.basis, basis.compared_with):
            with self._start(key, visit.framework, max_length=self._subject.max_length) as worker:
                answers.append({name: worker.call(call, texts=texts) for name, call in PARITY_CALLS.items()})
        ours, theirs = answers
        return parity.compare(ours, theirs, basis.name, BASES[basis.compared_with].name, NAMES[visit.framework])

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
        timings = worker.call("measure", batches=batches, calls=calls, seconds=seconds)
        return timings | {"joules": self._energy.spent(before, self._energy.readings())}

    def _cold_start(self, visit: Visit) -> dict[str, float]:
        (text,) = self._subject.cutter.cut(min(self._settings.latency_tokens), 1)
        # Our classifiers read the length from the model; a library is told.
        length = {} if self._subject.basis == TUNED else {"max_length": self._subject.max_length}
        with self._start(self._subject.basis, visit.framework, **length) as worker:
            timings = worker.call("first_call", text=text)
            return timings | {"import": worker.startup.built - timings["load"]}

    def _training(self, visit: Visit) -> dict[str, Any]:
        worker = self._worker("training", visit.framework, 0, self._new_training)
        time.sleep(SETTLE)
        timings = worker.call("steps", count=self._settings.training_steps)
        return timings | {
            "first_step": self._first_steps[visit.framework],
            "peak_bytes": machine.peak_memory(worker.pid),
        }

    def _variants(self, visit: Visit) -> dict[str, Any]:
        """Time each variant in a new process: loading, and the first and later calls at each length."""
        names = list(VARIANTS[visit.framework])
        names = random.Random(f"{self._settings.seed} {visit.round}").sample(names, len(names))
        return {name: self._variant(visit.framework, name) for name in (names[::-1] if visit.turn else names)}

    def _variant(self, framework: str, name: str) -> dict[str, Any]:
        subject, settings, timings = self._subject, self._settings, []
        try:
            with self._start(DEFAULT, framework, max_length=subject.max_length, variant=name) as worker:
                for tokens in readable(settings.latency_tokens, subject.max_length):
                    texts = subject.cutter.cut(tokens, DIFFERENT_TEXTS)
                    first = worker.call("first_call", text=texts[0])
                    calls, seconds = settings.least_calls[0], settings.least_seconds[0]
                    later = worker.call("measure", batches=[[text] for text in texts], calls=calls, seconds=seconds)
                    timings.append({"tokens": tokens, **first, **later})
        except WorkerError as error:  # such as a missing C++ compiler
            return {"failed": str(error)}
        return {"timings": timings}

    def _memory(self, visit: Visit) -> dict[str, Any]:
        """Return the peak bytes so far after each stage: loading, few and many short texts, and long and mixed ones."""
        short = self._subject.cutter.cut(SHORT_TOKENS, FEW_TEXTS)
        long = self._subject.cutter.cut(self._subject.max_length, self._settings.length_batch)
        with self._new_model(visit.framework) as worker:
            peaks = {"loaded": machine.peak_memory(worker.pid)}
            worker.call("classify", texts=short, count=FEW_TEXTS)
            peaks["few"] = machine.peak_memory(worker.pid)
            peaks["seconds"] = worker.call("classify", texts=short, count=self._settings.memory_texts)
            peaks["many"] = machine.peak_memory(worker.pid)
            worker.call("classify", texts=long, count=len(long))
            worker.call("warm_up", batches=(mixed := self._mixed_lengths()), calls=len(mixed))
            return peaks | {"long": machine.peak_memory(worker.pid)}

    def _mixed_lengths(self) -> list[list[str]]:
        """Draw batches like those of a server: one text or several, of all lengths."""
        drawn, lengths = random.Random(self._settings.seed), range(SHORT_TOKENS, self._subject.max_length + 1)
        return [
            [self._subject.cutter.cut(drawn.choice(lengths), 1)[0] for _ in range(drawn.randint(1, MOST_TOGETHER))]
            for _ in range(min(VARIED, self._settings.memory_texts // 100))
        ]

    def _batches(self, visit: Visit) -> list[list[str]]:
        """Cut different texts for different calls, so that nothing can be cached from one call to the next."""
        case = visit.case
        texts = self._subject.cutter.cut(case.tokens, max(DIFFERENT_TEXTS, case.batch))
        return [texts[start : start + case.batch] for start in range(0, len(texts) - case.batch + 1, case.batch)]

    def _model(self, visit: Visit) -> Worker:
        generation = visit.round if self._settings.fresh else 0
        return self._worker("model", visit.framework, generation, self._new_model)

    def _worker(self, kind: str, framework: str, generation: int, start: Callable[[str], Worker]) -> Worker:
        """Return the worker of this generation, and end a worker of another generation."""
        kept, worker = self._workers.get((kind, framework), (None, None))
        if kept != generation:
            if worker:
                worker.close()
            worker = start(framework)
            self._workers[kind, framework] = (generation, worker)
        return worker

    def _new_model(self, framework: str) -> Worker:
        """Start a worker whose model reads as many tokens as the subject says."""
        return self._start(self._subject.basis, framework, max_length=self._subject.max_length)

    def _start(self, basis: str, framework: str, **options: Any) -> Worker:
        """Start a worker with a framework's model as a basis uses it."""
        arguments = {"framework": framework, "folder": str(self._subject.folders[framework]), **options}
        factory = "eval.speed.timed_classifier:Model"
        if basis != TUNED:
            arguments["basis"], factory = basis, "eval.speed.timed_library:Library"
        return Worker(factory, arguments, threads=self._subject.threads)

    def _new_training(self, framework: str) -> Worker:
        """Start a training run and take its first steps, in which the frameworks set themselves up."""
        subject, settings = self._subject, self._settings
        output = self._scratch / framework
        output.mkdir(exist_ok=True)
        tuned = subject.basis == TUNED
        arguments = {
            "framework": framework,
            # Our trainers start from a transformers folder; the weights do not affect the times.
            "encoder": str(subject.folders[FRAMEWORKS[0] if tuned else framework]),
            "recipe": subject.recipe,
            "texts": [example.text for example in subject.data.train],
            "labels": [subject.labels.index(example.label) for example in subject.data.train],
            **({"classes": list(subject.labels)} if tuned else {"basis": subject.basis}),
            "steps": 2 * settings.rounds * settings.training_steps + settings.warm_up,
            "output": str(output),
        }
        factory = "eval.speed.timed_training:Training" if tuned else "eval.speed.timed_library:LibraryTraining"
        worker = Worker(factory, arguments, threads=subject.threads)
        self._first_steps[framework] = worker.call("steps", count=settings.warm_up)["seconds"][0]
        return worker
