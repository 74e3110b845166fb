"""What a training run reports while it runs: loss and time of each step, progress, and whether to stop."""

import json
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tqdm import tqdm

from errors import RecipeError, TrainingError
from files import write_json
from trainers.batches import TrainingData

PROGRESS_FILE = "progress.json"
STATE_FILE = "monitor.json"
CHECKPOINT_SECONDS = 600  # a crash costs at most this much work


class Monitor:
    """Watches one training run; each trainer calls it from its framework's callback.

    Attributes:
        losses: training loss of each step, before that step's update.
        seconds: wall time of each step, its data included; the first has the framework's compilation.
        stop_requested: a signal came; the trainer saves a checkpoint and ends.
    """

    def __init__(self, framework: str, data: TrainingData, output: Path, identity: dict):
        self.framework = framework
        self.losses: list[float] = []
        self.seconds: list[float] = []
        self.stop_requested = False
        self._data = data
        self._identity = identity
        self._progress_file = output / PROGRESS_FILE
        self._bar: tqdm | None = None

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.losses)

    @property
    def checkpoint_due(self) -> bool:
        """Whether to save a checkpoint after this step."""
        return self.stop_requested or time.monotonic() - self._last_checkpoint > CHECKPOINT_SECONDS

    def start(self) -> None:
        """Begin, or go on after a checkpoint."""
        steps = len(self._data.plan.steps)
        self._bar = self._bar or tqdm(total=steps, initial=self.step, desc=self.framework, unit="step", mininterval=0.5)
        self._clock = self._last_checkpoint = time.monotonic()
        self._report()

    def end_step(self, loss: float) -> None:
        """Record a step.

        Raises:
            TrainingError: the loss is not finite.
        """
        now = time.monotonic()
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} at step {self.step + 1} of {len(self._data.plan.steps)}, so nothing was "
                "saved; the likely cause is a learning rate that is too high: try --set learning_rate=2e-5."
            )
        self.losses.append(loss)
        self.seconds.append(now - self._clock)
        self._bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
        self._bar.update()
        if now - self._reported > 0.5 or self.step == len(self._data.plan.steps):
            self._report()
        self._clock = time.monotonic()

    def close(self) -> None:
        """End the progress bar."""
        if self._bar is not None:
            self._bar.close()

    def save(self, folder: Path) -> None:
        """Write what a checkpoint has to keep."""
        write_json(folder / STATE_FILE, {"identity": self._identity, "losses": self.losses, "seconds": self.seconds})

    def restore(self, folder: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            RecipeError: it was made with another recipe or corpus, or can't be read.
        """
        try:
            state = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
            identity, losses, seconds = state["identity"], state["losses"], state["seconds"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RecipeError(
                f"the checkpoint in {folder} can't be read ({error}); leave out --resume to start anew."
            ) from error
        if identity != self._identity:
            raise RecipeError(
                f"the checkpoint in {folder} was made with another recipe or corpus; give the same ones, or leave out "
                "--resume to start anew."
            )
        self.losses, self.seconds = losses, seconds

    def summary(self) -> dict:
        """The run in numbers, as they stand in `training.json`."""
        tokens = sum(self._data.tokens(step) for step in range(1, self.step))
        per_epoch = np.array(self.seconds).reshape(self._data.plan.epochs, -1).sum(axis=1)
        return {
            "loss": self.losses,
            "first_step_seconds": round(self.seconds[0], 3),
            "seconds_per_epoch": [round(float(seconds), 3) for seconds in per_epoch],
            "tokens_per_second": round(tokens / sum(self.seconds[1:]), 1) if self.step > 1 else None,
        }

    @contextmanager
    def catching_signals(self) -> Iterator[None]:
        """Turn SIGTERM and Ctrl-C into `stop_requested` meanwhile."""
        names = (signal.SIGTERM, signal.SIGINT)
        before = {name: signal.signal(name, self._request_stop) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _request_stop(self, *_) -> None:
        self.stop_requested = True

    def _report(self) -> None:
        self._reported = time.monotonic()
        recent = self.seconds[1:][-20:] or self.seconds
        steps = len(self._data.plan.steps)
        write_json(
            self._progress_file,
            {
                "framework": self.framework,
                "step": self.step,
                "steps": steps,
                "loss": self.losses[-1] if self.losses else None,
                "seconds_left": (steps - self.step) * sum(recent) / len(recent) if recent else None,
            },
        )
