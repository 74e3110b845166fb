"""Weightings: the weight of each criterion and the team's opinions, read from and written to files and links."""

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

MOST = 10  # the highest weight
MAX_BYTES = 100_000  # the largest file that is read
NAME_LENGTH, REASON_LENGTH = 100, 500  # most characters of a weighting's name and reason
PARAMETER, EVIDENCE = "decide", "evidence"  # query parameters of a link
LONGEST = 4000  # number of characters of a link that are read
KEYS = tuple(criterion.key for criterion in CRITERIA)
OPINION_KEYS = tuple(criterion.key for criterion in OPINIONS)


@dataclass(frozen=True)
class Weighting:
    """The weights and opinions of one team or use case.

    Attributes:
        name: the name for readers.
        reason: why the weights are as they are.
        weights: weight by criterion, from 0 to 10. A criterion left out has weight 0. Only the ratios matter.
        opinions: rating by criterion, from -2 (strongly for PyTorch) to 2 (strongly for TensorFlow). An opinion left
            out is not set.
    """

    name: str
    reason: str
    weights: Mapping[str, float]
    opinions: Mapping[str, int] = field(default_factory=dict)

    def weight(self, key: str) -> float:
        """Return the weight of a criterion."""
        return self.weights.get(key, 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return the weighting in the form that a file stores."""
        return {"kind": "weighting", **asdict(self)}


def check(content: Any, name: str) -> Weighting:
    """Check JSON and return it as a weighting.

    Args:
        content: the JSON value.
        name: what messages call it, such as the file's name.

    Raises:
        InputError: the content is not a valid weighting.
    """
    if not isinstance(content, dict) or content.get("kind") != "weighting":
        raise InputError(
            f'{name} is not a weighting: expected an object with "kind": "weighting"; save one and change it.'
        )
    if unknown := sorted(set(content) - {"kind", "name", "reason", "weights", "opinions"}):
        raise InputError(f"{name} has the unknown field {unknown[0][:60]!r}: remove it.")
    weights, opinions = content.get("weights"), content.get("opinions", {})
    if not isinstance(weights, dict) or not isinstance(opinions, dict):
        raise InputError(f"{name}: expected weights and opinions to be objects with one number per criterion.")
    for key, value in weights.items():
        _check_number(value, key, KEYS, 0, MOST, name)
    for key, value in opinions.items():
        _check_number(value, key, OPINION_KEYS, min(RATINGS), max(RATINGS), name)
        if value != int(value):
            raise InputError(f"{name}: the opinion {key} is {value:g}; expected a whole number from -2 to 2.")
    if not any(weights.values()):
        raise InputError(f"{name} gives every criterion the weight 0: set at least one above 0.")
    return Weighting(
        name=_text(content.get("name", "your own"), "name", NAME_LENGTH, name),
        reason=_text(content.get("reason", ""), "reason", REASON_LENGTH, name),
        weights={key: float(weight) for key, weight in weights.items()},
        opinions={key: int(rating) for key, rating in opinions.items()},
    )


def _text(value: Any, field_name: str, longest: int, name: str) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise InputError(f"{name}: expected a {field_name} of at most {longest} characters; shorten it.")
    return value


def _check_number(value: Any, key: str, known: tuple[str, ...], least: float, most: float, name: str) -> None:
    if key not in known:
        raise InputError(f"{name} names {str(key)[:60]!r}; expected one of {', '.join(known)}.")
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not least <= value <= most:
        raise InputError(f"{name} gives {key} the value {str(value)[:60]}; expected a number from {least} to {most}.")


def read(path: Path) -> Weighting:
    """Read a weighting from a file.

    Raises:
        InputError: the file can't be read or is not a valid weighting.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path.name} has more than {MAX_BYTES:,} bytes, too much for a weighting.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path.name} can't be read as a weighting ({error}); save one and change it.") from error
    return check(content, path.name)


def write(path: Path, weighting: Weighting) -> None:
    """Write a weighting to a file.

    Raises:
        InputError: the file can't be written.
    """
    export(path, json_text(weighting.to_json()))


def to_query(weighting: Weighting, evidence: str = "") -> str:
    """Return a link's query with the weighting and the evidence: `decide=accuracy.10,latency.4&evidence=own`."""
    parts = {PARAMETER: ",".join(f"{key}.{weight:g}" for key, weight in weighting.weights.items() if weight)}
    if weighting.opinions:
        parts["opinions"] = ",".join(f"{key}.{rating}" for key, rating in weighting.opinions.items())
    if evidence:
        parts[EVIDENCE] = evidence
    return urlencode(parts, safe=",")


def evidence_of(query: str) -> str:
    """Return the name of the evidence in a link's query, or an empty string without one."""
    return parse_qs(query[:LONGEST]).get(EVIDENCE, [""])[0]


def from_query(query: str) -> Weighting | None:
    """Return the weighting in a link's query, or None without one.

    Raises:
        InputError: the weighting in the query is not valid.
    """
    parameters = parse_qs(query[:LONGEST])
    if PARAMETER not in parameters:
        return None
    return check(
        {
            "kind": "weighting",
            "name": "from the link",
            "weights": _numbers(parameters[PARAMETER][0]),
            "opinions": _numbers(parameters.get("opinions", [""])[0]),
        },
        "the link",
    )


def _numbers(text: str) -> dict[str, float | str]:
    """Parse `a.1,b.2.5` into numbers by key; anything else stays text, so that `check` can name it."""
    numbers: dict[str, float | str] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition(".")
        try:
            numbers[key] = float(value)
        except ValueError:
            numbers[key] = value
    return numbers
