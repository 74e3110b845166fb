"""Score a weighting under every defensible definition: how far the lead ranges, and which choices turn the headline.

The analysis follows Steegen and others (2016), "Increasing Transparency Through a Multiverse Analysis", Perspectives on
Psychological Science 11. The registered definitions list the alternatives.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.criteria.criteria import FRAMEWORKS
from decide.criteria.criterion import Scale
from decide.criteria.definitions import Multiverse
from decide.criteria.weighting import Weighting
from decide.evidence.compared import Compared
from decide.evidence.comparison import scored_row
from decide.score.sensitivity import Matrix

NEITHER = "neither"
SCALE, RANGE, SHARING = "scale", "range", "correlated criteria"


@dataclass(frozen=True)
class Universe:
    """One combination of definitions.

    Attributes:
        choices: the choices that differ from the registered ones: the alternative's name by choice.
        matrix: the criteria under these choices.
        separate: whether correlated criteria have a weight each.
    """

    choices: Mapping[str, str]
    matrix: Matrix
    separate: bool


def universes(decision: Mapping[str, Any]) -> list[Universe]:
    """Return every combination of the alternatives that a decision holds; the first is the decision itself."""
    settings = Multiverse(**decision["definitions"]["multiverse"])
    base = Matrix.of(decision)
    by_choice: dict[str, list[tuple[str, str, dict[str, Compared | None]]]] = {}
    for row in decision["alternatives"]:
        parts = by_choice.setdefault(row["choice"], [("", "", {})])
        parts.append((row["choice"], row["name"], _overrides(decision, row)))
    found = []
    for combination in product(*by_choice.values()):
        compared: dict[str, Compared | None] = dict(base.compared)
        for _, _, overrides in combination:
            compared |= overrides
        rows = [row for row in compared.values() if row is not None]
        choices = {choice: name for choice, name, _ in combination if choice}
        for scaled, scales in _scaled(rows, settings):
            matrix = Matrix(scaled, base.seed, base.rule)
            found.append(Universe(choices | scales, matrix, separate=False))
            if settings.separate:
                found.append(Universe(choices | scales | {SHARING: "a weight each"}, matrix, separate=True))
    return sorted(found, key=lambda universe: len(universe.choices))


def explore(universes: Sequence[Universe], weighting: Weighting, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the range of the lead over all universes, and what turns the headline.

    Args:
        universes: the combinations of definitions; the first is the registered one.
        weighting: the weights and opinions.
        settings: the decision's multiverse settings.

    Returns:
        `universes` (their number), `lead` (smallest and largest), `recommended` (share of the universes by framework
        and "neither"), and `turns`: the choices, alone or two together, under which another framework or none is
        recommended.
    """
    factors = _weight_factors(weighting, Multiverse(**settings))
    leads, winners, plain = [], [], {}
    for universe in universes:
        lead, ahead = _leads(universe, weighting, factors)
        names = [_winner(mean, share, universe.matrix) for mean, share in zip(lead, ahead, strict=True)]
        leads += list(lead)
        winners += names
        plain[tuple(sorted(universe.choices.items()))] = names[0]
    count = len(winners)
    return {
        "universes": count,
        "lead": [float(min(leads)), float(max(leads))],
        "recommended": {name: winners.count(name) / count for name in (*FRAMEWORKS, NEITHER)},
        "turns": list(_turns(plain)),
    }


def _overrides(decision: Mapping[str, Any], alternative: Mapping[str, Any]) -> dict[str, Compared | None]:
    """Return the criteria that an alternative changes; None for one that it does not measure."""
    own = {row["key"]: row for row in decision["criteria"]}
    return {
        row["key"]: None if row["measured"] is None else scored_row(own[row["key"]] | {"measured": row["measured"]})
        for row in alternative["rows"]
    }


def _scaled(rows: Sequence[Compared], settings: Multiverse) -> Iterator[tuple[list[Compared], dict[str, str]]]:
    """Yield the criteria on every alternative of their scales, with the names of the choices."""
    for linear in (False, True) if settings.linear else (False,):
        for factor in (1.0, *settings.range_factors):
            scaled = [_stretched(_linear(row) if linear else row, factor) for row in rows]
            choices = {SCALE: "linear"} if linear else {}
            yield scaled, choices if factor == 1.0 else choices | {RANGE: f"{factor:g} times as wide"}


def _linear(row: Compared) -> Compared:
    """Return a criterion on the linear scale between the same ends; differences follow from PyTorch's value."""
    if not row.scale.logarithmic:
        return row
    first, second = row.values
    scale = replace(row.scale, logarithmic=False, least=row.scale.least * first)
    low, high = (first * math.expm1(end) for end in (row.low, row.high))
    return replace(row, scale=scale, gap=second - first, low=min(low, second - first), high=max(high, second - first))


def _stretched(row: Compared, factor: float) -> Compared:
    """Return a criterion with another worst end; the best end stays."""
    scale = row.scale
    return replace(row, scale=_with_worst(scale, scale.value(1 - factor))) if factor != 1.0 else row


def _with_worst(scale: Scale, worst: float) -> Scale:
    return replace(scale, worst=worst)


def _weight_factors(weighting: Weighting, settings: Multiverse) -> dict[str, NDArray[np.float64]]:
    """Return factors (1 + weightings,) for the weight of each criterion; the first one is 1."""
    reach = math.log(settings.weight_factor)
    return {
        key: np.exp([0.0, *np.random.default_rng([7, *key.encode()]).uniform(-reach, reach, settings.weightings)])
        for key in weighting.weights
    }


def _leads(
    universe: Universe, weighting: Weighting, factors: Mapping[str, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean lead and the share of the draws in which its leader is ahead, for each weighting (w,)."""
    weights = universe.matrix.weights(weighting, shared=not universe.separate)
    keys = [key for key in weights if key in universe.matrix.compared or key in weighting.opinions]
    count = len(next(iter(factors.values())))
    if not keys:
        return np.zeros(count), np.zeros(count)
    table = np.stack([weights[key] * factors[key] for key in keys])
    leads = 100 * universe.matrix.differences(keys, weighting) @ (table / table.sum(axis=0))
    means = leads.mean(axis=0)
    return means, np.where(means > 0, (leads > 0).mean(axis=0), (leads < 0).mean(axis=0))


def _winner(lead: float, ahead: float, matrix: Matrix) -> str:
    if abs(lead) < matrix.rule.margin or ahead < matrix.rule.likely:
        return NEITHER
    return FRAMEWORKS[int(lead < 0)]


def _turns(plain: Mapping[tuple[tuple[str, str], ...], str]) -> Iterator[dict[str, Any]]:
    """Yield the choices under which the headline is another, alone first, then pairs whose parts do not turn it."""
    default = plain[()]
    alone = {choices[0] for choices, winner in plain.items() if len(choices) == 1 and winner != default}
    for choice in sorted(alone):
        yield _turn([choice], plain[(choice,)])
    singles = sorted(choices[0] for choices in plain if len(choices) == 1)
    for pair in combinations(singles, 2):
        key = tuple(sorted(pair))
        if key in plain and plain[key] != default and not alone & set(pair):
            yield _turn(pair, plain[key])


def _turn(choices: Iterable[tuple[str, str]], winner: str) -> dict[str, Any]:
    return {"choices": dict(choices), "recommended": winner}
