"""Compute the outcome of a weighting and its sensitivity: to noise, to single values and weights, to all weightings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from decide.criteria.criteria import BY_KEY, CRITERIA, FRAMEWORKS, strongest_opinion
from decide.criteria.definitions import CURRENT, Rule
from decide.criteria.weighting import Weighting
from decide.evidence.compared import HALVES, Compared
from decide.evidence.comparison import OPEN, ahead, scored_row, standing
from decide.score.scoring import rated, share_weights, simplex, weighted_sum

LEAST_WEIGHT = 1e-9  # a smaller share is 0 except for rounding


@dataclass(frozen=True)
class Flip:
    """The changes to one criterion that would make both frameworks level, with everything else unchanged.

    Attributes:
        key: the criterion.
        share: the share of its range that a value would have to move by.
        behind: the value that the framework behind would have to reach. None if even the best end of the range is not
            enough, or if the two values would then differ by no more than the noise.
        leader: the value that the leader would have to fall to. None if even the worst end of the range is not
            enough, or if the two values would then differ by no more than the noise.
        weight: the share of all weights at which both frameworks are level; None if no weight makes them level.
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
        coverage: share of the weight on criteria with evidence or an opinion.
        settled: share of the weight on criteria with an opinion or with evidence that settles who is ahead, or that no
            difference is worth acting on.
        missing: criteria with a weight but without evidence.
        unsettled: criteria with a weight whose evidence does not settle who is ahead.
        totals: points of 100 by framework, over the covered criteria: the mean of the draws; None if none is covered.
        lead: PyTorch's total minus TensorFlow's.
        drawn_lead: the middle 95 % of the lead over the draws.
        ahead: share of the draws in which each framework is ahead, and in which they tie.
        level: share of the draws in which the lead is smaller than the margin.
        anywhere: share of all weightings that put each framework ahead, each combined with a draw of the measurements.
        level_anywhere: share of all weightings under which the lead is smaller than the margin.
        shares: the share of each covered criterion in the weight of all covered criteria.
        contributions: points that each criterion adds to the lead, largest first: the mean of its draws.
        ends: the middle 95 % of each contribution over the draws.
        swings: the lead without a criterion, and with twice its weight.
        flips: the changes that would make both level, nearest first; criteria that are not settled are left out.
    """

    coverage: float
    settled: float
    missing: tuple[str, ...]
    unsettled: tuple[str, ...]
    totals: Mapping[str, float] | None
    lead: float
    drawn_lead: tuple[float, float]
    ahead: Mapping[str, float]
    level: float
    anywhere: Mapping[str, float] | None
    level_anywhere: float
    shares: Mapping[str, float]
    contributions: Mapping[str, float]
    ends: Mapping[str, tuple[float, float]]
    swings: Mapping[str, tuple[float, float]]
    flips: tuple[Flip, ...]

    @property
    def leader(self) -> str | None:
        """The framework with the higher total; None if they are level or no criterion is covered."""
        return leader_of(self.lead)

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain JSON values."""
        fields: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return fields


def leader_of(lead: float) -> str | None:
    """Return the framework that is ahead, given PyTorch's total minus TensorFlow's; None if they are level."""
    return None if not lead else FRAMEWORKS[int(lead < 0)]


