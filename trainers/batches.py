"""Draw one seeded batch plan for both trainers.

The plan names the rows of every step of the whole training. Rows of similar length share a batch, which keeps padding
small. The composition and the order of the batches are drawn again each epoch.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.common.tokenization import pad

# Rows of this many batches are sorted by length together: enough to pack well, and few enough to stay random.
POOL = 50


@dataclass(frozen=True)
class BatchPlan:
    """The rows of each step: `steps[i]` holds row numbers, at most the batch size; epochs follow one another."""

    steps: tuple[NDArray[np.int64], ...]
    epochs: int

    @property
    def digest(self) -> str:
        """The sha256 of all steps, which is equal for equal plans."""
        return hashlib.sha256(b"|".join(rows.tobytes() for rows in self.steps)).hexdigest()


@dataclass(frozen=True)
class Batch:
    """The inputs of one step: int32 arrays of shape (n, length of the longest text), and labels (n,)."""

    token_ids: NDArray[np.int32]
    padding_mask: NDArray[np.int32]
    labels: NDArray[np.int64]


def plan_batches(lengths: Sequence[int], batch_size: int, epochs: int, seed: int) -> BatchPlan:
    """Draw the plan for texts with these token counts. Equal arguments give an equal plan on every machine."""
    counts = np.asarray(lengths)
    steps = []
    for epoch in range(epochs):
        rng = np.random.default_rng([seed, epoch])
        shuffled = rng.permutation(len(counts))
        batches = []
        for start in range(0, len(shuffled), POOL * batch_size):
            pool = shuffled[start : start + POOL * batch_size]
            pool = pool[np.argsort(counts[pool], kind="stable")]
            batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
        steps += [batches[i] for i in rng.permutation(len(batches))]
    return BatchPlan(tuple(steps), epochs)


@dataclass(frozen=True)
class TrainingData:
    """The tokenized training split and its plan.

    Attributes:
        token_ids: unpadded ids of each text.
        labels: class numbers, int64 (n,).
        plan: the rows of every step.
        pad_id: id of the padding token.
    """

    token_ids: Sequence[NDArray[np.int32]]
    labels: NDArray[np.int64]
    plan: BatchPlan
    pad_id: int

    def batch(self, step: int) -> Batch:
        """Return the batch of a step; steps are counted from 0 over the whole training."""
        return self.collate(self.plan.steps[step])

    def collate(self, rows: Sequence[int]) -> Batch:
        """Return the batch of these rows."""
        padded, mask = pad([self.token_ids[row] for row in rows], self.pad_id)
        return Batch(padded, mask, self.labels[rows])

    def tokens(self, step: int) -> int:
        """Count the real tokens of a step, without padding."""
        return sum(len(self.token_ids[row]) for row in self.plan.steps[step])
