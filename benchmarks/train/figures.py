"""Compute the figures of `benchmarks.train`: times of a whole training run, ratios, shares of the ceiling, accuracies.

A contender's time for a training run has three parts: tokenizing, the first step (which compiles), and its rate times
the work of all other steps. Work is what batches cost: operations on real tokens for ours, and texts for stock, which
pads them all. If all steps were trained, this is the sum of their times.
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


def summarize(
    log: TrainLog, work: Work, contenders: Mapping[str, str], ours: set[str], data: Corpus, product_size: int
) -> dict[str, Any]:
    """Compute all figures as JSON from the measurements in the log.

    Args:
        log: The log of the measurements.
        work: The work of the whole training run.
        contenders: Framework of each contender, by name.
        ours: Names of our contenders.
        data: The corpus with the test labels.
        product_size: Rows of the ceiling's square matrices.
    """
    rounds, ceiling = log.rounds, _ceiling(log, product_size)
    figures: dict[str, Any] = {
        "rounds": len(rounds),
        "steps_trained": log.steps_done,
        "steps_of_the_training": len(work.operations),
        "extrapolated": log.steps_done < len(work.operations),
        "ceiling_operations_per_second": ceiling,
    }
    if not rounds:
        return figures
    times = {name: _times(log, work, name, name in ours) for name in contenders}
    figures["contenders"] = {
        name: _contender(log, work, name, times[name], max(ceiling.values())) for name in contenders
    }
    figures["ratios"] = {
        f"{other} / {mine}": _ratio(times[other], times[mine], len(rounds)) for mine, other in _rivals(contenders, ours)
    }
    figures["accuracy"] = _accuracies(log, contenders, ours, data)
    return figures


def _times(log: TrainLog, work: Work, name: str, ours: bool) -> NDArray[np.float64]:
    """Return the seconds of the whole training run (1 + RESAMPLES,): as measured, then for each bootstrap resample.

    All contenders have equal resamples of the rounds, so whatever slows a whole round cancels out of their ratio.
    """
    costs = np.asarray(work.operations if ours else work.texts, dtype=float)
    seconds = np.array([sum(turn["seconds"][name]) for turn in log.rounds])
    done = np.array([costs[turn["step"] :][: len(turn["seconds"][name])].sum() for turn in log.rounds])
    resamples = np.random.default_rng(0).integers(0, len(seconds), (RESAMPLES, len(seconds)))
    rate = np.array([seconds[rows].sum() / done[rows].sum() for rows in (np.arange(len(seconds)), *resamples)])
    return log.values("facts", name)[0]["tokenise_seconds"] + log.values("first", name)[0][0] + rate * costs[1:].sum()


def _estimate(values: NDArray[np.float64], rounds: int) -> Estimate:
    if rounds < timing.LEAST_ROUNDS:
        return Estimate(float(values[0]), reason=f"{rounds} rounds are too few for an interval")
    low, high = percentile_interval(values[1:], 0.95)
    return Estimate(float(values[0]), float(low), float(high))


def _contender(log: TrainLog, work: Work, name: str, times: NDArray[np.float64], ceiling: float) -> dict[str, Any]:
    first, total = log.values("first", name)[0][0], _estimate(times, len(log.rounds))
    about = log.values("facts", name)[0]
    steady = times[0] - first - about["tokenise_seconds"]  # seconds of all steps except the first
    operations = sum(work.operations[1:])
    memory = log.values("memory", name)
    return {
        "seconds": total.to_json(),
        "first_step_seconds": first,
        "tokens_per_second": sum(work.tokens) / times[0],
        "share_of_ceiling": operations / steady / ceiling,
        "peak_memory_bytes": max(memory) if memory else None,
        **about,
    }


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64], rounds: int) -> dict[str, Any]:
    ratio = _estimate(numerator / denominator, rounds)
    return ratio.to_json() | {"too_noisy_to_call": timing.too_noisy(ratio)}


def _ceiling(log: TrainLog, size: int) -> dict[str, float]:
    """Return the operations per second of each framework's matrix products, from the median of their times."""
    seconds: dict[str, list[float]] = {}
    for turn in log.rounds:
        for framework, times in turn["products"].items():
            seconds.setdefault(framework, []).extend(times)
    return {framework: 2 * size**3 / float(np.median(times)) for framework, times in seconds.items()}


def _accuracies(log: TrainLog, contenders: Mapping[str, str], ours: set[str], data: Corpus) -> dict[str, Any]:
    truth = np.array([data.labels.index(example.label) for example in data.test])
    predicted = {name: log.values("predicted", name) for name in contenders}
    if not all(predicted.values()):
        return {"missing": "the run was resumed or has not ended, so its models were not trained in one go"}
    right = {name: np.asarray(answers[-1]) == truth for name, answers in predicted.items()}
    return {
        "of": {name: share(int(correct.sum()), len(correct)).to_json() for name, correct in right.items()},
        "differences": {
            f"{mine} - {other}": paired_difference(right[other], right[mine]).to_json()
            for mine, other in _rivals(contenders, ours)
        },
    }


def _rivals(contenders: Mapping[str, str], ours: set[str]) -> list[tuple[str, str]]:
    """Pair each of our contenders with the stock contender of the same framework."""
    return [
        (mine, other)
        for mine in contenders
        for other in contenders
        if mine in ours and other not in ours and contenders[mine] == contenders[other]
    ]


def lines(figures: Mapping[str, Any]) -> list[str]:
    """Format the figures for the terminal."""
    trained, all_steps = figures["steps_trained"], figures["steps_of_the_training"]
    text = [f"{trained} of {all_steps} steps trained" + (", the rest extrapolated" if figures["extrapolated"] else "")]
    if "contenders" not in figures:
        return [*text, "no round is finished: nothing to compare yet"]
    fastest = max(figures["ceiling_operations_per_second"].values()) / 1e9
    text.append(f"ceiling: {fastest:.0f} GFLOP/s in a matrix product")
    for name, row in figures["contenders"].items():
        memory = f", {row['peak_memory_bytes'] / 1e6:.0f} MB" if row["peak_memory_bytes"] else ""
        text.append(
            f"{name}: {_words(row['seconds'])} s, {row['tokens_per_second']:.0f} tokens/s, "
            f"{row['share_of_ceiling']:.0%} of the ceiling{memory}"
        )
    for name, ratio in figures["ratios"].items():
        text.append(f"{name}: {_words(ratio)}" + (f", {timing.TOO_NOISY}" if ratio["too_noisy_to_call"] else ""))
    for about in ("of", "differences"):
        estimates = figures["accuracy"].get(about, {})
        text += [f"accuracy, {name}: {_words(estimate)}" for name, estimate in estimates.items()]
    return text


def _words(estimate: Mapping[str, Any]) -> str:
    return str(Estimate(**{key: estimate[key] for key in ("value", "low", "high", "reason")}))
