"""Compute what compiling or exporting a model gains per call, and after how many calls its preparation is made up."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.pair import NAMES
from eval.measure import timing
from eval.speed.bases.basis import PLAIN, VARIANTS

Measurement = dict[str, Any]


def figures(done: Mapping[int, Mapping[str, list[Measurement]]]) -> dict[str, Any] | None:
    """Compute each framework's variants, from its visits by round and framework; None if they were not measured."""
    if not done:
        return None
    return {
        NAMES[framework]: {
            name: _variant(_visits(done, framework, PLAIN), _visits(done, framework, name))
            for name in VARIANTS[framework]
        }
        for framework in NAMES
    }


def _variant(plain: list[list[Measurement]], mine: list[list[Measurement]]) -> dict[str, Any]:
    """Compare a variant with the plain model, whose visits are of the same rounds."""
    flat = [visit for visits in (*plain, *mine) for visit in visits]
    if failed := [visit["failed"] for visit in flat if "failed" in visit]:
        return {"failed": failed[0], "preparation_seconds": None, "latency": []}
    prepared, plain_prepared = _numbers(mine, _preparation), _numbers(plain, _preparation)
    return {
        "failed": None,
        "preparation_seconds": timing.median(prepared),
        "latency": [
            _at(place, mine, plain, float(np.median(prepared) - np.median(plain_prepared)))
            for place in range(len(mine[0][0]["timings"]))
        ],
    }


def _at(place: int, mine: Sequence[Any], plain: Sequence[Any], extra: float) -> dict[str, Any]:
    """Compute the figures of one length; `extra` is the preparation's seconds beyond the plain model's."""
    seconds, plain_seconds = (
        _numbers(visits, lambda visit: float(np.median(visit["timings"][place]["seconds"]))) for visits in (mine, plain)
    )
    gain = float(np.median(plain_seconds) - np.median(seconds))
    return {
        "tokens": mine[0][0]["timings"][place]["tokens"],
        "seconds": timing.median(seconds),
        "ratio_to_plain": timing.ratio(seconds, plain_seconds),
        "break_even_calls": break_even(extra, gain),
    }


def break_even(extra_seconds: float, gain_per_call: float) -> int | None:
    """Return the number of calls after which a longer preparation is made up; None if it never is."""
    if extra_seconds <= 0:
        return 0 if gain_per_call >= 0 else None
    return int(np.ceil(extra_seconds / gain_per_call)) if gain_per_call > 0 else None


def _preparation(visit: Mapping[str, Any]) -> float:
    """Return the seconds of loading the model and of the first call at each length."""
    timings = visit["timings"]
    return timings[0]["load"] + sum(each["first_call"] for each in timings)


def _visits(done: Mapping[int, Mapping[str, list[Measurement]]], framework: str, name: str) -> list[list[Measurement]]:
    return [[visit[name] for visit in visits[framework]] for visits in done.values()]


def _numbers(rounds: Sequence[Sequence[Measurement]], of: Any) -> NDArray[np.float64]:
    return np.array([[of(visit) for visit in visits] for visits in rounds], dtype=np.float64)
