"""Weightings: how much each criterion counts and what the team thinks; checked, in files and in links."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from bakeoff.common.errors import InputError
from bakeoff.common.files import export, json_text
from decide.criteria.criteria import CRITERIA, OPINIONS, RATINGS

MOST = 10  # of a weight
MAX_BYTES = 100_000
NAME_LENGTH, REASON_LENGTH = 100, 500
PARAMETER, EVIDENCE = "decide", "evidence"  # of a link
LONGEST = 4000  # characters of a link that are read
KEYS = tuple(criterion.key for criterion in CRITERIA)
OPINION_KEYS = tuple(criterion.key for criterion in OPINIONS)


@dataclass(frozen=True)
class Weighting:
    """What matters to somebody.

    Attributes:
        name: what it is called.
        reason: why these weights.
        weights: 0 to 10 by criterion; what is left out counts 0. Only their ratios matter.
        opinions: -2 (strongly for PyTorch) to 2 (strongly for TensorFlow); what is left out is not set.
    """

    name: str
    reason: str
    weights: Mapping[str, float]
    opinions: Mapping[str, int] = field(default_factory=dict)

    def weight(self, key: str) -> float:
        """Of a criterion."""
        return self.weights.get(key, 0.0)

    def to_json(self) -> dict[str, Any]:
        """As a file holds it."""
        return {"kind": "weighting", **asdict(self)}


def check(given: Any, name: str) -> Weighting:
    """A weighting from JSON.

    Raises:
        InputError: it is none.
    """
    if not isinstance(given, dict) or given.get("kind") != "weighting":
        raise InputError(
            f'{name} is no weighting: expected an object with "kind": "weighting"; save one and change it.'
        )
    if unknown := sorted(set(given) - {"kind", "name", "reason", "weights", "opinions"}):
        raise InputError(f"{name} has the unknown field {unknown[0][:60]!r}: remove it.")
    weights, opinions = given.get("weights"), given.get("opinions", {})
    if not isinstance(weights, dict) or not isinstance(opinions, dict):
        raise InputError(f"{name}: weights and opinions are objects with a number for each criterion.")
    for key, value in weights.items():
        _check_number(value, key, KEYS, 0, MOST, name)
    for key, value in opinions.items():
        _check_number(value, key, OPINION_KEYS, min(RATINGS), max(RATINGS), name)
        if value != int(value):
            raise InputError(f"{name}: the opinion {key} is {value:g}; expected a whole number from -2 to 2.")
    if not any(weights.values()):
        raise InputError(f"{name} gives no criterion a weight: set at least one above 0.")
    texts = [given.get("name", "your own"), given.get("reason", "")]
    for text, longest in zip(texts, (NAME_LENGTH, REASON_LENGTH), strict=True):
        if not isinstance(text, str) or len(text) > longest:
            raise InputError(f"{name}: its name or reason is no text of at most {longest} characters; shorten it.")
    return Weighting(
        *texts, {key: float(each) for key, each in weights.items()}, {key: int(each) for key, each in opinions.items()}
    )


def _check_number(value: Any, key: str, known: tuple[str, ...], least: float, most: float, name: str) -> None:
    if key not in known:
        raise InputError(f"{name} names {str(key)[:60]!r}, which is none of {', '.join(known)}.")
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not least <= value <= most:
        raise InputError(f"{name} gives {key} the value {str(value)[:60]}; expected a number from {least} to {most}.")


def read(path: Path) -> Weighting:
    """A weighting from a file.

    Raises:
        InputError: it can't be read, or is none.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path.name} has more than {MAX_BYTES:,} bytes, too much for a weighting.")
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path.name} can't be read as a weighting ({error}); save one and change it.") from error
    return check(given, path.name)


def write(path: Path, weighting: Weighting) -> None:
    """Write a weighting.

    Raises:
        InputError: the file can't be written.
    """
    export(path, json_text(weighting.to_json()))


def to_query(weighting: Weighting, evidence: str = "") -> str:
    """The weighting, and the name of the evidence, as a link's query: `decide=accuracy.10,latency.4&evidence=own`."""
    parts = {PARAMETER: ",".join(f"{key}.{each:g}" for key, each in weighting.weights.items() if each)}
    if weighting.opinions:
        parts["opinions"] = ",".join(f"{key}.{each}" for key, each in weighting.opinions.items())
    if evidence:
        parts[EVIDENCE] = evidence
    return urlencode(parts, safe=",")


def evidence_of(query: str) -> str:
    """The name of the evidence in a link's query; empty where it carries none."""
    return parse_qs(query[:LONGEST]).get(EVIDENCE, [""])[0]


def from_query(query: str) -> Weighting | None:
    """The weighting in a link's query; None where it carries none.

    Raises:
        InputError: what it carries is none.
    """
    given = parse_qs(query[:LONGEST])
    if PARAMETER not in given:
        return None
    return check(
        {
            "kind": "weighting",
            "name": "from the link",
            "weights": _numbers(given[PARAMETER][0]),
            "opinions": _numbers(given.get("opinions", [""])[0]),
        },
        "the link",
    )


def _numbers(text: str) -> dict[str, Any]:
    """`a.1,b.2.5` as numbers by key; what is no number stays text, for `check` to name."""
    out: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition(".")
        try:
            out[key] = float(value)
        except ValueError:
            out[key] = value
    return out
