"""Record the loss and the time of each step, show progress, and tell the trainer when to stop."""

import json
import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bakeoff.common.errors import RecipeError, TrainingError
from bakeoff.common.files import write_json
from trainers.batches import TrainingData

PROGRESS_FILE = "progress.json"
STATE_FILE = "monitor.json"
CHECKPOINT_SECONDS = 600  # a crash costs at most this much work


class Monitor:
    """The observer of one training run; each trainer calls it from its framework's callback.

    Attributes:
        losses: training loss of each step, before that step's update.
        seconds: wall time of each step, its data included. The first step of a process includes compilation.
        first_steps: the steps that were the first of a process: one, and one more per `--resume`.
        stop_requested: whether a signal came; the trainer then saves a checkpoint and ends.
    """

    def __init__(self, framework: str, data: TrainingData, output: Path, identity: dict, *, quiet: bool = False):
        self.framework = framework
        self.losses: list[float] = []
        self.seconds: list[float] = []
        self.first_steps: list[int] = []
        self.stop_requested = False
        self._data = data
        self._identity = identity
        self._progress_file = output / PROGRESS_FILE
        self._bar: tqdm | None = None
        self._quiet = quiet

    @property
    def step(self) -> int:
        """The number of finished steps."""
        return len(self.losses)

    @property
    def checkpoint_due(self) -> bool:
        """Whether to save a checkpoint after this step."""
        return self.stop_requested or time.monotonic() - self._last_checkpoint > CHECKPOINT_SECONDS

    def begin(self) -> None:
        """Start the clock at the first step of this process."""
        self.first_steps.append(self.step)
        self.restart_clock()

    def restart_clock(self) -> None:
        """Start the clock again after a checkpoint was saved."""
        steps = len(self._data.plan.steps)
        self._bar = self._bar or tqdm(
            total=steps, initial=self.step, desc=self.framework, unit="step", mininterval=0.5, disable=self._quiet
        )
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
        """End the progress bar and remove the progress file."""
        self._progress_file.unlink(missing_ok=True)
        if self._bar is not None:
            self._bar.close()

    def save(self, folder: Path) -> None:
        """Write the state that a checkpoint keeps."""
        write_json(
            folder / STATE_FILE,
            {
                "identity": self._identity,
                "losses": self.losses,
                "seconds": self.seconds,
                "first_steps": self.first_steps,
            },
        )

    def restore(self, folder: Path) -> None:
        """Resume from a checkpoint.

        Raises:
            RecipeError: the checkpoint was made with another recipe or corpus, or can't be read.
        """
        try:
            state = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
            identity, losses, seconds = state["identity"], state["losses"], state["seconds"]
            first_steps = state["first_steps"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RecipeError(
                f"the checkpoint in {folder} can't be read ({error}); leave out --resume to start again."
            ) from error
        if identity != self._identity:
            raise RecipeError(
                f"the checkpoint in {folder} was made with another recipe or corpus; give the same ones, or leave out "
                "--resume to start again."
            )
        self.losses, self.seconds, self.first_steps = losses, seconds, first_steps

    def summary(self) -> dict:
        """Return the figures of the run, as written in `training.json`.

        `seconds_per_epoch` includes every step, and `first_step_seconds` is the part of the first step of each process.
        `tokens_per_second` counts real tokens, without padding and without those first steps.
        """
        counted = [step for step in range(self.step) if step not in self.first_steps]
        tokens = sum(self._data.tokens(step) for step in counted)
        per_epoch = np.array(self.seconds).reshape(self._data.plan.epochs, -1).sum(axis=1)
        return {
            "loss": self.losses,
            "first_step_seconds": [round(self.seconds[step], 3) for step in self.first_steps],
            "seconds_per_epoch": [round(float(seconds), 3) for seconds in per_epoch],
            "tokens_per_second": round(tokens / sum(self.seconds[step] for step in counted), 1) if counted else None,
        }

    @contextmanager
    def catching_signals(self) -> Iterator[None]:
        """Turn SIGTERM and Ctrl-C into `stop_requested` inside the block."""
        names = (signal.SIGTERM, signal.SIGINT)
        before = {name: signal.signal(name, self._request_stop) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _request_stop(self, *_) -> None:
        if not self.stop_requested:
            tqdm.write("stopping after this step …", file=sys.stderr)
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


def saved_identity(checkpoint: Path) -> dict | None:
    """Return the identity of the job that saved a checkpoint; None if it can't be read."""
    try:
        return json.loads((checkpoint / STATE_FILE).read_text(encoding="utf-8"))["identity"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
