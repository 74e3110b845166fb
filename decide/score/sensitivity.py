"""What a weighting makes of the matrix, and how far that can be trusted: draws, flips, and all other weightings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.criteria.criteria import BY_KEY, FRAMEWORKS
from decide.criteria.weighting import Weighting
from decide.evidence.compared import HALVES, Compared
from decide.evidence.comparison import ahead, scored
from decide.score.scoring import rated, simplex, topsis, weighted_sum

LEAST_WEIGHT = 1e-9  # what lies below is 0 but for rounding
MARGIN = 1.0  # of 100 points: a lead smaller than this is no reason to choose


@dataclass(frozen=True)
class Flip:
    """What would make both level, of one criterion, everything else staying as it is.

    Attributes:
        key: of the criterion.
        share: of its range that values would have to move by.
        behind: the value that the framework behind would have to reach; None where even the best end is not enough, or
            where the two would differ there by no more than the noise.
        leader: the value that the leader would have to fall to; None likewise, of the worst end.
        weight: the share of all weights at which the two are level; None where no weight does that.
    """

    key: str
    share: float
    behind: float | None
    leader: float | None
    weight: float | None


@dataclass(frozen=True)
class Outcome:
    """The result of one weighting.

    Attributes:
        coverage: share of the weight on criteria for which there is evidence, or an opinion.
        missing: criteria with weight and without evidence.
        totals: points of 100 by framework, over what is covered; None where nothing is.
        lead: PyTorch's total less TensorFlow's.
        drawn_lead: its middle 95 % over the draws.
        ahead: share of the draws in which each framework is ahead, and in which they are level.
        level: share of the draws in which the lead is smaller than the margin.
        topsis: closeness to the ideal by framework.
        anywhere: share of all weightings, each with a draw of what was measured, that put each framework ahead.
        level_anywhere: share of all weightings under which the lead is smaller than the margin.
        contributions: points of the lead that each criterion brings, largest first.
        ends: the middle 95 % of each contribution over the draws.
        swings: the lead if a criterion's weight were 0, and if it were twice what it is.
        flips: what would make both level, nearest first; criteria that tie are left out.
    """

    coverage: float
    missing: tuple[str, ...]
    totals: Mapping[str, float] | None
    lead: float
    drawn_lead: tuple[float, float]
    ahead: Mapping[str, float]
    level: float
    topsis: Mapping[str, float] | None
    anywhere: Mapping[str, float] | None
    level_anywhere: float
    contributions: Mapping[str, float]
    ends: Mapping[str, tuple[float, float]]
    swings: Mapping[str, tuple[float, float]]
    flips: tuple[Flip, ...]

    @property
    def leader(self) -> str | None:
        """The framework with the higher total; None where they are level or nothing is covered."""
        return leader_of(self.lead)

    def to_json(self) -> dict[str, Any]:
        """All fields, as JSON that is read back has them."""
        return json.loads(json.dumps(asdict(self)))


def leader_of(lead: float) -> str | None:
    """Who is ahead, by PyTorch's total less TensorFlow's; None where they are level."""
    return None if not lead else FRAMEWORKS[int(lead < 0)]


class Matrix:
    """All that scoring needs of a decision, drawn once: an outcome then takes milliseconds.

    Args:
        compared: the criteria for which there is evidence.
        seed: of the draws.
    """

    def __init__(self, compared: Sequence[Compared], seed: int = 0):
        self.compared = {each.key: each for each in compared}
        self.seed = seed

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Matrix":
        """Of a decision."""
        rows = [row for row in document["criteria"] if row["measured"] is not None]
        compared = [scored(row["key"], BY_KEY[row["key"]].scale, row["measured"]) for row in rows]
        return cls(compared, document["settings"]["seed"])

    @cached_property
    def _drawn(self) -> dict[str, NDArray[np.float64]]:
        return {key: each.drawn(self.seed) for key, each in self.compared.items()}

    @cached_property
    def _anywhere(self) -> tuple[dict[str, float] | None, float]:
        """Who is ahead over all weightings of what was measured, and how often by less than the margin.

        Each weighting meets a draw of the values, as in SMAA-2: noise is not settled by weighing it.
        """
        if not self.compared:
            return None, 0.0
        keys = sorted(self.compared)
        drawn = np.stack([self._drawn[key][:, 0] - self._drawn[key][:, 1] for key in keys], axis=-1)
        weights = simplex(keys, [BY_KEY[key].together for key in keys], self.seed)
        leads = 100 * weighted_sum(drawn, weights)
        return _shares(leads), float(np.mean(np.abs(leads) < MARGIN))

    def outcome(self, weighting: Weighting) -> Outcome:
        """What a weighting makes of it.

        The order of criteria and the names of the frameworks make no difference.
        """
        asked = sorted(key for key in BY_KEY if weighting.weight(key) > 0)
        covered = [key for key in asked if key in self.compared or key in weighting.opinions]
        total = sum(weighting.weight(key) for key in asked)
        weights = np.array([weighting.weight(key) for key in covered])
        anywhere, level_anywhere = self._anywhere
        missing = tuple(key for key in asked if key not in covered)
        if not covered:
            return Outcome(0.0, missing, None, 0.0, (0.0, 0.0), {}, 0.0, None, anywhere, level_anywhere, {}, {}, {}, ())
        shares = weights / weights.sum()
        central = np.stack([self._central(key, weighting) for key in covered])
        drawn = 100 * shares * self._leads(covered, weighting)
        leads = drawn.sum(axis=1)
        totals = 100 * weighted_sum(central.T, shares)
        lead = float(_tidy(totals[0] - totals[1]))
        parts = 100 * shares * (central[:, 0] - central[:, 1])
        return Outcome(
            coverage=float(weights.sum() / total),
            missing=missing,
            totals=_by_name(totals),
            lead=lead,
            drawn_lead=tuple(float(end) for end in _middle(leads)),
            ahead=_shares(leads),
            level=float(np.mean(np.abs(leads) < MARGIN)),
            topsis=_by_name(topsis(*self._for_topsis(covered, weighting, weights))),
            anywhere=anywhere,
            level_anywhere=level_anywhere,
            contributions={covered[n]: float(parts[n]) for n in np.argsort(-np.abs(parts), kind="stable")},
            ends={key: (float(low), float(high)) for key, low, high in zip(covered, *_middle(drawn), strict=True)},
            swings={key: _swing(lead, part, share) for key, part, share in zip(covered, parts, shares, strict=True)},
            flips=self._flips(covered, weighting, shares, central, lead / 100),
        )

    def ahead(self, key: str) -> str:
        """Who is ahead on a criterion: a framework's name or "tie"."""
        return ahead(self.compared[key])

    def _central(self, key: str, weighting: Weighting) -> NDArray[np.float64]:
        return self.compared[key].central() if key in self.compared else rated(weighting.opinions[key])

    def _leads(self, keys: Sequence[str], weighting: Weighting) -> NDArray[np.float64]:
        """PyTorch's positions less TensorFlow's, (draws, keys)."""
        columns = [
            self._drawn[key]
            if key in self.compared
            else np.broadcast_to(self._central(key, weighting), (2 * HALVES, 2))
            for key in keys
        ]
        drawn = np.stack(columns, axis=1)
        return drawn[..., 0] - drawn[..., 1]

    def _for_topsis(self, keys: Sequence[str], weighting: Weighting, weights: NDArray[np.float64]):
        values, upwards = [], []
        for key in keys:
            each = self.compared.get(key)
            if each is None:
                values.append(rated(weighting.opinions[key]))
            else:
                values.append([np.mean(each.values)] * 2 if each.tie else each.values)
            upwards.append(each is None or each.scale.higher_is_better)
        return np.array(values).T, weights, upwards

    def _flips(self, keys, weighting: Weighting, shares, central, lead: float) -> tuple[Flip, ...]:
        """Of all measured criteria that count and don't tie, the nearest first."""
        if not lead:
            return ()
        first, second = (0, 1) if lead > 0 else (1, 0)
        gaps = central[:, first] - central[:, second]
        out = []
        for key, share, gap, positions in zip(keys, shares, gaps, central, strict=True):
            each = self.compared.get(key)
            if each is None or each.tie:  # in a tie a value may move within the noise and change nothing
                continue
            needed = abs(lead) / share
            behind, leader = positions[second] + needed, positions[first] - needed
            telling = _telling(each, gap - needed)
            out.append(
                Flip(
                    key,
                    float(needed),
                    each.scale.value(float(behind)) if behind <= 1 and telling else None,
                    each.scale.value(float(leader)) if leader >= 0 and telling else None,
                    _level_weight(abs(lead), share, gap),
                )
            )
        return tuple(sorted(out, key=lambda flip: (flip.share, flip.key)))


