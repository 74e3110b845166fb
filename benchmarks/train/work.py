"""Count the work of a training run: the operations and tokens of its steps, from our batch plan."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bakeoff.common import tokenization
from bakeoff.corpus import corpus
from trainers.batches import plan_batches
from trainers.encoder import resolve
from trainers.recipe import Recipe


@dataclass(frozen=True)
class Work:
    """The work of a training run.

    Attributes:
        operations: Operations of each planned step on real tokens: three times those of the forward pass.
        tokens: Real tokens of each planned step.
        texts: Texts of each step, which are the same for every contender.
        steps: Number of steps to train.
    """

    operations: tuple[float, ...]
    tokens: tuple[int, ...]
    texts: tuple[int, ...]
    steps: int


def forward_operations(tokens: Any, layers: int, hidden: int, intermediate: int) -> Any:
    """Count the floating-point operations of a BERT encoder's matrix products on a text of `tokens` tokens.

    Each layer has four projections and two dense layers (2 operations per weight and token), and the two products of
    attention.
    """
    dense = 2 * tokens * (4 * hidden * hidden + 2 * hidden * intermediate)
    return layers * (dense + 4 * tokens * tokens * hidden)


def plan_work(recipe: Recipe, data: corpus.Corpus, fraction: float) -> Work:
    """Count a training run's work from its plan."""
    encoder = resolve(recipe.encoder, recipe.max_length)
    token_ids = tokenization.load(encoder.folder, recipe.max_length).encode([example.text for example in data.train])
    lengths = np.array([len(ids) for ids in token_ids])
    sizes = [encoder.config[key] for key in ("num_hidden_layers", "hidden_size", "intermediate_size")]
    operations = 3.0 * forward_operations(lengths.astype(float), *sizes)
    steps = plan_batches(lengths, recipe.batch_size, recipe.epochs, recipe.seed).steps
    texts_per_step = [
        min(recipe.batch_size, len(lengths) - start) for start in range(0, len(lengths), recipe.batch_size)
    ]
    return Work(
        tuple(float(operations[rows].sum()) for rows in steps),
        tuple(int(lengths[rows].sum()) for rows in steps),
        tuple(texts_per_step * recipe.epochs),
        max(2, round(fraction * len(steps))),
    )
