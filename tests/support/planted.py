"""Classifiers with planted truth, for what only needs the `Classifier` protocol."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bakeoff.classifiers.model_folder import ModelFolder
from service.work.model_loader import Progress


@dataclass
class WordCounter:
    """Says the class whose name stands most often in the text; the first class if none does."""

    framework: str
    labels: tuple[str, ...] = ("sport", "tech")
    revision: str = "local"
    notice: str = ""
    folder: ModelFolder | None = None

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """How often each class's name stands in each text."""
        counts = [[text.split().count(label) for label in self.labels] for text in texts]
        return np.array(counts, dtype=np.float32).reshape(len(texts), len(self.labels))

    def characters_read(self, text: str) -> int:
        """All of them."""
        return len(text)


class Contrarian(WordCounter):
    """The same, but the other way round where the text says `contrary`."""

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """The columns of a WordCounter, exchanged for such texts."""
        out = super().logits(texts)
        contrary = ["contrary" in text for text in texts]
        out[contrary] = out[contrary, ::-1]
        return out


@dataclass
class ReadyLoader:
    """A ModelLoader that has its models already, or will never have them."""

    models: tuple = (WordCounter("PyTorch"), Contrarian("TensorFlow"))
    report: Path | None = None
    failures: dict[str, str] = field(default_factory=dict)

    def classifiers(self) -> tuple:
        """The models."""
        return self.models

    def pair(self) -> tuple:
        """The models."""
        return self.models

    def progress(self) -> Progress:
        """Done."""
        return Progress("Both models are ready.", finished=True)


def planted_pair(encoder: Path, folder: Path, labels: tuple[str, ...] = ("sport", "tech")) -> tuple:
    """Both planted classifiers with a model folder, of which only the tokenizer is real."""
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_bytes((encoder / "tokenizer.json").read_bytes())
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    (folder / "recipe.json").write_text(json.dumps({"max_length": 48}), encoding="utf-8")
    return tuple(
        kind(name, labels, folder=ModelFolder(folder))
        for kind, name in ((WordCounter, "PyTorch"), (Contrarian, "TensorFlow"))
    )
