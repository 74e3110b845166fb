"""Compute the figures of `benchmarks.explain`: medians of times and of ratios per article, and means of all others.

Each figure has a 95 % interval over the articles. Both frameworks explain the same articles, so they are compared
article by article.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from bakeoff.classifiers.pair import NAMES
from bakeoff.stats.estimate import Estimate, mean
from eval.measure import timing

Measured = Mapping[tuple[int, str], Mapping[str, Any]]
FRAMEWORKS = tuple(NAMES.values())
STOCK = "stock lime, {}"


def summarize(measured: Measured) -> dict[str, Any]:
    """Compute the figures of the articles measured so far."""
    ours = {number: measurement for (number, name), measurement in measured.items() if name == "ours"}
    stock: dict[str, dict[int, Mapping[str, Any]]] = {}
    for (number, name), measurement in measured.items():
        if name != "ours" and number in ours:
            stock.setdefault(name, {})[number] = measurement
    return {
        "ours": _ours(ours),
        "stock": {name: _stock(stock[name], ours) for name in sorted(stock)},
        "stock_ratio_of_seconds": _ratio(*(stock.get(STOCK.format(name), {}) for name in FRAMEWORKS)),
    }


def _ours(measurements: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    if not measurements:
        return {}
    articles = list(measurements.values())
    trusted = [article for article in articles if article["seconds_to_indicative"]]
    values = {name: _values([article["models"][name] for article in articles]) for name in articles[0]["models"]}
    return {
        "articles": len(articles),
        "median_seconds_both_models": _median(article["seconds"] for article in articles),
        "median_first_round_seconds": _median(article["first_round_seconds"] for article in articles),
        "mean_calls_per_model": _mean(article["calls"] for article in articles),
        "articles_indicative_or_stable": len(trusted),
        "median_seconds_to_indicative": _median(article["seconds_to_indicative"] for article in trusted),
        "mean_calls_to_indicative": _mean(article["calls_to_indicative"] for article in trusted),
        "models": {
            name: {figure: _mean(numbers) for figure, numbers in values[name].items()}
            | {"trust": _counts(article["models"][name]["trust"] for article in articles)}
            for name in values
        },
        "difference": {
            figure: _mean(_less(*(values[name][figure] for name in values))) for figure in values[FRAMEWORKS[0]]
        },
    }


def _values(models: list[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """Return a framework's figures, each with one value per article; None where the value is unknown."""
    return {
        "overlap_of_two_seeds": [article["overlap"] for article in models],
        "overlap_expected_by_the_badge": [article["expected_overlap"] for article in models],
        "mean_drop_read": [float(np.mean(article["drops"]["read"])) for article in models],
        "mean_drop_whole": [float(np.mean(article["drops"]["whole"])) for article in models],
    }


def _less(first: Iterable[float | None], second: Iterable[float | None]) -> list[float | None]:
    """Subtract the first from the second, article by article."""
    return [None if None in pair else pair[1] - pair[0] for pair in zip(first, second, strict=True)]


def _counts(levels: Iterable[str]) -> dict[str, int]:
    listed = list(levels)
    return {level: listed.count(level) for level in sorted(set(listed))}


def _stock(measurements: Mapping[int, Mapping[str, Any]], ours: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    first = next(iter(measurements.values()))
    mine = [ours[number]["models"][first["framework"]]["drops"] for number in measurements]
    at_500 = [article["overlap_at_500"] for article in measurements.values()]
    return {
        "articles": len(measurements),
        "calls": first["calls"],
        "median_seconds": _median(article["seconds"] for article in measurements.values()),
        "median_ratio_of_seconds_ours_for_both_models_to_stock": _median(
            ours[number]["seconds"] / article["seconds"] for number, article in measurements.items()
        ),
        "median_ratio_of_seconds_ours_to_indicative_to_stock": _median(
            ours[number]["seconds_to_indicative"] / article["seconds"]
            for number, article in measurements.items()
            if ours[number]["seconds_to_indicative"]
        ),
        "overlap_of_two_halves": _mean(article["overlap_of_halves"] for article in measurements.values()),
        "overlap_of_draws_of_500": None if None in at_500 else _mean(at_500),
        "mean_drop_read": _mean(np.mean(article["drops"]["read"]) for article in measurements.values()),
        "mean_drop_whole": _mean(np.mean(article["drops"]["whole"]) for article in measurements.values()),
        "ours_mean_drop_read": _mean(np.mean(article["read"]) for article in mine),
        "ours_mean_drop_whole": _mean(np.mean(article["whole"]) for article in mine),
    }


def _ratio(first: Mapping[int, Mapping[str, Any]], second: Mapping[int, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the second's seconds ÷ the first's, on the articles that both have; None if there are none."""
    both = sorted(first.keys() & second.keys())
    if not both:
        return None
    return timing.ratio(*([of[number]["seconds"] for number in both] for of in (second, first))).to_json()


def lines(figures: Mapping[str, Any], indent: str = "") -> list[str]:
    """Format the figures for the terminal, one per line."""
    text = []
    for name, value in figures.items():
        words = name.replace("_", " ")
        if isinstance(value, Mapping) and "value" in value:
            text.append(f"{indent}{words}: {Estimate(**value)}")
        elif isinstance(value, Mapping):
            text += [f"{indent}{words}:", *lines(value, indent + "  ")]
        else:
            shown = f"{value:.3g}" if isinstance(value, float) else value
            text.append(f"{indent}{words}: {shown}")
    return text


def _median(values: Iterable[float]) -> dict[str, Any] | None:
    numbers = list(values)
    return timing.median(numbers).to_json() if numbers else None


def _mean(values: Iterable[float | None]) -> dict[str, Any] | None:
    """Average the known values."""
    known = [value for value in values if value is not None]
    return mean(known, alone="one article").to_json() if known else None
