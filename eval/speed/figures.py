"""From a benchmark's measurements to its figures: medians, ratios and shares of the ceiling, with their intervals."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import linregress, t

from bakeoff.classifiers.pair import NAMES
from bakeoff.stats.estimate import Estimate
from eval.measure import timing
from eval.speed.plan import FRAMEWORKS, Case, Settings, Visit, cases, readable
from eval.speed.texts import Architecture

Found = dict[str, Any]
Measured = Mapping[Visit, Found]
Rounds = dict[int, dict[str, list[Found]]]  # round, framework: what its visits found
COLD_STAGES = ("import", "load", "first_call")


def figures(measured: Measured, settings: Settings, architecture: Architecture, max_length: int) -> dict[str, Any]:
    """All figures of what was measured; a section that was not is None or empty. JSON but for its Estimates.

    Args:
        measured: by visit; a round counts once it is complete.
        settings: how it was measured.
        architecture: of both models.
        max_length: tokens that they read.
    """
    ceiling = Ceiling(rounds(measured, Case("ceiling")), settings.product)
    repeated = [case for case in cases(settings, max_length) if case.section in ("latency", "throughput")]
    calls = {case: rounds(measured, case) for case in repeated}
    made = {case: _calls(case, found, ceiling, architecture) for case, found in calls.items() if found}
    lengths = readable(settings.lengths, max_length)
    grown = [case for case in made if case.batch == settings.length_batch and case.tokens in lengths]
    return {
        "ceiling": ceiling.figures(),
        "cold_start": _cold_start(rounds(measured, Case("cold_start"))),
        "latency": [row for case, row in made.items() if case.section == "latency"],
        "throughput": [row for case, row in made.items() if case.section == "throughput"],
        "growth": _growth(sorted(grown, key=lambda case: case.tokens), calls, architecture),
        "training": _training(rounds(measured, Case("training")), ceiling, architecture),
        "memory": _once(measured, Case("memory")),
    }


def rounds(measured: Measured, case: Case) -> Rounds:
    """The rounds of a case in which both frameworks had both their visits."""
    out: Rounds = {}
    for visit in sorted(visit for visit in measured if visit.case == case):
        out.setdefault(visit.round, {name: [] for name in FRAMEWORKS})[visit.framework].append(measured[visit])
    return {number: found for number, found in out.items() if all(len(each) == 2 for each in found.values())}


def values(found: Rounds, framework: str, of: Callable[[Found], ArrayLike]) -> NDArray[np.float64]:
    """A number, or several, of each visit of a framework: (rounds, numbers a round)."""
    numbers = [np.ravel([of(visit) for visit in each[framework]]) for each in found.values()]
    return np.array(numbers, dtype=np.float64)


class Ceiling:
    """How fast the machine multiplies matrices: what the faster of the two frameworks' kernels reach.

    Args:
        found: the rounds of its case.
        size: rows and columns of the matrices.
    """

    def __init__(self, found: Rounds, size: int):
        self._found = found
        self._rates = {
            name: values(found, name, lambda visit: 2 * size**3 / np.array(visit["seconds"])) for name in FRAMEWORKS
        }
        self._fastest = max(FRAMEWORKS, key=lambda name: np.median(self._rates[name])) if found else None

    def share(self, found: Rounds, rates: NDArray[np.float64]) -> Estimate:
        """What share of the ceiling these operations a second (rounds, visits) are, in the rounds that both have."""
        shared = [number for number in found if number in self._found]
        if not shared:
            return Estimate(None, reason="no round has both this and the ceiling")
        of_ceiling = self._rates[self._fastest][[list(self._found).index(number) for number in shared]]
        return timing.ratio(rates[[list(found).index(number) for number in shared]], of_ceiling)

    def figures(self) -> dict[str, Any] | None:
        """Operations a second of each framework, in 1e9, and the name of the faster."""
        if not self._found:
            return None
        rates = {NAMES[name]: timing.median(self._rates[name] / 1e9) for name in FRAMEWORKS}
        return {"gigaflops": rates, "fastest": NAMES[self._fastest]}


def _calls(case: Case, found: Rounds, ceiling: Ceiling, architecture: Architecture) -> dict[str, Any]:
    operations = case.batch * architecture.operations([case.tokens])
    medians = {name: values(found, name, lambda visit: np.median(visit["seconds"])) for name in FRAMEWORKS}
    return {
        "batch": case.batch,
        "tokens": case.tokens,
        "frameworks": {
            NAMES[name]: {
                "seconds": _percentiles(found, name),
                "calls": sum(len(visit["seconds"]) for each in found.values() for visit in each[name]),
                "stages": _stages([visit for each in found.values() for visit in each[name]]),
                "texts_per_second": timing.median(case.batch / medians[name]),
                "gigaflops": timing.median(operations / medians[name] / 1e9),
                "share_of_ceiling": ceiling.share(found, operations / medians[name]),
                "joules_per_text": _joules(case, [visit for each in found.values() for visit in each[name]]),
            }
            for name in FRAMEWORKS
        },
        "ratio": _tensorflow_over_pytorch(medians),
    }


def _percentiles(found: Rounds, framework: str) -> dict[str, float]:
    pooled = [second for each in found.values() for visit in each[framework] for second in visit["seconds"]]
    return vars(timing.percentiles(pooled))


def _stages(visits: Iterable[Found]) -> dict[str, float]:
    """Median seconds a call in each stage; `rest` is negative where stages overlap."""
    seconds, tokenisation, forward = (
        np.concatenate([visit[name] for visit in visits]) for name in ("seconds", "tokenisation", "forward")
    )
    parts = {"tokenisation": tokenisation, "forward": forward, "rest": seconds - tokenisation - forward}
    return {name: float(np.median(part)) for name, part in parts.items()}


def _joules(case: Case, visits: Iterable[Found]) -> float | None:
    spent = [
        visit["joules"] / len(visit["seconds"]) / case.batch for visit in visits if visit.get("joules") is not None
    ]
    return float(np.median(spent)) if spent else None


def _cold_start(found: Rounds) -> dict[str, Any] | None:
    if not found:
        return None
    totals = {
        name: values(found, name, lambda visit: sum(visit[stage] for stage in COLD_STAGES)) for name in FRAMEWORKS
    }
    return {
        "frameworks": {
            NAMES[name]: {
                **{stage: timing.median(values(found, name, lambda visit, s=stage: visit[s])) for stage in COLD_STAGES},
                "total": timing.median(totals[name]),
                "starts": totals[name].size,
            }
            for name in FRAMEWORKS
        },
        "ratio": _tensorflow_over_pytorch(totals),
    }


def _training(found: Rounds, ceiling: Ceiling, architecture: Architecture) -> dict[str, Any] | None:
    if not found:
        return None
    rates = {name: values(found, name, lambda visit: _training_rate(visit, architecture)) for name in FRAMEWORKS}
    return {
        "frameworks": {
            NAMES[name]: {
                "seconds_per_step": timing.median(values(found, name, lambda visit: np.mean(visit["seconds"]))),
                "tokens_per_second": timing.median(
                    values(found, name, lambda visit: sum(map(sum, visit["lengths"])) / sum(visit["seconds"]))
                ),
                "gigaflops": timing.median(rates[name] / 1e9),
                "share_of_ceiling": ceiling.share(found, rates[name]),
                "first_step_seconds": float(np.median(values(found, name, lambda visit: visit["first_step"]))),
                "peak_bytes": max(visit["peak_bytes"] or 0 for each in found.values() for visit in each[name]) or None,
                "steps": sum(len(visit["seconds"]) for each in found.values() for visit in each[name]),
            }
            for name in FRAMEWORKS
        },
        # Steps differ in length, so that medians over them would be of different work; both take the same ones in turn.
        "ratio": timing.median(rates["pytorch"] / rates["tensorflow"]),
    }


def _training_rate(visit: Found, architecture: Architecture) -> float:
    """Operations a second; the way back takes twice those of the way forward, for inputs and for weights."""
    return 3 * sum(map(architecture.operations, visit["lengths"])) / sum(visit["seconds"])


def _growth(grown: list[Case], calls: Mapping[Case, Rounds], architecture: Architecture) -> dict[str, Any] | None:
    """The exponent of seconds a text in its tokens, and that of the operations alone."""
    tokens = [case.tokens for case in grown]
    if len(tokens) < 3:
        return None
    out = {
        NAMES[name]: exponent(
            tokens,
            [np.median(values(calls[case], name, lambda visit: np.median(visit["seconds"]))) for case in grown],
        )
        for name in FRAMEWORKS
    }
    alone = exponent(tokens, [architecture.operations([each]) for each in tokens])
    return {"frameworks": out, "operations": alone.value}


def exponent(xs: ArrayLike, ys: ArrayLike, confidence: float = 0.95) -> Estimate:
    """b of y = a · x^b: the slope of a line through the logarithms, with Student's t interval; 3 points at least."""
    fitted = linregress(np.log(xs), np.log(ys))
    reach = t.ppf((1 + confidence) / 2, len(np.asarray(xs)) - 2) * fitted.stderr
    return Estimate(float(fitted.slope), float(fitted.slope - reach), float(fitted.slope + reach))


def _tensorflow_over_pytorch(seconds: Mapping[str, NDArray[np.float64]]) -> Estimate:
    return timing.ratio(seconds["tensorflow"], seconds["pytorch"])


def _once(measured: Measured, case: Case) -> dict[str, Found] | None:
    found = {NAMES[visit.framework]: record for visit, record in sorted(measured.items()) if visit.case == case}
    return found if len(found) == len(FRAMEWORKS) else None
