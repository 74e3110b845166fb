"""What the visits of `benchmarks.predict` amount to: rates, ratios, shares of the ceiling; and if answers agree."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.stats.estimate import Estimate
from eval.measure import timing

Measured = Mapping[tuple[str, int, int, str], Any]


def summarise(
    measured: Measured, operations: float, product: float, rivals: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """All figures, as JSON.

    Args:
        measured: (what, round, place in the round, who) to what was found.
        operations: of the plain model on the articles' real tokens, in multiplications and additions.
        product: of one matrix product.
        rivals: each of ours and those that it is compared with.
    """
    ceiling = {
        name: product / float(np.median(np.ravel(seconds))) for name, seconds in _by_name(measured, "product").items()
    }
    articles, headlines = _by_name(measured, "articles"), _by_name(measured, "headlines")
    out: dict[str, Any] = {"ceiling_operations_per_second": ceiling, "contenders": {}, "ratios": {}}
    for name in articles:
        seconds = timing.median(articles[name])
        rate = operations / seconds.value
        out["contenders"][name] = {
            "articles_seconds": seconds.to_json(),
            "operations_per_second": rate,
            "share_of_ceiling": rate / max(ceiling.values()),
            "headline_seconds": vars(timing.percentiles(np.concatenate(sum(headlines[name], [])))),
        }
    for mine, others in rivals.items():
        for other in set(others) & articles.keys() if mine in articles else ():
            out["ratios"][f"{other} / {mine}"] = {
                "articles": _ratio(articles[other], articles[mine]),
                "headlines": _ratio(*map(_medians, (headlines[other], headlines[mine]))),
                "largest_probability_difference": _difference(measured, mine, other),
            }
    return out


def _by_name(measured: Measured, what: str) -> dict[str, list[Any]]:
    """What the visits found, by contender: a row a round."""
    rounds: dict[str, dict[int, list[float]]] = {}
    for (kind, number, _, name), found in measured.items():
        if kind == what:
            seconds = found if what == "product" else found["seconds"]
            rounds.setdefault(name, {}).setdefault(number, []).append(seconds)
    return {name: list(each.values()) for name, each in rounds.items()}


def _medians(rounds: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Of each visit: slow contenders have fewer calls in one."""
    return [[float(np.median(visit)) for visit in each] for each in rounds]


def _ratio(numerator: Sequence[Sequence[float]], denominator: Sequence[Sequence[float]]) -> dict[str, Any]:
    rounds = min(len(numerator), len(denominator))  # a stopped run may have left the last one unfinished
    found = timing.ratio(numerator[:rounds], denominator[:rounds])
    return found.to_json() | {"too_noisy_to_call": timing.too_noisy(found)}


def _difference(measured: Measured, one: str, other: str) -> float:
    found = {name: each["probabilities"] for (what, _, _, name), each in measured.items() if what == "articles"}
    return float(np.abs(np.array(found[one]) - np.array(found[other])).max())


def lines(figures: Mapping[str, Any]) -> list[str]:
    """The figures in words."""
    fastest = max(figures["ceiling_operations_per_second"].values(), default=0)
    out = [f"ceiling: {fastest / 1e9:.0f} GFLOP/s in a matrix product"]
    for name, found in figures["contenders"].items():
        headline = found["headline_seconds"]
        out.append(
            f"{name}: articles {found['articles_seconds']['value']:.2f} s, {found['operations_per_second'] / 1e9:.0f} "
            f"GFLOP/s, {found['share_of_ceiling']:.0%} of the ceiling; headline p50 {1e3 * headline['p50']:.1f} ms, "
            f"p90 {1e3 * headline['p90']:.1f}, p99 {1e3 * headline['p99']:.1f}"
        )
    for name, found in figures["ratios"].items():
        out.append(f"{name}: articles {_words(found['articles'])}, headlines {_words(found['headlines'])}")
    return out


def _words(found: Mapping[str, Any]) -> str:
    words = str(Estimate(**{key: found[key] for key in ("value", "low", "high", "reason")}))
    return words + (f" ({timing.TOO_NOISY})" if found["too_noisy_to_call"] else "")
