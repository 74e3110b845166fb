"""Draw logits with planted truth, and check that every number is finite or has a reason why it is missing."""

import dataclasses
import json

import numpy as np

from bakeoff.stats.estimate import Estimate


def logits(references, k: int, strength: float, seed: int = 0, shared=None) -> np.ndarray:
    """Return (n, k) float32 noise plus `strength` for the reference. Models with `shared` noise make similar errors."""
    noise = np.random.default_rng(seed).normal(size=(len(references), k))
    if shared is not None:
        noise = 0.9 * shared + np.sqrt(1 - 0.81) * noise
    noise[np.arange(len(references)), references] += strength
    return noise.astype(np.float32)


def always_right(references, k: int) -> np.ndarray:
    """Return the logits of a perfect model."""
    return (30 * np.eye(k, dtype=np.float32))[np.asarray(references, dtype=int)]


EDGES = {
    "one text": (np.array([1]), lambda r: logits(r, 3, 1.0)),
    "two texts": (np.array([1, 0]), lambda r: logits(r, 3, 1.0)),
    "one class": (np.zeros(40, dtype=int), lambda r: logits(r, 3, 1.0)),
    "one class, right": (np.zeros(40, dtype=int), lambda r: always_right(r, 3)),
    "perfect": (np.arange(60) % 3, lambda r: always_right(r, 3)),
    "all wrong": (np.arange(60) % 3, lambda r: always_right((r + 1) % 3, 3)),
    "absent class": (np.arange(40) % 2, lambda r: logits(r, 4, 1.0)),
    "two classes": (np.arange(40) % 2, lambda r: logits(r, 2, 1.0)),
    "constant logits": (np.arange(40) % 3, lambda r: np.zeros((len(r), 3), dtype=np.float32)),
    "huge logits": (np.arange(40) % 3, lambda r: 1e30 * logits(r, 3, 1.0)),
}


def assert_reported(result) -> None:
    """Check that all numbers in a result are finite, that missing ones have a reason, and that it is valid JSON."""
    json.dumps(dataclasses.asdict(result), allow_nan=False)
    for estimate in estimates(result):
        assert estimate.value is not None or estimate.reason
        assert (estimate.low is None) == (estimate.high is None)
        if estimate.low is not None:
            assert estimate.low - 1e-12 <= estimate.value <= estimate.high + 1e-12, estimate
            assert estimate.high > estimate.low or estimate.reason, f"an interval of zero width: {estimate}"


def estimates(result) -> list[Estimate]:
    """Return all Estimates in nested dataclasses, tuples and dicts."""
    if isinstance(result, Estimate):
        return [result]
    if dataclasses.is_dataclass(result):
        return estimates(vars(result))
    parts = result.values() if isinstance(result, dict) else result if isinstance(result, (tuple, list)) else ()
    return [estimate for part in parts for estimate in estimates(part)]
