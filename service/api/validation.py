"""Turns the validation errors of a request into a problem that does not quote the request."""

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
SENTENCES = {
    "missing": ("A field is missing", "send it"),
    "extra_forbidden": ("The request has an unknown field", "send only the fields that /api/docs lists for this route"),
    "model_attributes_type": ("The body is not a JSON object", "send an object"),
    "model_type": ("The body is not a JSON object", "send an object"),
    "dict_type": ("The body is not a JSON object", "send an object"),
}


def problem_of(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the first validation error as a problem. Field names that the client made up are left out."""
    first = errors[0]
    where = _names(first["loc"])
    # Pydantic's messages say what was expected. Only our own validators could quote the input, and they don't.
    what, remedy = SENTENCES.get(first["type"], (first["msg"], "see /api/docs for the expected value"))
    return Problem(422, what, remedy, field=where or "body")


def _names(location: Iterable[str | int]) -> str:
    known = [str(part) for part in location if isinstance(part, int) or part in KNOWN]
    return ".".join(known)[:60]


def texts_of(body: schemas.OnePredictRequest) -> list[str]:
    """Return the checked texts of a request.

    Raises:
        InputError: Both or neither of `text` and `texts` came, or one exceeds a limit.
    """
    fields = body.model_fields_set & {"text", "texts"}
    if len(fields) != 1:
        raise LimitError("Either text or texts is expected", "send one of them", "text")
    if "text" in fields:
        return [check_text(body.text)]
    return checked_texts(body.texts)


def checked_texts(texts: Sequence[str]) -> list[str]:
    """Return the texts if there is at least one, there are not too many, and each can be classified.

    Raises:
        InputError: The texts are too few, too many, or one exceeds a limit.
    """
    if not texts:
        raise LimitError("The request has no text", "send at least one", "texts")
    return [check_text(text, f"texts.{number}") for number, text in enumerate(schemas.check_count(texts))]


def check_target(target: str) -> str:
    """Return the target of the fit if it is known.

    Raises:
        InputError: The target is unknown.
    """
    if target not in TARGETS:
        raise LimitError("The target is unknown", f"choose one of {', '.join(TARGETS)}", "target")
    return target


def check_label(label: str | None, labels: Sequence[str]) -> str | None:
    """Return the class if it is None or one of the models' classes.

    Raises:
        InputError: The class is unknown.
    """
    if label is not None and label not in labels:
        raise LimitError("The models do not have this class", "choose one of the classes at /api/v1/models", "label")
    return label