class Matrix:
    """The measured criteria of a decision with their draws, which are made once: an outcome then takes milliseconds.

    Args:
        compared: the criteria with evidence.
        seed: the seed of the draws.
        rule: the rule of the headline, which sets the margin and the weight of opinions.
    """

    def __init__(self, compared: Sequence[Compared], seed: int = 0, rule: Rule = CURRENT.rule) -> None:
        self.compared = {criterion.key: criterion for criterion in compared}
        self.seed = seed
        self.rule = rule

    @classmethod
    def of(cls, decision: Mapping[str, Any]) -> "Matrix":
        """Return the matrix of a decision."""
        rows = [scored_row(row) for row in decision["criteria"] if row["measured"] is not None]
        return cls(rows, decision["settings"]["seed"], Rule(**decision["definitions"]["rule"]))

    @cached_property
    def _drawn(self) -> dict[str, NDArray[np.float64]]:
        return {key: criterion.drawn(self.seed) for key, criterion in self.compared.items()}

    @cached_property
    def _anywhere(self) -> tuple[dict[str, float] | None, float]:
        """The shares of all weightings that put each framework ahead, and the share with a lead below the margin.

        Each weighting is combined with a draw of the values, as in SMAA-2: no weighting removes noise.
        """
        if not self.compared:
            return None, 0.0
        keys = sorted(self.compared)
        drawn = np.stack([self._drawn[key][:, 0] - self._drawn[key][:, 1] for key in keys], axis=-1)
        weights = simplex(keys, [self.compared[key].together for key in keys], self.seed)
        leads = 100 * weighted_sum(drawn, weights)
        return _shares(leads), float(np.mean(np.abs(leads) < self.rule.margin))

    def outcome(self, weighting: Weighting) -> Outcome:
        """Return the outcome of a weighting.

        The order of the criteria and the names of the frameworks make no difference.
        """
        weights = self.weights(weighting)
        keys = tuple(key for key in weights if key in self.compared or key in weighting.opinions)
        missing = tuple(key for key in weights if key not in keys)
        unsettled = tuple(key for key in keys if key in self.compared and standing(self.compared[key]) == OPEN)
        anywhere, level_anywhere = self._anywhere
        total, covered = sum(weights.values()), sum(weights[key] for key in keys)
        if not keys:
            return Outcome(
                0.0, 0.0, missing, (), None, 0.0, (0.0, 0.0), {}, 0.0, anywhere, level_anywhere, {}, {}, {}, {}, ()
            )
        shares = np.array([weights[key] / covered for key in keys])
        drawn = np.stack([self._positions(key, weighting) for key in keys], axis=1)  # (draws, keys, 2)
        parts = 100 * shares * (drawn[..., 0] - drawn[..., 1])
        leads, means = parts.sum(axis=1), _tidy(parts.mean(axis=0))
        totals = 100 * shares @ drawn.mean(axis=0)
        lead = float(_tidy(means.sum()))
        low, high = _middle(leads)
        return Outcome(
            coverage=covered / total,
            settled=(covered - sum(weights[key] for key in unsettled)) / total,
            missing=missing,
            unsettled=unsettled,
            totals=_by_name(totals),
            lead=lead,
            drawn_lead=(float(low), float(high)),
            ahead=_shares(leads),
            level=float(np.mean(np.abs(leads) < self.rule.margin)),
            anywhere=anywhere,
            level_anywhere=level_anywhere,
            shares={key: float(share) for key, share in zip(keys, shares, strict=True)},
            contributions={keys[n]: float(means[n]) for n in np.argsort(-np.abs(means), kind="stable")},
            ends={key: (float(low), float(high)) for key, low, high in zip(keys, *_middle(parts), strict=True)},
            swings={key: _swing(lead, part, share) for key, part, share in zip(keys, means, shares, strict=True)},
            flips=self._flips(keys, shares, drawn.mean(axis=0), lead / 100),
        )

    def weights(self, weighting: Weighting, shared: bool = True) -> dict[str, float]:
        """Return the weights above 0, sorted by criterion.

        Args:
            weighting: the weights.
            shared: whether criteria that measure the same property share the weight of the heaviest.
        """
        weights = {key: weighting.weight(key) for key in sorted(weighting.weights) if weighting.weight(key) > 0}
        if not shared:
            return weights
        groups = {key: BY_KEY[key].together for key in weights if key in BY_KEY}
        return share_weights(weights, groups | {key: row.together for key, row in self.compared.items()})

    def differences(self, keys: Sequence[str], weighting: Weighting) -> NDArray[np.float64]:
        """Return PyTorch's drawn positions minus TensorFlow's, of shape (draws, keys)."""
        drawn = np.stack([self._positions(key, weighting) for key in keys], axis=1)
        return np.asarray(drawn[..., 0] - drawn[..., 1])

    def ahead(self, key: str) -> str:
        """Return who is ahead on a criterion: a framework's name or "tie"."""
        return ahead(self.compared[key])

    def _positions(self, key: str, weighting: Weighting) -> NDArray[np.float64]:
        """Return the drawn positions (draws, 2) of both frameworks; an opinion is the same in every draw."""
        if key in self.compared:
            return self._drawn[key]
        strongest = strongest_opinion(CRITERIA, self.rule.opinion)
        return np.broadcast_to(rated(weighting.opinions[key], strongest), (2 * HALVES, 2))

    def _flips(
        self, keys: Sequence[str], shares: NDArray[np.float64], means: NDArray[np.float64], lead: float
    ) -> tuple[Flip, ...]:
        """Return the flips of all measured criteria that have a weight and a framework ahead, nearest first."""
        if not lead:
            return ()
        first, second = (0, 1) if lead > 0 else (1, 0)
        flips = []
        for key, share, positions in zip(keys, shares, means, strict=True):
            criterion = self.compared.get(key)
            # What is not settled may move within the noise and change nothing.
            if criterion is not None and standing(criterion) in FRAMEWORKS:
                flips.append(_flip(criterion, float(share), float(positions[first]), float(positions[second]), lead))
        return tuple(sorted(flips, key=lambda flip: (flip.share, flip.key)))


