"""JSON, read strictly: UTF-8, no doubled keys, no numbers that are none, nothing nested without end."""

import json
import math
from typing import Any

from service.problem import Problem, ProblemError


def parse(body: bytes, depth: int, values: int) -> Any:
    """The value that a body holds; a byte order mark before it is skipped.

    Args:
        body: as it came.
        depth: of nested lists and objects, at most.
        values: in all of them, keys counted too, at most.

    Raises:
        ProblemError: it is no such JSON.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("The body is not UTF-8", "send JSON in UTF-8") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite, parse_int=_integer
        )
    except (ValueError, RecursionError):
        raise _refused("The body is not JSON", "check its quotes, commas and brackets") from None
    _check(value, depth, values)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise _refused("An object in the body has a key twice", "send each key once")
    return out


def _no_number(_: str) -> None:
    raise _refused("The body holds NaN or Infinity, which JSON has not", "send null or leave it out", 422)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _refused("The body holds a number that is too large", "send a smaller one", 422)
    return number


def _integer(digits: str) -> int:
    if len(digits.removeprefix("-")) > 18:
        raise _refused("The body holds a number that is too large", "send a smaller one", 422)
    return int(digits)


def _check(value: Any, depth: int, values: int) -> None:
    """Depth, number and strings of a parsed value's parts, without recursion."""
    level, left = [value], values
    for _ in range(depth + 1):
        inner = []
        for each in level:
            if isinstance(each, str) and not _is_unicode(each):
                what = "A string in the body has half of a surrogate pair"
                raise _refused(what, "send whole characters", 422)
            if isinstance(each, dict):
                inner += [*each, *each.values()]
            elif isinstance(each, list):
                inner += each
        if not inner:
            return
        left -= len(inner)
        if left < 0:
            raise ProblemError(Problem(413, "The body holds too many values", code="too_many_values", limit=values))
        level = inner
    raise ProblemError(Problem(400, "The body is nested too deeply", "send it flatter", "malformed_json", limit=depth))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refused(what: str, remedy: str, status: int = 400) -> ProblemError:
    return ProblemError(Problem(status, what, remedy, "malformed_json"))
