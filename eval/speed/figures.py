"""Compute a benchmark's figures from its measurements: medians, ratios and shares of the ceiling, with intervals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import linregress, t

from bakeoff.classifiers.pair import NAMES
from bakeoff.stats.estimate import Estimate
from eval.measure import timing
from eval.speed import scale
from eval.speed.bases import variants
from eval.speed.plan import FRAMEWORKS, Case, Settings, Visit, cases, readable
from eval.speed.texts import Architecture

Measurement = dict[str, Any]
Measured = Mapping[Visit, Measurement]
Rounds = dict[int, dict[str, list[Measurement]]]  # by round and framework: the measurements of the framework's visits
COLD_STAGES = ("import", "load", "first_call")


def figures(
    measured: Measured,
    settings: Settings,
    architecture: Architecture,
    max_length: int,
    epoch_tokens: Sequence[int] = (),
) -> dict[str, Any]:
    """Compute all figures, as JSON with Estimates; a section that was not measured is None or empty.

    Args:
        measured: The measurement of each visit; only complete rounds count.
        settings: The settings of the measurements.
        architecture: The architecture of both models.
        max_length: Number of tokens that the models read.
        epoch_tokens: Number of tokens of each training text; without them, there is no time per epoch.
    """
    epoch = architecture.operations(epoch_tokens)
    ceiling = Ceiling(rounds(measured, Case("ceiling")), settings.product)
    repeated = [case for case in cases(settings, max_length) if case.section in ("latency", "throughput")]
    calls = {case: rounds(measured, case) for case in repeated}
    call_rows = {case: _calls(case, done, ceiling, architecture) for case, done in calls.items() if done}
    lengths = readable(settings.lengths, max_length)
    grown = [case for case in call_rows if case.batch == settings.length_batch and case.tokens in lengths]
    return {
        "parity": _once(measured, Case("parity")),
        "ceiling": ceiling.figures(),
        "cold_start": _cold_start(rounds(measured, Case("cold_start"))),
        "latency": [row for case, row in call_rows.items() if case.section == "latency"],
        "throughput": [row for case, row in call_rows.items() if case.section == "throughput"],
        "growth": _growth(sorted(grown, key=lambda case: case.tokens), calls, architecture),
        "scale": _scale({case.tokens: calls[case] for case in call_rows if case.section == "latency"}),
        "training": _training(rounds(measured, Case("training")), ceiling, architecture, epoch),
        "variants": variants.figures(rounds(measured, Case("variants"))),
        "memory": _once(measured, Case("memory")),
    }


def rounds(measured: Measured, case: Case) -> Rounds:
    """Return the rounds of a case in which each framework had both of its visits."""
    started: Rounds = {}
    for visit in sorted(visit for visit in measured if visit.case == case):
        started.setdefault(visit.round, {name: [] for name in FRAMEWORKS})[visit.framework].append(measured[visit])
    return {number: visits for number, visits in started.items() if all(len(two) == 2 for two in visits.values())}


def values(done: Rounds, framework: str, of: Callable[[Measurement], ArrayLike]) -> NDArray[np.float64]:
    """Extract one or more numbers from each visit of a framework: (rounds, numbers per round)."""
    numbers = [np.ravel([of(visit) for visit in visits[framework]]) for visits in done.values()]
    return np.array(numbers, dtype=np.float64)


class Ceiling:
    """The machine's rate of matrix products: that of the faster of the two frameworks' kernels.

    Args:
        done: The rounds of the ceiling's case.
        size: Rows and columns of the matrices.
    """

    def __init__(self, done: Rounds, size: int):
        self._rounds = done
        self._rates = {
            name: values(done, name, lambda visit: 2 * size**3 / np.array(visit["seconds"])) for name in FRAMEWORKS
        }
        self._fastest = max(FRAMEWORKS, key=lambda name: np.median(self._rates[name])) if done else None

    def share(self, done: Rounds, rates: NDArray[np.float64]) -> Estimate:
        """Divide operations per second (rounds, visits) by the ceiling, in the rounds that have both."""
        shared = [number for number in done if number in self._rounds]
        if not shared:
            return Estimate(None, reason="no round has both this and the ceiling")
        of_ceiling = self._rates[self._fastest][[list(self._rounds).index(number) for number in shared]]
        return timing.ratio(rates[[list(done).index(number) for number in shared]], of_ceiling)

    def figures(self) -> dict[str, Any] | None:
        """Return the operations per second of each framework, in 1e9, and the name of the faster one."""
        if not self._rounds:
            return None
        rates = {NAMES[name]: timing.median(self._rates[name] / 1e9) for name in FRAMEWORKS}
        return {"gigaflops": rates, "fastest": NAMES[self._fastest]}


def _calls(case: Case, done: Rounds, ceiling: Ceiling, architecture: Architecture) -> dict[str, Any]:
    operations = case.batch * architecture.operations([case.tokens])
    medians = {name: values(done, name, lambda visit: np.median(visit["seconds"])) for name in FRAMEWORKS}
    all_visits = {name: [visit for visits in done.values() for visit in visits[name]] for name in FRAMEWORKS}
    return {
        "batch": case.batch,
        "tokens": case.tokens,
        "frameworks": {
            NAMES[name]: {
                "seconds": _percentiles(all_visits[name]),
                "calls": sum(len(visit["seconds"]) for visit in all_visits[name]),
                "stages": _stages(all_visits[name]),
                "texts_per_second": timing.median(case.batch / medians[name]),
                "gigaflops": timing.median(operations / medians[name] / 1e9),
                "share_of_ceiling": ceiling.share(done, operations / medians[name]),
                "joules_per_text": _joules(case, all_visits[name]),
            }
            for name in FRAMEWORKS
        },
        "ratio": _tensorflow_over_pytorch(medians),
    }


def _percentiles(visits: Iterable[Measurement]) -> dict[str, float]:
    return vars(timing.percentiles([second for visit in visits for second in visit["seconds"]]))


def _stages(visits: Sequence[Measurement]) -> dict[str, float] | None:
    """Return the median seconds per call in each stage; `rest` is negative where stages overlap.

    Only our own classifiers know their stages.
    """
    if "forward" not in visits[0]:
        return None
    seconds, tokenization, forward = (
        np.concatenate([visit[name] for visit in visits]) for name in ("seconds", "tokenisation", "forward")
    )
    parts = {"tokenisation": tokenization, "forward": forward, "rest": seconds - tokenization - forward}
    return {name: float(np.median(part)) for name, part in parts.items()}


def _joules(case: Case, visits: Iterable[Measurement]) -> float | None:
    spent = [
        visit["joules"] / len(visit["seconds"]) / case.batch for visit in visits if visit.get("joules") is not None
    ]
    return float(np.median(spent)) if spent else None


def _cold_start(done: Rounds) -> dict[str, Any] | None:
    if not done:
        return None
    totals = {name: values(done, name, lambda visit: sum(visit[stage] for stage in COLD_STAGES)) for name in FRAMEWORKS}
    return {
        "frameworks": {
            NAMES[name]: {
                **{stage: timing.median(values(done, name, itemgetter(stage))) for stage in COLD_STAGES},
                "total": timing.median(totals[name]),
                "starts": totals[name].size,
            }
            for name in FRAMEWORKS
        },
        "ratio": _tensorflow_over_pytorch(totals),
    }


def _training(done: Rounds, ceiling: Ceiling, architecture: Architecture, epoch: float) -> dict[str, Any] | None:
    if not done:
        return None
    rates = {name: values(done, name, lambda visit: _training_rate(visit, architecture)) for name in FRAMEWORKS}
    all_visits = {name: [visit for visits in done.values() for visit in visits[name]] for name in FRAMEWORKS}
    return {
        "frameworks": {
            NAMES[name]: {
                "seconds_per_step": timing.median(values(done, name, lambda visit: np.mean(visit["seconds"]))),
                "seconds_per_epoch": timing.median(3 * epoch / rates[name]) if epoch else None,
                "tokens_per_second": timing.median(
                    values(done, name, lambda visit: sum(map(sum, visit["lengths"])) / sum(visit["seconds"]))
                ),
                "gigaflops": timing.median(rates[name] / 1e9),
                "share_of_ceiling": ceiling.share(done, rates[name]),
                "first_step_seconds": float(np.median(values(done, name, lambda visit: visit["first_step"]))),
                "peak_bytes": max(visit["peak_bytes"] or 0 for visit in all_visits[name]) or None,
                "steps": sum(len(visit["seconds"]) for visit in all_visits[name]),
            }
            for name in FRAMEWORKS
        },
        # Steps differ in length, so medians of seconds would compare different work; rates of the same steps do not.
        "ratio": timing.median(rates["pytorch"] / rates["tensorflow"]),
    }


def _training_rate(visit: Measurement, architecture: Architecture) -> float:
    """Return operations per second; the backward pass takes twice those of the forward pass: for inputs and weights."""
    return 3 * sum(map(architecture.operations, visit["lengths"])) / sum(visit["seconds"])


def _growth(grown: list[Case], calls: Mapping[Case, Rounds], architecture: Architecture) -> dict[str, Any] | None:
    """Fit the exponent of seconds per text over tokens, and that of the operations alone."""
    tokens = [case.tokens for case in grown]
    if len(tokens) < 3:
        return None
    exponents = {
        NAMES[name]: exponent(
            tokens,
            [np.median(values(calls[case], name, lambda visit: np.median(visit["seconds"]))) for case in grown],
        )
        for name in FRAMEWORKS
    }
    alone = exponent(tokens, [architecture.operations([length]) for length in tokens])
    return {"frameworks": exponents, "operations": alone.value}


def _scale(single_texts: Mapping[int, Rounds]) -> dict[str, Any] | None:
    """Fit the latency of single texts, by their length in tokens, in the rounds that have all lengths."""
    common = sorted(set.intersection(*map(set, single_texts.values()))) if len(single_texts) > 1 else []
    if not common:
        return None
    tokens = sorted(single_texts)
    shared = [{number: single_texts[length][number] for number in common} for length in tokens]
    frameworks = {
        NAMES[name]: scale.line(
            tokens, [values(done, name, lambda visit: 1000 * np.median(visit["seconds"])) for done in shared]
        )
        for name in FRAMEWORKS
    }
    return {"tokens": tokens, "frameworks": frameworks}


def exponent(xs: ArrayLike, ys: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Fit b of y = a · x^b as the slope of the logarithms, with Student's t interval; at least 3 points."""
    fitted = linregress(np.log(xs), np.log(ys))
    reach = t.ppf((1 + confidence) / 2, len(np.asarray(xs)) - 2) * fitted.stderr
    return Estimate(float(fitted.slope), float(fitted.slope - reach), float(fitted.slope + reach))


def _tensorflow_over_pytorch(seconds: Mapping[str, NDArray[np.float64]]) -> Estimate:
    return timing.ratio(seconds["tensorflow"], seconds["pytorch"])


def _once(measured: Measured, case: Case) -> dict[str, Measurement] | None:
    records = {NAMES[visit.framework]: record for visit, record in sorted(measured.items()) if visit.case == case}
    return records if len(records) == len(FRAMEWORKS) else None
