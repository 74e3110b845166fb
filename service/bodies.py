"""Reads each request's body before anything else does: not too large, not too slow, and JSON that is sound."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limits import Limits
from service import paths
from service.problem import Problem, ProblemError
from service.strict_json import parse

FORM_BYTES = 10_000  # of an upload around the file itself
DISCARDED_BYTES = 32 * 2**20  # read and thrown away, so that a client that still sends gets to read the answer
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Bodies:
    """The middleware: an application behind it gets sound bodies only."""

    def __init__(self, app: ASGIApp, limits: Limits):
        self._app = app
        self._limits = limits
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass the request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        if self._open >= self._limits.requests:
            await Problem(503, code="too_many_open", headers={"Retry-After": "1"}).response()(scope, receive, send)
            return
        self._open += 1
        try:
            body = await self._checked(scope, receive)
        except ProblemError as error:
            await error.problem.response()(scope, receive, send)
        except ClientGone:
            return
        else:
            await self._app(scope, _again(body, receive), send)
        finally:
            self._open -= 1

    async def _checked(self, scope: Scope, receive: Receive) -> bytes:
        headers, path = Headers(scope=scope), scope["path"].rstrip("/")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        limit, spare = self._limits.body_bytes, 0
        if path == paths.UPLOAD:
            limit, spare = self._limits.upload_bytes, FORM_BYTES
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await _read(receive, limit, limit + spare, headers)
        except TimeoutError:
            seconds = self._limits.body_seconds
            raise ProblemError(Problem(408, limit=seconds, headers={"Connection": "close"})) from None
        if "charset" in headers.get("content-type", "").lower() and "utf-8" not in headers["content-type"].lower():
            raise ProblemError(Problem(415, "The body is not UTF-8", "send it in UTF-8", field="Content-Type"))
        if kind.endswith("json") or (path.startswith(paths.GRADIO) and kind not in FORMS):
            parse(body, self._limits.depth)
        return body


class ClientGone(Exception):
    """The client left before its body was complete."""


async def _read(receive: Receive, limit: int, most: int, headers: Headers) -> bytes:
    """The whole body of at most so many bytes; the client is told the limit.

    Raises:
        ProblemError: it is too large.
        ClientGone: it ended too early.
    """
    too_large = ProblemError(Problem(413, limit=limit, headers={"Connection": "close"}))
    announced = headers.get("content-length", "0")
    waits = headers.get("expect", "").lower() == "100-continue"  # with its body, for our consent
    if waits and announced.isdecimal() and int(announced[:15]) > most:
        raise too_large
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        size += len(message.get("body", b""))
        if size > DISCARDED_BYTES:
            raise too_large
        if size <= most:
            parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    if size > most:
        raise too_large
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A `receive` that brings the body once, and then whatever comes."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received
