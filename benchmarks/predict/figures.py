"""Compute the figures of `benchmarks.predict`: rates, ratios, shares of the ceiling, and whether answers agree."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.stats.estimate import Estimate
from eval.measure import timing

Measured = Mapping[tuple[str, int, int, str], Any]


def summarize(
    measured: Measured, operations: float, product: float, rivals: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Compute all figures, as JSON.

    Args:
        measured: Measurement of each visit (what, round, place in the round, contender).
        operations: Multiplications and additions of the standard model on the articles' real tokens.
        product: Operations of one matrix product.
        rivals: Name of each of our contenders, with the names of those it is compared with.
    """
    ceiling = {
        name: product / float(np.median(np.ravel(seconds))) for name, seconds in _by_name(measured, "product").items()
    }
    articles, headlines = _by_name(measured, "articles"), _by_name(measured, "headlines")
    figures: dict[str, Any] = {"ceiling_operations_per_second": ceiling, "contenders": {}, "ratios": {}}
    for name in articles:
        seconds = timing.median(articles[name])
        rate = operations / seconds.value
        figures["contenders"][name] = {
            "articles_seconds": seconds.to_json(),
            "operations_per_second": rate,
            "share_of_ceiling": rate / max(ceiling.values()),
            "headline_seconds": vars(timing.percentiles(np.concatenate(sum(headlines[name], [])))),
        }
    for mine, others in rivals.items():
        for other in set(others) & articles.keys() if mine in articles else ():
            figures["ratios"][f"{other} / {mine}"] = {
                "articles": _ratio(articles[other], articles[mine]),
                "headlines": _ratio(*map(_medians, (headlines[other], headlines[mine]))),
                "largest_probability_difference": _difference(measured, mine, other),
            }
    return figures


def _by_name(measured: Measured, what: str) -> dict[str, list[Any]]:
    """Group the visits' seconds by contender, with one row per round."""
    rounds: dict[str, dict[int, list[float]]] = {}
    for (kind, number, _, name), measurement in measured.items():
        if kind == what:
            seconds = measurement if what == "product" else measurement["seconds"]
            rounds.setdefault(name, {}).setdefault(number, []).append(seconds)
    return {name: list(by_round.values()) for name, by_round in rounds.items()}


def _medians(rounds: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Return the median of each visit, because slow contenders have fewer calls per visit."""
    return [[float(np.median(visit)) for visit in visits] for visits in rounds]


def _ratio(numerator: Sequence[Sequence[float]], denominator: Sequence[Sequence[float]]) -> dict[str, Any]:
    rounds = min(len(numerator), len(denominator))  # a stopped run may have left the last round unfinished
    ratio = timing.ratio(numerator[:rounds], denominator[:rounds])
    return ratio.to_json() | {"too_noisy_to_call": timing.too_noisy(ratio)}


def _difference(measured: Measured, one: str, other: str) -> float:
    probabilities = {
        name: measurement["probabilities"] for (what, _, _, name), measurement in measured.items() if what == "articles"
    }
    return float(np.abs(np.array(probabilities[one]) - np.array(probabilities[other])).max())


def lines(figures: Mapping[str, Any]) -> list[str]:
    """Format the figures for the terminal."""
    fastest = max(figures["ceiling_operations_per_second"].values(), default=0)
    text = [f"ceiling: {fastest / 1e9:.0f} GFLOP/s in a matrix product"]
    for name, row in figures["contenders"].items():
        headline = row["headline_seconds"]
        text.append(
            f"{name}: articles {row['articles_seconds']['value']:.2f} s, {row['operations_per_second'] / 1e9:.0f} "
            f"GFLOP/s, {row['share_of_ceiling']:.0%} of the ceiling; headline p50 {1e3 * headline['p50']:.1f} ms, "
            f"p90 {1e3 * headline['p90']:.1f}, p99 {1e3 * headline['p99']:.1f}"
        )
    for name, row in figures["ratios"].items():
        text.append(f"{name}: articles {_words(row['articles'])}, headlines {_words(row['headlines'])}")
    return text


def _words(ratio: Mapping[str, Any]) -> str:
    words = str(Estimate(**{key: ratio[key] for key in ("value", "low", "high", "reason")}))
    return words + (f" ({timing.TOO_NOISY})" if ratio["too_noisy_to_call"] else "")