def _telling(each: Compared, moved: float) -> bool:
    """Whether values that are so far apart, in positions, are no tie: equal, or apart by more than the noise."""
    span = abs(each.scale.axis(each.scale.best) - each.scale.axis(each.scale.worst))
    reach = max(each.high - each.gap, each.gap - each.low)
    return abs(moved) < 1e-9 or abs(moved) * span > reach


def _level_weight(lead: float, share: float, gap: float) -> float | None:
    """The share of all weights that a criterion needs for both to be level, the others keeping their ratios."""
    if share >= 1:
        return None
    rest = (lead - share * gap) / (1 - share)
    if not gap or rest == gap:  # a tie decides nothing, whatever it weighs
        return None
    level = rest / (rest - gap)
    return float(level) if LEAST_WEIGHT <= level <= 1 else None


def _swing(lead: float, part: float, share: float) -> tuple[float, float]:
    """The lead without a criterion, and with twice its weight."""
    without = 0.0 if share >= 1 else (lead - part) / (1 - share)
    return float(without), float((lead + part) / (1 + share))


def _middle(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ends of the middle 95 % of each column."""
    return np.quantile(drawn, (0.025, 0.975), axis=0)


def _shares(leads: NDArray[np.float64]) -> dict[str, float]:
    leads = _tidy(leads)
    parts = (leads > 0, leads < 0, leads == 0)
    return {name: float(np.mean(part)) for name, part in zip((*FRAMEWORKS, "tie"), parts, strict=True)}


def _tidy(leads):
    """What only the order of a sum makes differ from 0 is 0."""
    return np.where(np.abs(leads) < 1e-9, 0.0, leads)


def _by_name(pair: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(each) for name, each in zip(FRAMEWORKS, pair, strict=True)}
