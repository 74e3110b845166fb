"""Provide classifiers with planted truth, for tests that need only the `Classifier` protocol."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.common.errors import ModelError
from service.work.model_loader import Progress


@dataclass
class WordCounter:
    """A classifier that picks the class whose name is most frequent in the text, or the first class if none occurs."""

    framework: str
    labels: tuple[str, ...] = ("sport", "tech")
    revision: str = "local"
    notice: str = ""
    folder: ModelFolder | None = None

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Count the names of the classes in every text."""
        counts = [[text.split().count(label) for label in self.labels] for text in texts]
        return np.array(counts, dtype=np.float32).reshape(len(texts), len(self.labels))

    def characters_read(self, text: str) -> int:
        """Return the number of all characters."""
        return len(text)


class Contrarian(WordCounter):
    """A WordCounter that reverses its answer if the text contains `contrary`."""

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Return the logits of a WordCounter, with the columns reversed for contrary texts."""
        logits = super().logits(texts)
        contrary = ["contrary" in text for text in texts]
        logits[contrary] = logits[contrary, ::-1]
        return logits


@dataclass
class ReadyLoader:
    """A ModelLoader that has its models from the start, or never gets them."""

    models: tuple = (WordCounter("PyTorch"), Contrarian("TensorFlow"))
    report: Path | None = None
    failures: dict[str, str] = field(default_factory=dict)

    def classifiers(self) -> tuple:
        """Return the models."""
        return self.models

    def pair(self) -> tuple:
        """Return the models."""
        return self.models

    def progress(self) -> Progress:
        """Return the progress of a loader that has finished."""
        return Progress("Both models are ready.", finished=True)


class Loading(ReadyLoader):
    """A loader whose models are not ready."""

    def pair(self) -> tuple:
        """Raise the error of a loader that still works."""
        raise ModelError("not ready")


def planted_pair(encoder: Path, folder: Path, labels: tuple[str, ...] = ("sport", "tech")) -> tuple:
    """Return both planted classifiers with a model folder in which only the tokenizer is real."""
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_bytes((encoder / "tokenizer.json").read_bytes())
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    (folder / "recipe.json").write_text(json.dumps({"max_length": 48}), encoding="utf-8")
    return tuple(
        kind(name, labels, folder=ModelFolder(folder))
        for kind, name in ((WordCounter, "PyTorch"), (Contrarian, "TensorFlow"))
    )
