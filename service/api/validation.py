"""Turns what a schema finds wrong with a request into a problem, without repeating the request."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bakeoff.common.limits import LimitError, check_text
from explain.lime_text.targets import TARGETS
from service.api import schemas
from service.problem import Problem

KNOWN = {
    *schemas.PredictRequest.model_fields,
    *schemas.ExplainRequest.model_fields,
}
WORDS = {
    "missing": ("A field is missing", "send it"),
    "extra_forbidden": ("An unknown field came", "send only the fields that /api/docs lists for this route"),
    "model_attributes_type": ("The body is no JSON object", "send an object"),
    "model_type": ("The body is no JSON object", "send an object"),
    "dict_type": ("The body is no JSON object", "send an object"),
}


def problem_of(found: Sequence[Mapping[str, Any]]) -> Problem:
    """The first of a validation's errors; names that a client made up are left out."""
    first = found[0]
    where = _names(first["loc"])
    # Pydantic's own sentences say what was expected; only those of our own validators could say more.
    what, remedy = WORDS.get(first["type"], (first["msg"], "send what /api/docs says"))
    return Problem(422, what, remedy, field=where or "body")


def _names(location: Iterable[str | int]) -> str:
    known = [str(part) for part in location if isinstance(part, int) or part in KNOWN]
    return ".".join(known)[:60]


def texts_of(body: schemas.OnePredictRequest) -> list[str]:
    """The texts of a request, each of them fit to be classified.

    Raises:
        InputError: both or none of `text` and `texts` came, or one is outside the limits.
    """
    given = body.model_fields_set & {"text", "texts"}
    if len(given) != 1:
        raise LimitError("Either text or texts is expected", "send one of them", "text")
    if "text" in given:
        return [check_text(body.text)]
    return checked_texts(body.texts)


def checked_texts(texts: Sequence[str]) -> list[str]:
    """These texts, if there are neither none nor too many and each can be classified.

    Raises:
        InputError: that is not so.
    """
    if not texts:
        raise LimitError("No text came", "send at least one", "texts")
    return [check_text(text, f"texts.{number}") for number, text in enumerate(schemas.check_count(texts))]


def check_target(target: str) -> str:
    """What is to be fitted, if it is known.

    Raises:
        InputError: it is not.
    """
    if target not in TARGETS:
        raise LimitError("The target is none that can be fitted", f"choose one of {', '.join(TARGETS)}", "target")
    return target


def check_label(label: str | None, labels: Sequence[str]) -> str | None:
    """The class, if it is one of the models'.

    Raises:
        InputError: it is not.
    """
    if label is not None and label not in labels:
        raise LimitError("The class is none of the models'", "choose one of those at /api/v1/models", "label")
    return label
