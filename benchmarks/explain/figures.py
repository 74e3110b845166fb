"""The figures of `benchmarks.explain`: medians of times and of ratios within an article, means of everything else.

Each with its 95 % interval over the articles. Both frameworks explain the same ones, so what differs between them is
compared article by article.
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


def summarise(measured: Measured) -> dict[str, Any]:
    """What the articles that were measured so far say."""
    ours = {number: found for (number, name), found in measured.items() if name == "ours"}
    stock: dict[str, dict[int, Mapping[str, Any]]] = {}
    for (number, name), found in measured.items():
        if name != "ours" and number in ours:
            stock.setdefault(name, {})[number] = found
    return {
        "ours": _ours(ours),
        "stock": {name: _stock(stock[name], ours) for name in sorted(stock)},
        "stock_ratio_of_seconds": _ratio(*(stock.get(STOCK.format(name), {}) for name in FRAMEWORKS)),
    }


def _ours(found: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    if not found:
        return {}
    articles = list(found.values())
    trusted = [one for one in articles if one["seconds_to_indicative"]]
    values = {name: _values([one["models"][name] for one in articles]) for name in articles[0]["models"]}
    return {
        "articles": len(articles),
        "median_seconds_both_models": _median(one["seconds"] for one in articles),
        "median_first_round_seconds": _median(one["first_round_seconds"] for one in articles),
        "mean_calls_per_model": _mean(one["calls"] for one in articles),
        "articles_indicative_or_stable": len(trusted),
        "median_seconds_to_indicative": _median(one["seconds_to_indicative"] for one in trusted),
        "mean_calls_to_indicative": _mean(one["calls_to_indicative"] for one in trusted),
        "models": {
            name: {figure: _mean(each) for figure, each in values[name].items()}
            | {"trust": _counts(one["models"][name]["trust"] for one in articles)}
            for name in values
        },
        "difference": {
            figure: _mean(_less(*(values[name][figure] for name in values))) for figure in values[FRAMEWORKS[0]]
        },
    }


def _values(models: list[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """A framework's figures, each with a value an article, None where it is not known."""
    return {
        "overlap_of_two_seeds": [one["overlap"] for one in models],
        "overlap_expected_by_the_badge": [one["expected_overlap"] for one in models],
        "mean_drop_read": [float(np.mean(one["drops"]["read"])) for one in models],
        "mean_drop_whole": [float(np.mean(one["drops"]["whole"])) for one in models],
    }


def _less(first: Iterable[float | None], second: Iterable[float | None]) -> list[float | None]:
    """The second less the first, article by article."""
    return [None if None in pair else pair[1] - pair[0] for pair in zip(first, second, strict=True)]


def _counts(levels: Iterable[str]) -> dict[str, int]:
    found = list(levels)
    return {level: found.count(level) for level in sorted(set(found))}


def _stock(found: Mapping[int, Mapping[str, Any]], ours: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    first = next(iter(found.values()))
    mine = [ours[number]["models"][first["framework"]]["drops"] for number in found]
    at_500 = [one["overlap_at_500"] for one in found.values()]
    return {
        "articles": len(found),
        "calls": first["calls"],
        "median_seconds": _median(one["seconds"] for one in found.values()),
        "median_ratio_of_seconds_ours_for_both_models_to_stock": _median(
            ours[number]["seconds"] / one["seconds"] for number, one in found.items()
        ),
        "median_ratio_of_seconds_ours_to_indicative_to_stock": _median(
            ours[number]["seconds_to_indicative"] / one["seconds"]
            for number, one in found.items()
            if ours[number]["seconds_to_indicative"]
        ),
        "overlap_of_two_halves": _mean(one["overlap_of_halves"] for one in found.values()),
        "overlap_of_draws_of_500": None if None in at_500 else _mean(at_500),
        "mean_drop_read": _mean(np.mean(one["drops"]["read"]) for one in found.values()),
        "mean_drop_whole": _mean(np.mean(one["drops"]["whole"]) for one in found.values()),
        "ours_mean_drop_read": _mean(np.mean(one["read"]) for one in mine),
        "ours_mean_drop_whole": _mean(np.mean(one["whole"]) for one in mine),
    }


def _ratio(first: Mapping[int, Mapping[str, Any]], second: Mapping[int, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The second's seconds over the first's, on the articles of both; None where there are none."""
    both = sorted(first.keys() & second.keys())
    if not both:
        return None
    return timing.ratio(*([of[number]["seconds"] for number in both] for of in (second, first))).to_json()


def lines(figures: Mapping[str, Any], indent: str = "") -> list[str]:
    """The figures for the terminal, one a line."""
    out = []
    for name, value in figures.items():
        words = name.replace("_", " ")
        if isinstance(value, Mapping) and "value" in value:
            out.append(f"{indent}{words}: {Estimate(**value)}")
        elif isinstance(value, Mapping):
            out += [f"{indent}{words}:", *lines(value, indent + "  ")]
        else:
            shown = f"{value:.3g}" if isinstance(value, float) else value
            out.append(f"{indent}{words}: {shown}")
    return out


def _median(values: Iterable[float]) -> dict[str, Any] | None:
    found = list(values)
    return timing.median(found).to_json() if found else None


def _mean(values: Iterable[float | None]) -> dict[str, Any] | None:
    """Of those that are known."""
    found = [each for each in values if each is not None]
    return mean(found, alone="one article").to_json() if found else None
