"""How much work a training is: the operations and tokens of its steps, counted from our batch plan."""

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
    """What there is to do.

    Attributes:
        operations: of each planned step's real tokens: three times the forward pass's.
        tokens: real tokens of each planned step.
        texts: of each step, whoever draws the batches.
        steps: how many of them are to be trained.
    """

    operations: tuple[float, ...]
    tokens: tuple[int, ...]
    texts: tuple[int, ...]
    steps: int


def forward_operations(tokens: Any, layers: int, hidden: int, intermediate: int) -> Any:
    """Floating-point operations of the matrix products of a BERT encoder on a text of so many tokens.

    Per layer: four projections and two dense layers (2 operations a weight and token), and attention's two products.
    """
    dense = 2 * tokens * (4 * hidden * hidden + 2 * hidden * intermediate)
    return layers * (dense + 4 * tokens * tokens * hidden)


def plan_work(recipe: Recipe, data: corpus.Corpus, fraction: float) -> Work:
    """Count a training's work from its plan."""
    encoder = resolve(recipe.encoder, recipe.max_length)
    token_ids = tokenization.load(encoder.folder, recipe.max_length).encode([each.text for each in data.train])
    lengths = np.array([len(ids) for ids in token_ids])
    sizes = [encoder.config[key] for key in ("num_hidden_layers", "hidden_size", "intermediate_size")]
    operations = 3.0 * forward_operations(lengths.astype(float), *sizes)
    steps = plan_batches(lengths, recipe.batch_size, recipe.epochs, recipe.seed).steps
    an_epoch = [min(recipe.batch_size, len(lengths) - start) for start in range(0, len(lengths), recipe.batch_size)]
    return Work(
        tuple(float(operations[rows].sum()) for rows in steps),
        tuple(int(lengths[rows].sum()) for rows in steps),
        tuple(an_epoch * recipe.epochs),
        max(2, round(fraction * len(steps))),
    )
