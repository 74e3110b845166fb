"""Run our trainers as contenders of `benchmarks.train`: the `fit` of `bakeoff train`, a few steps at a time."""

import importlib
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from bakeoff.common import tokenization
from bakeoff.corpus import corpus
from eval.measure.turns import EndStep, Turns
from trainers.batches import TrainingData, plan_batches
from trainers.encoder import resolve
from trainers.recipe import Recipe

EVALUATION_BATCH = 32


@dataclass
class StepWatch:
    """A replacement for `trainers.monitor.Monitor` that reports each step and requests no checkpoint."""

    end: EndStep
    step: int = 0
    checkpoint_due: bool = False

    def begin(self) -> None:
        """Do nothing when the first step begins."""

    def end_step(self, loss: float) -> None:
        """Report that a step has ended."""
        self.step += 1
        self.end()


class OurTraining:
    """One of our trainers on a corpus, starting at `first_step` of the plan."""

    def __init__(self, framework: str, recipe: dict[str, Any], corpus_file: str, test: str | None, first_step: int = 0):
        self._trainer: ModuleType = importlib.import_module(f"trainers.train_{framework}")
        self._recipe = Recipe(**recipe)
        self._corpus = corpus.load(corpus_file, test)
        encoder = resolve(self._recipe.encoder, self._recipe.max_length)
        self._text_encoder = tokenization.load(encoder.folder, self._recipe.max_length)
        started = time.perf_counter()
        token_ids = self._text_encoder.encode([example.text for example in self._corpus.train])
        self._tokenize_seconds = time.perf_counter() - started
        self._data = self._planned(token_ids, first_step)
        self._model = self._trainer.build_model(encoder, self._recipe, self._corpus.labels)
        self._turns = Turns(self._train)

    def facts(self) -> dict[str, Any]:
        """Return the seconds of tokenizing the training texts, and the versions."""
        return {"tokenise_seconds": self._tokenize_seconds, "versions": self._trainer.environment()}

    def advance(self, steps: int) -> list[float]:
        """Take the next steps, and return the seconds of each."""
        return self._turns.advance(steps)

    def predict(self) -> list[int]:
        """Return the predicted class numbers of the test texts."""
        token_ids = self._text_encoder.encode([example.text for example in self._corpus.test])
        logits = self._trainer.logits(self._model, token_ids, self._text_encoder.pad_id, EVALUATION_BATCH)
        return logits.argmax(axis=1).tolist()

    def _train(self, end_step: EndStep) -> None:
        with tempfile.TemporaryDirectory() as folder:
            watch = StepWatch(end_step)
            self._trainer.fit(self._model, self._data, self._recipe, watch, Path(folder) / "none")

    def _planned(self, token_ids: list[np.ndarray], first_step: int) -> TrainingData:
        recipe, data = self._recipe, self._corpus
        numbers = np.array([data.labels.index(example.label) for example in data.train], dtype=np.int64)
        plan = plan_batches([len(ids) for ids in token_ids], recipe.batch_size, recipe.epochs, recipe.seed)
        return TrainingData(token_ids, numbers, replace(plan, steps=plan.steps[first_step:]), self._text_encoder.pad_id)
