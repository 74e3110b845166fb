"""Describes a failed request in one JSON format for every route: what, where, which limit, and what to do.

The body never quotes the input, never holds a stack trace, and is always under 1 KB.
"""

import dataclasses
import json
from collections.abc import Mapping
from contextvars import ContextVar

from starlette.responses import Response

from bakeoff.common.errors import BakeoffError, InputError, ModelError
from bakeoff.common.limits import LimitError
from service.work.queued_models import NeverReady
from service.work.work_queue import QueueFull, Refused, TooLate

request_id: ContextVar[str] = ContextVar("request_id", default="")  # id of the request that is being handled
refusals: ContextVar[list[str] | None] = ContextVar("refusals", default=None)  # error codes, for the metrics

CODES = {
    400: ("malformed", "The request is malformed", "see /api/docs for the expected form"),
    401: ("unauthorized", "The request has no valid login", "send a bearer token, or user and password"),
    403: ("forbidden", "This request is not allowed", "see /api/docs for what is allowed"),
    404: ("not_found", "No route has this address", "see /api/docs for the routes"),
    405: ("method_not_allowed", "This route does not accept this method", "see the header Allow"),
    408: ("too_slow", "The request body did not arrive in time", "send it faster"),
    413: ("too_large", "The request body is too large", "send less at once"),
    415: ("unsupported_media_type", "The media type of the body is not accepted", "see /api/docs"),
    422: ("invalid", "A value in the request is invalid", "see /api/docs"),
    429: (
        "too_many_requests",
        "This address sent too many requests",
        "try again after the seconds in Retry-After",
    ),
    500: ("fault", "The server failed", "tell the operator the request id"),
    503: ("busy", "The server can't answer right now", "try again after the seconds in Retry-After"),
    504: ("too_late", "The answer was not ready in time", "try again, with less at once"),
}


@dataclasses.dataclass(frozen=True)
class Problem:
    """An error answer.

    Attributes:
        status: The HTTP status code.
        message: A sentence without its full stop: what was expected and what came.
        remedy: What the client can do.
        code: A word for programs. By default it follows from the status.
        field: The place in the request that is invalid.
        limit: The limit that was exceeded.
        headers: Additional response headers, such as Retry-After.
    """

    status: int
    message: str = ""
    remedy: str = ""
    code: str = ""
    field: str | None = None
    limit: int | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict:
        """Return the content of the body."""
        code, message, remedy = CODES.get(self.status) or CODES[500 if self.status >= 500 else 400]
        return {
            "code": self.code or code,
            "message": _cut(self.message or message, 240),
            "field": self.field,
            "limit": self.limit,
            "remedy": _cut(self.remedy or remedy, 120),
            "request_id": request_id.get(),
        }

    def response(self) -> Response:
        """Return the response. Gradio's page shows the sentence in `detail`."""
        content = self.to_json()
        body = {"error": content, "detail": f"{content['message']}: {content['remedy']}."}
        if (codes := refusals.get()) is not None:
            codes.append(content["code"])
        return Response(json.dumps(body), self.status, dict(self.headers), "application/json")


def _cut(text: str, max_bytes: int) -> str:
    """Return the beginning of a text that fits into the bytes as JSON, where one character may take twelve."""
    while len(json.dumps(text)) > max_bytes:
        text = text[: len(text) * 9 // 10]
    return text


class ProblemError(Exception):
    """An exception that ends a request with the answer of its problem."""

    def __init__(self, problem: Problem):
        super().__init__(problem.to_json()["code"])
        self.problem = problem


def of_error(error: Exception) -> Problem:
    """Return the problem that describes one of our errors, or status 500 for any other exception."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, LimitError):
        return Problem(422, error.what, error.remedy, field=error.field, limit=error.limit)
    if isinstance(error, InputError):
        what, _, remedy = str(error).rstrip(".").partition(": ")
        return Problem(422, what, remedy)
    if isinstance(error, TooLate):
        return Problem(504, headers={"Retry-After": str(error.seconds)})
    if isinstance(error, Refused):
        code = "queue_full" if isinstance(error, QueueFull) else "stopping"
        what, _, remedy = str(error).rstrip(".").partition(": ")
        return Problem(503, what, remedy, code, headers={"Retry-After": str(error.seconds)})
    if isinstance(error, NeverReady):
        what, remedy = "A model of this server could not be loaded", "use the other framework, or tell the operator"
        return Problem(503, what, remedy, "not_ready")
    if isinstance(error, ModelError):
        what, remedy = "The models are not ready", "try again when /health/ready answers 200"
        return Problem(503, what, remedy, "not_ready", headers={"Retry-After": "5"})
    if isinstance(error, BakeoffError):
        return Problem(503, "The server can't answer this now", "tell the operator the request id")
    return Problem(500)
