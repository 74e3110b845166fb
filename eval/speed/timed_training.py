"""Train in a process of `eval.measure.worker` for a benchmark, with the real trainer's `fit` paused between steps.

`fit` runs in its own thread and waits before each step until the step is requested. So two training runs can take
turns.
"""

import importlib
import math
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.common import tokenization
from bakeoff.common.errors import TrainingError
from trainers.batches import TrainingData, plan_batches
from trainers.encoder import resolve
from trainers.monitor import Monitor
from trainers.recipe import Recipe


class PacedMonitor(Monitor):
    """A monitor that lets a step begin only with a permit; a step's time does not include the wait."""

    def __init__(self, framework: str, data: TrainingData, output: Path):
        super().__init__(framework, data, output, identity={})
        self.permits: queue.Queue[None] = queue.Queue()
        self.finished: queue.Queue[float | Exception] = queue.Queue()

    def begin(self) -> None:
        """Wait for a permit, then start the clock."""
        self.permits.get()
        super().begin()

    def end_step(self, loss: float) -> None:
        """Record the step, wait for a permit, and restart the clock."""
        super().end_step(loss)
        self.finished.put(self.seconds[-1])
        self.permits.get()
        self.restart_clock()


class Training:
    """One framework's training run; every method returns JSON values.

    Args:
        framework: The framework, `pytorch` or `tensorflow`.
        encoder: Folder of a BERT in the transformers format, which may be a trained model.
        recipe: The fields of `Recipe`.
        texts: The training texts.
        labels: Class of each text, as a column number.
        classes: Names of the classes.
        steps: Largest number of steps that will be requested.
        output: An empty folder for the files that trainers write.
    """

    def __init__(
        self,
        framework: str,
        encoder: str,
        recipe: Mapping[str, Any],
        texts: Sequence[str],
        labels: Sequence[int],
        classes: Sequence[str],
        steps: int,
        output: str,
    ):
        started = time.perf_counter()
        trainer = importlib.import_module(f"trainers.train_{framework}")
        resolved = resolve(encoder, recipe["max_length"])
        self._recipe = Recipe(**recipe)
        self._data = self._tokenized(resolved.folder, texts, labels, steps)
        self._monitor = PacedMonitor(trainer.FRAMEWORK, self._data, Path(output))
        model = trainer.build_model(resolved, self._recipe, classes)
        checkpoint = Path(output) / "checkpoint" / framework
        self._build_seconds = time.perf_counter() - started
        arguments = (trainer.fit, model, self._data, self._recipe, self._monitor, checkpoint)
        threading.Thread(target=self._fit, args=arguments, daemon=True).start()

    def steps(self, count: int) -> dict[str, list]:
        """Take the next steps, and return the seconds of each and the numbers of tokens of its texts.

        Raises:
            TrainingError: The plan has no more steps, or the trainer failed.
        """
        first, seconds = self._monitor.step, []
        for _ in range(count):
            self._monitor.permits.put(None)
            finished = self._monitor.finished.get()
            if isinstance(finished, Exception):
                raise finished
            seconds.append(finished)
        rows = self._data.plan.steps[first : first + count]
        return {"seconds": seconds, "lengths": [[len(self._data.token_ids[row]) for row in step] for step in rows]}

    def _tokenized(self, folder: Path, texts: Sequence[str], labels: Sequence[int], steps: int) -> TrainingData:
        encoder, recipe = tokenization.load(folder, self._recipe.max_length), self._recipe
        token_ids = encoder.encode(texts)
        epochs = math.ceil(steps / math.ceil(len(texts) / recipe.batch_size))
        plan = plan_batches([len(ids) for ids in token_ids], recipe.batch_size, epochs, recipe.seed)
        return TrainingData(token_ids, np.array(labels, dtype=np.int64), plan, encoder.pad_id)

    def _fit(self, fit, model, data, recipe, monitor, checkpoint) -> None:
        try:
            fit(model, data, recipe, monitor, checkpoint)
            monitor.finished.put(TrainingError(f"the plan of {len(data.plan.steps)} steps has ended"))
        except Exception as error:  # noqa: BLE001  raised again in `steps`
            monitor.finished.put(error)