def _flip(criterion: Compared, share: float, first: float, second: float, lead: float) -> Flip:
    """Return the changes to one criterion that make both level.

    Args:
        criterion: the criterion.
        share: its share of all weights.
        first: the leader's position.
        second: the position of the framework behind.
        lead: the lead, in positions.
    """
    needed = abs(lead) / share
    behind, leader = second + needed, first - needed
    clear = _beyond_noise(criterion, first - second - needed)
    return Flip(
        criterion.key,
        needed,
        criterion.scale.value(behind) if behind <= 1 and clear else None,
        criterion.scale.value(leader) if leader >= 0 and clear else None,
        _level_weight(abs(lead), share, first - second),
    )


def _beyond_noise(criterion: Compared, gap: float) -> bool:
    """Return whether positions with this gap don't score as a tie: they are equal, or differ by more than the noise."""
    span = abs(criterion.scale.axis(criterion.scale.best) - criterion.scale.axis(criterion.scale.worst))
    reach = max(criterion.high - criterion.gap, criterion.gap - criterion.low)
    return abs(gap) < 1e-9 or abs(gap) * span > reach


def _level_weight(lead: float, share: float, gap: float) -> float | None:
    """Return the share of all weights that makes both level while the other weights keep their ratios."""
    if share >= 1:
        return None
    rest = (lead - share * gap) / (1 - share)
    if not gap or rest == gap:  # a tie decides nothing, whatever its weight
        return None
    level = rest / (rest - gap)
    return float(level) if LEAST_WEIGHT <= level <= 1 else None


def _swing(lead: float, part: float, share: float) -> tuple[float, float]:
    """Return the lead without a criterion, and with twice its weight."""
    without = 0.0 if share >= 1 else (lead - part) / (1 - share)
    return float(without), float((lead + part) / (1 + share))


def _middle(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return both ends of the middle 95 % of each column."""
    return np.asarray(np.quantile(drawn, (0.025, 0.975), axis=0))


def _shares(leads: NDArray[np.float64]) -> dict[str, float]:
    leads = _tidy(leads)
    parts = (leads > 0, leads < 0, leads == 0)
    return {name: float(np.mean(part)) for name, part in zip((*FRAMEWORKS, "tie"), parts, strict=True)}


def _tidy(leads: ArrayLike) -> NDArray[np.float64]:
    """Replace leads that differ from 0 only because of the order of a sum by 0."""
    return np.where(np.abs(leads) < 1e-9, 0.0, leads)


def _by_name(pair: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(FRAMEWORKS, pair, strict=True)}
