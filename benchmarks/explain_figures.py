"""The figures of `benchmarks.explain`: medians of times and of ratios within an article, means of everything else."""

import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np

Measured = Mapping[tuple[int, str], Mapping[str, Any]]


def summarise(measured: Measured) -> dict[str, Any]:
    """What the articles that were measured so far say."""
    ours = {number: found for (number, name), found in measured.items() if name == "ours"}
    out: dict[str, Any] = {"ours": _ours(ours), "stock": {}}
    for name in sorted({name for _, name in measured} - {"ours"}):
        found = {number: each for (number, this), each in measured.items() if this == name}
        both = sorted(found.keys() & ours.keys())
        if both:
            out["stock"][name] = _stock({number: found[number] for number in both}, ours)
    return out


def _ours(found: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    if not found:
        return {}
    models = {}
    for framework in next(iter(found.values()))["models"]:
        each = [one["models"][framework] for one in found.values()]
        models[framework] = {
            "overlap_of_two_seeds": _mean(one["overlap"] for one in each),
            "overlap_expected_by_the_badge": _mean(one["expected_overlap"] or 0.0 for one in each),
            "trust": {
                level: sum(one["trust"] == level for one in each) for level in sorted({o["trust"] for o in each})
            },
            "mean_drop_read": _mean(np.mean(one["drops"]["read"]) for one in each),
            "mean_drop_whole": _mean(np.mean(one["drops"]["whole"]) for one in each),
        }
    return {
        "articles": len(found),
        "median_seconds_both_models": statistics.median(one["seconds"] for one in found.values()),
        "median_first_round_seconds": statistics.median(one["first_round_seconds"] for one in found.values()),
        "mean_calls_per_model": _mean(one["calls"] for one in found.values()),
        "articles_indicative_or_stable": len(
            trusted := [one for one in found.values() if one["seconds_to_indicative"]]
        ),
        "median_seconds_to_indicative": _median(one["seconds_to_indicative"] for one in trusted),
        "mean_calls_to_indicative": _mean(one["calls_to_indicative"] for one in trusted) if trusted else None,
        "models": models,
    }


def _stock(found: Mapping[int, Mapping[str, Any]], ours: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    framework = next(iter(found.values()))["framework"]
    mine = {number: ours[number]["models"][framework]["drops"] for number in found}
    halves, at_500 = ([one[key] for one in found.values()] for key in ("overlap_of_halves", "overlap_at_500"))
    return {
        "articles": len(found),
        "calls": next(iter(found.values()))["calls"],
        "median_seconds": statistics.median(one["seconds"] for one in found.values()),
        "median_ratio_of_seconds_ours_for_both_models_to_stock": statistics.median(
            ours[number]["seconds"] / one["seconds"] for number, one in found.items()
        ),
        "median_ratio_of_seconds_ours_to_indicative_to_stock": _median(
            ours[number]["seconds_to_indicative"] / one["seconds"]
            for number, one in found.items()
            if ours[number]["seconds_to_indicative"]
        ),
        "overlap_of_two_halves": _mean(halves),
        "overlap_of_draws_of_500": None if None in at_500 else _mean(at_500),
        "mean_drop_read": _mean(np.mean(one["drops"]["read"]) for one in found.values()),
        "mean_drop_whole": _mean(np.mean(one["drops"]["whole"]) for one in found.values()),
        "ours_mean_drop_read": _mean(np.mean(one["read"]) for one in mine.values()),
        "ours_mean_drop_whole": _mean(np.mean(one["whole"]) for one in mine.values()),
    }


def lines(figures: Mapping[str, Any], indent: str = "") -> list[str]:
    """The figures for the terminal, one a line."""
    out = []
    for name, value in figures.items():
        words = name.replace("_", " ")
        if isinstance(value, Mapping):
            out += [f"{indent}{words}:", *lines(value, indent + "  ")]
        else:
            shown = f"{value:.3g}" if isinstance(value, float) else value
            out.append(f"{indent}{words}: {shown}")
    return out


def _median(values) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


def _mean(values) -> float:
    return float(np.mean(list(values)))
