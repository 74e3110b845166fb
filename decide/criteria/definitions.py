"""Read the registered definitions: criteria, presets and the rule of the headline, with a version and a digest."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from bakeoff.common.errors import InputError
from decide.criteria.criterion import Criterion, Scale

FILE = Path(__file__).with_name("definitions.toml")
VERSIONS = FILE.with_name("versions.json")  # the digest of each version that was ever registered
BASES = ("documented", "tuned", "as shipped")
VARIANTS = ("plain pip", "CPU-only wheels", "runtime only")
_SCALE = ("worst", "best", "logarithmic", "why", "least")


@dataclass(frozen=True)
class Rule:
    """The rule that turns scores into a headline.

    Attributes:
        basis: how the library is called in figures that depend on it, one of BASES.
        variant: which builds of the packages count in figures that depend on it, one of VARIANTS.
        margin: points of 100: a smaller lead is no reason to choose.
        sure: share of the draws in which the leader must be ahead to be recommended without reservation.
        likely: share of the draws below which nothing is recommended.
        enough: share of the weight with evidence below which nothing is recommended.
        most: share of the weight with settled evidence below which a recommendation has reservations.
        busy: load per core before a measurement above which its times count as not settled.
        opinion: the factor on the narrowest logarithmic scale that the strongest opinion counts as much as.
    """

    basis: str
    variant: str
    margin: float
    sure: float
    likely: float
    enough: float
    most: float
    busy: float
    opinion: float


@dataclass(frozen=True)
class Multiverse:
    """The defensible alternatives to the definitions, which show how much the result depends on them.

    Attributes:
        range_factors: the distance from the best to the worst end of every range, as multiples of the registered one.
        linear: whether logarithmic scales are also read as linear ones.
        separate: whether criteria that measure the same property also get their own weight each.
        weight_factor: the largest factor by which a weight is multiplied or divided.
        weightings: number of draws of such weights.
    """

    range_factors: tuple[float, ...]
    linear: bool
    separate: bool
    weight_factor: float
    weightings: int


@dataclass(frozen=True)
class Definitions:
    """The definitions that a decision is made by.

    Attributes:
        version: the number of the version.
        digest: 16 hex digits of the sha256 over the content, without comments and layout.
        rule: the rule of the headline.
        multiverse: the defensible alternatives.
        criteria: all criteria, in the order in which they are shown.
        presets: name, reason, weights and opinions of each preset weighting, by key.
    """

    version: int
    digest: str
    rule: Rule
    multiverse: Multiverse
    criteria: tuple[Criterion, ...]
    presets: Mapping[str, Mapping[str, Any]]

    @cached_property
    def by_key(self) -> dict[str, Criterion]:
        """The criteria by key."""
        return {criterion.key: criterion for criterion in self.criteria}

    def to_json(self) -> dict[str, Any]:
        """Return version, digest, rule and alternatives in the form that a decision stores."""
        return {
            "version": self.version,
            "digest": self.digest,
            "rule": vars(self.rule),
            "multiverse": vars(self.multiverse),
        }


def read(path: Path = FILE) -> Definitions:
    """Read definitions from a TOML file.

    Raises:
        InputError: the file can't be read, or lacks or misspells something.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return Definitions(
            version=int(content["version"]),
            digest=hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16],
            rule=_rule(content["rule"]),
            multiverse=Multiverse(**content["multiverse"]),
            criteria=tuple(_criterion(row) for row in content["criteria"]),
            presets={key: _preset(preset) for key, preset in content["presets"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path.name} can't be read as definitions ({type(error).__name__}: {error}); expected a file like "
            f"decide/criteria/{FILE.name}."
        ) from error


def registered() -> dict[str, str]:
    """Return the digest of each registered version."""
    digests: dict[str, str] = json.loads(VERSIONS.read_text(encoding="utf-8"))
    return digests


def _rule(row: Mapping[str, Any]) -> Rule:
    rule = Rule(**{field.name: row[field.name] for field in fields(Rule)})
    if rule.basis not in BASES or rule.variant not in VARIANTS:
        raise ValueError(f"the basis is one of {', '.join(BASES)}, and the variant one of {', '.join(VARIANTS)}")
    return rule


def _criterion(row: Mapping[str, Any]) -> Criterion:
    scale = Scale(**{name: row[name] for name in _SCALE}) if "worst" in row else None
    return Criterion(**{key: value for key, value in row.items() if key not in _SCALE}, scale=scale)


def _preset(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "reason": row["reason"],
        "weights": row["weights"],
        "opinions": row.get("opinions", {}),
    }


CURRENT = read()
