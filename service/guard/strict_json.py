"""Parses JSON strictly: UTF-8, no duplicate keys, no NaN or infinity, and bounded nesting."""

import json
import math
from typing import Any

from service.problem import Problem, ProblemError


def parse(body: bytes, depth: int, values: int) -> Any:
    """Return the JSON value of a body. A byte order mark is skipped.

    Args:
        body: The raw body.
        depth: The maximum depth of nested lists and objects.
        values: The maximum number of values in all of them, including keys.

    Raises:
        ProblemError: The body is not valid JSON, or it exceeds a bound.
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
    content = dict(pairs)
    if len(content) != len(pairs):
        raise _refused("An object in the body has a duplicate key", "send each key once")
    return content


def _no_number(_: str) -> None:
    raise _refused("The body has NaN or Infinity, which JSON does not allow", "send null or leave it out", 422)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _refused("The body has a number that is too large", "send a smaller number", 422)
    return number


def _integer(digits: str) -> int:
    if len(digits.removeprefix("-")) > 18:
        raise _refused("The body has a number that is too large", "send a smaller number", 422)
    return int(digits)


def _check(value: Any, depth: int, values: int) -> None:
    """Check the depth, the number and the strings of a value's parts, without recursion."""
    level, left = [value], values
    for _ in range(depth + 1):
        inner = []
        for part in level:
            if isinstance(part, str) and not _is_unicode(part):
                what = "A string in the body has half of a surrogate pair"
                raise _refused(what, "send whole characters", 422)
            if isinstance(part, dict):
                inner += [*part, *part.values()]
            elif isinstance(part, list):
                inner += part
        if not inner:
            return
        left -= len(inner)
        if left < 0:
            raise ProblemError(
                Problem(413, "The body has too many values", "send fewer values", code="too_many_values", limit=values)
            )
        level = inner
    raise ProblemError(
        Problem(400, "The body is nested too deeply", "send it with less nesting", "malformed_json", limit=depth)
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refused(what: str, remedy: str, status: int = 400) -> ProblemError:
    return ProblemError(Problem(status, what, remedy, "malformed_json"))
