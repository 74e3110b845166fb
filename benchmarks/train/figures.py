"""What the turns of `benchmarks.train` amount to: times of a whole training, ratios, shares of the ceiling, accuracies.

A contender's time for a training is that of its tokens, its first step (which compiles) and its rate times the work of
all other steps. Work is what its batches cost: real tokens' operations for ours, texts for stock, which pads them all.
When all steps were trained, this is the sum of their times.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.corpus.corpus import Corpus
from bakeoff.stats.bootstrap import percentile_interval
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.paired import paired_difference, share
from benchmarks.train.log import TrainLog
from benchmarks.train.work import Work
from eval.measure import timing

RESAMPLES = 10_000


def summarise(
    log: TrainLog, work: Work, contenders: Mapping[str, str], ours: set[str], data: Corpus, product_size: int
) -> dict[str, Any]:
    """All figures as JSON, of whatever the log holds.

    Args:
        log: of the measurements.
        work: of the whole training.
        contenders: name → framework.
        ours: which of the names are ours.
        data: for the test labels.
        product_size: rows of the ceiling's square matrices.
    """
    rounds, ceiling = log.rounds, _ceiling(log, product_size)
    out: dict[str, Any] = {
        "rounds": len(rounds),
        "steps_trained": log.steps_done,
        "steps_of_the_training": len(work.operations),
        "extrapolated": log.steps_done < len(work.operations),
        "ceiling_operations_per_second": ceiling,
    }
    if not rounds:
        return out
    times = {name: _times(log, work, name, name in ours) for name in contenders}
    out["contenders"] = {name: _contender(log, work, name, times[name], max(ceiling.values())) for name in contenders}
    out["ratios"] = {
        f"{other} / {mine}": _ratio(times[other], times[mine], len(rounds)) for mine, other in _rivals(contenders, ours)
    }
    out["accuracy"] = _accuracies(log, contenders, ours, data)
    return out


def _times(log: TrainLog, work: Work, name: str, ours: bool) -> NDArray[np.float64]:
    """Seconds of the whole training: as measured, then of RESAMPLES bootstrap draws of the rounds, (1 + RESAMPLES,).

    Equal draws for all contenders: what slows a whole round then cancels out of their ratio.
    """
    costs = np.asarray(work.operations if ours else work.texts, dtype=float)
    seconds = np.array([sum(each["seconds"][name]) for each in log.rounds])
    done = np.array([costs[each["step"] :][: len(each["seconds"][name])].sum() for each in log.rounds])
    drawn = np.random.default_rng(0).integers(0, len(seconds), (RESAMPLES, len(seconds)))
    drawn = [np.arange(len(seconds)), *drawn]
    rate = np.array([seconds[rows].sum() / done[rows].sum() for rows in drawn])
    return log.found("facts", name)[0]["tokenise_seconds"] + log.found("first", name)[0][0] + rate * costs[1:].sum()


def _estimate(values: NDArray[np.float64], rounds: int) -> Estimate:
    if rounds < timing.LEAST_ROUNDS:
        return Estimate(float(values[0]), reason=f"{rounds} rounds are too few for an interval")
    low, high = percentile_interval(values[1:], 0.95)
    return Estimate(float(values[0]), float(low), float(high))


def _contender(log: TrainLog, work: Work, name: str, times: NDArray[np.float64], ceiling: float) -> dict[str, Any]:
    first, total = log.found("first", name)[0][0], _estimate(times, len(log.rounds))
    about = log.found("facts", name)[0]
    steady = times[0] - first - about["tokenise_seconds"]  # of all steps but the first
    operations = sum(work.operations[1:])
    memory = log.found("memory", name)
    return {
        "seconds": total.to_json(),
        "first_step_seconds": first,
        "tokens_per_second": sum(work.tokens) / times[0],
        "share_of_ceiling": operations / steady / ceiling,
        "peak_memory_bytes": max(memory) if memory else None,
        **about,
    }


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64], rounds: int) -> dict[str, Any]:
    found = _estimate(numerator / denominator, rounds)
    return found.to_json() | {"too_noisy_to_call": timing.too_noisy(found)}


def _ceiling(log: TrainLog, size: int) -> dict[str, float]:
    """Operations per second of each framework's matrix products, by the median of their times."""
    seconds: dict[str, list[float]] = {}
    for each in log.rounds:
        for framework, found in each["products"].items():
            seconds.setdefault(framework, []).extend(found)
    return {framework: 2 * size**3 / float(np.median(found)) for framework, found in seconds.items()}


def _accuracies(log: TrainLog, contenders: Mapping[str, str], ours: set[str], data: Corpus) -> dict[str, Any]:
    truth = np.array([data.labels.index(example.label) for example in data.test])
    predicted = {name: log.found("predicted", name) for name in contenders}
    if not all(predicted.values()):
        return {"missing": "the run was stopped and continued, or has not ended: its models were not trained in one go"}
    right = {name: np.asarray(found[-1]) == truth for name, found in predicted.items()}
    return {
        "of": {name: share(int(each.sum()), len(each)).to_json() for name, each in right.items()},
        "differences": {
            f"{mine} - {other}": paired_difference(right[other], right[mine]).to_json()
            for mine, other in _rivals(contenders, ours)
        },
    }


def _rivals(contenders: Mapping[str, str], ours: set[str]) -> list[tuple[str, str]]:
    """Ours and the stock one of the same framework."""
    return [
        (mine, other)
        for mine in contenders
        for other in contenders
        if mine in ours and other not in ours and contenders[mine] == contenders[other]
    ]


def lines(figures: Mapping[str, Any]) -> list[str]:
    """The figures in words."""
    trained, all_steps = figures["steps_trained"], figures["steps_of_the_training"]
    out = [f"{trained} of {all_steps} steps trained" + (", the rest extrapolated" if figures["extrapolated"] else "")]
    if "contenders" not in figures:
        return [*out, "no round was finished: nothing to compare yet"]
    fastest = max(figures["ceiling_operations_per_second"].values()) / 1e9
    out.append(f"ceiling: {fastest:.0f} GFLOP/s in a matrix product")
    for name, found in figures["contenders"].items():
        memory = f", {found['peak_memory_bytes'] / 1e6:.0f} MB" if found["peak_memory_bytes"] else ""
        out.append(
            f"{name}: {_words(found['seconds'])} s, {found['tokens_per_second']:.0f} tokens/s, "
            f"{found['share_of_ceiling']:.0%} of the ceiling{memory}"
        )
    for name, found in figures["ratios"].items():
        out.append(f"{name}: {_words(found)}" + (f", {timing.TOO_NOISY}" if found["too_noisy_to_call"] else ""))
    for about in ("of", "differences"):
        out += [f"accuracy, {name}: {_words(found)}" for name, found in figures["accuracy"].get(about, {}).items()]
    return out


def _words(found: Mapping[str, Any]) -> str:
    return str(Estimate(**{key: found[key] for key in ("value", "low", "high", "reason")}))
