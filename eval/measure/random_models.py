"""Build both frameworks' models of a given size with random weights, because speed does not depend on the weights.

The tokenizer is the embedded encoder's, which is that of uncased BERT models.
"""

import importlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from bakeoff.common import embedded
from bakeoff.common.files import write_json
from bakeoff.corpus.corpus import Corpus
from eval.measure.worker import Worker
from trainers import encoder as encoders
from trainers import job
from trainers.recipe import Recipe

FRAMEWORKS = ("pytorch", "tensorflow")
TOKENIZER_FILES = (job.tokenization.FILE, *job.TOKENIZER_FILES)
DEVIATION = 0.02  # standard deviation of BERT's first weights


@dataclass(frozen=True)
class Size:
    """The sizes of a BERT encoder."""

    layers: int
    hidden: int
    heads: int
    intermediate: int
    positions: int = 512


SIZES = {"bert-base": Size(layers=12, hidden=768, heads=12, intermediate=3072)}


def build(size: Size, data: Corpus, recipe: Recipe, output: Path) -> dict[str, Path]:
    """Write a model folder for each framework, with the same random weights, and return them by framework."""
    folder = write_encoder(size, output / "encoder")
    arguments = {"encoder": str(folder), "max_length": recipe.max_length, "labels": list(data.labels)}
    for framework in FRAMEWORKS:
        # Each framework is imported in a process of its own, and none in the one that measures.
        with Worker("eval.measure.random_models:Builder", threads=1) as worker:
            worker.call("build", framework=framework, output=str(output / framework), **arguments)
    return {framework: output / framework for framework in FRAMEWORKS}


def write_encoder(size: Size, folder: Path, source: Path | None = None) -> Path:
    """Write an encoder in the transformers format; the tokenizer comes from `source`, or the embedded encoder."""
    source = source or embedded.folder()
    folder.mkdir(parents=True)
    for name in TOKENIZER_FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
    vocabulary = json.loads((source / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": size.hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": size.intermediate,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": size.positions,
        "type_vocab_size": 2,
        "vocab_size": vocabulary,
        "pad_token_id": 0,
    }
    write_json(folder / "config.json", config)
    save_file(_weights(size, vocabulary), folder / embedded.WEIGHTS, metadata={"format": "pt"})
    return folder


class Builder:
    """A contender of `eval.measure.worker` that writes a model folder with one framework."""

    def build(self, framework: str, encoder: str, max_length: int, labels: list[str], output: str) -> None:
        """Write the model folder, as `bakeoff train` does after a training."""
        trainer = importlib.import_module(f"trainers.train_{framework}")
        recipe, folder = Recipe(name="random weights", max_length=max_length), Path(output)
        start = encoders.resolve(encoder, max_length)
        folder.mkdir(parents=True)
        trainer.save(trainer.build_model(start, recipe, labels), start, recipe, labels, folder)
        job.write_tokenizer(start, recipe, folder / trainer.TOKENIZER_FOLDER)
        write_json(folder / job.LABELS_FILE, labels)
        recipe.save(folder)


def _weights(size: Size, vocabulary: int) -> dict[str, np.ndarray]:
    """Draw the weights by transformers' names, equally in each run."""
    drawn, hidden, inner = np.random.default_rng(0), size.hidden, size.intermediate
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings": (vocabulary, hidden),
        "embeddings.position_embeddings": (size.positions, hidden),
        "embeddings.token_type_embeddings": (2, hidden),
        "pooler.dense": (hidden, hidden),
    }
    for layer in range(size.layers):
        name = f"encoder.layer.{layer}"
        shapes |= {f"{name}.attention.self.{part}": (hidden, hidden) for part in ("query", "key", "value")}
        shapes[f"{name}.attention.output.dense"] = (hidden, hidden)
        shapes |= {f"{name}.intermediate.dense": (inner, hidden), f"{name}.output.dense": (hidden, inner)}
    weights = {f"{name}.weight": drawn.normal(0, DEVIATION, shape).astype(np.float32) for name, shape in shapes.items()}
    biases = {
        f"{name}.bias": np.zeros(shape[0], np.float32) for name, shape in shapes.items() if "embeddings" not in name
    }
    norms = ["embeddings.LayerNorm"]
    norms += [
        f"encoder.layer.{layer}.{part}.LayerNorm"
        for layer in range(size.layers)
        for part in ("attention.output", "output")
    ]
    scales = {f"{name}.weight": np.ones(hidden, np.float32) for name in norms}
    return weights | biases | scales | {f"{name}.bias": np.zeros(hidden, np.float32) for name in norms}
