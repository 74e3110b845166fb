"""What went wrong with a request, as one JSON format for every route: what, where, which limit, what to do.

Never a word of the input, never a stack trace, always under 1 KB.
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

request_id: ContextVar[str] = ContextVar("request_id", default="")  # of the request that is being handled
refusals: ContextVar[list[str] | None] = ContextVar("refusals", default=None)  # codes of its answers, for the metrics

CODES = {
    400: ("malformed", "The request is not understood", "see /api/docs for what it should look like"),
    401: ("unauthorized", "No valid login came with the request", "send a bearer token, or user and password"),
    403: ("forbidden", "This is not allowed", "ask for something else"),
    404: ("not_found", "There is nothing at this address", "see /api/docs for what there is"),
    405: ("method_not_allowed", "This address does not take this method", "see the header Allow"),
    408: ("too_slow", "The request's body did not come in time", "send it faster"),
    413: ("too_large", "The request's body is too large", "send less at once"),
    415: ("unsupported_media_type", "The body's type is not one that is taken here", "see /api/docs"),
    422: ("invalid", "A value in the request is not one that is taken", "see /api/docs"),
    429: ("too_many_requests", "Too many requests came from this address", "try again when Retry-After says so"),
    500: ("fault", "The server has a fault", "tell the operator the request id"),
    503: ("busy", "The server can't answer right now", "try again when Retry-After says so"),
    504: ("too_late", "The answer was not ready in time", "try again, with less at once"),
}


@dataclasses.dataclass(frozen=True)
class Problem:
    """A refusal.

    Attributes:
        status: of HTTP.
        message: what was expected and what came, in a sentence without its full stop.
        remedy: what to do.
        code: a word for programs; by default that of the status.
        field: where in the request.
        limit: that was passed.
        headers: more of them, such as Retry-After.
    """

    status: int
    message: str = ""
    remedy: str = ""
    code: str = ""
    field: str | None = None
    limit: int | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict:
        """As the body says it."""
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
        """The answer to send; `detail` is where Gradio's page looks for a sentence."""
        content = self.to_json()
        body = {"error": content, "detail": f"{content['message']}: {content['remedy']}."}
        if (codes := refusals.get()) is not None:
            codes.append(content["code"])
        return Response(json.dumps(body), self.status, dict(self.headers), "application/json")


def _cut(text: str, most: int) -> str:
    """The beginning that takes so many bytes in JSON, where a letter may take twelve."""
    while len(json.dumps(text)) > most:
        text = text[: len(text) * 9 // 10]
    return text


class ProblemError(Exception):
    """Raised where a request is handled, answered with its problem."""

    def __init__(self, problem: Problem):
        super().__init__(problem.to_json()["code"])
        self.problem = problem


def of_error(error: Exception) -> Problem:
    """The problem that an error of ours is; a fault of the program for all others."""
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
        what, remedy = "A model of this server could not be loaded", "ask the other framework, or tell the operator"
        return Problem(503, what, remedy, "not_ready")
    if isinstance(error, ModelError):
        what, remedy = "The models are not ready", "try again when /health/ready says so"
        return Problem(503, what, remedy, "not_ready", headers={"Retry-After": "5"})
    if isinstance(error, BakeoffError):
        return Problem(503, "The server can't answer this now", "tell the operator the request id")
    return Problem(500)
