"""Reads and checks each request body before anything else does: its size, its speed and its JSON."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bakeoff.common.limits import Limits
from service.guard import file_paths, paths
from service.guard.clients import address_of
from service.guard.strict_json import parse
from service.problem import Problem, ProblemError

FORM_BYTES = 10_000  # allowance for the form around an uploaded file
DISCARDED_BYTES = 32 * 2**20  # bytes read and discarded, so that a client that still sends can read the answer
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Bodies:
    """Middleware that passes on only requests with a complete, checked body."""

    def __init__(self, app: ASGIApp, limits: Limits):
        self._app = app
        self._limits = limits
        self._open = self._bytes = 0
        self._arriving: Counter[str] = Counter()  # bodies that are being read, per client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass the request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        client = address_of(scope)
        kept: list[int] = []  # the sizes of the parts in memory
        if self._open >= self._limits.requests or self._arriving[client] >= self._limits.client_bodies:
            await _too_many().problem.response()(scope, receive, send)
            return
        self._open += 1
        try:
            with self._counted(client):
                body = await self._checked(scope, receive, self._keeping(kept))
        except ProblemError as error:
            await error.problem.response()(scope, receive, send)
        except ClientGone:
            return
        else:
            await self._app(scope, _again(body, receive), send)
        finally:
            self._open -= 1
            self._bytes -= sum(kept)

    @contextmanager
    def _counted(self, client: str) -> Iterator[None]:
        """Count a body of the client that is read during the block."""
        self._arriving[client] += 1
        try:
            yield
        finally:
            self._arriving[client] -= 1
            if not self._arriving[client]:
                del self._arriving[client]

    def _keeping(self, kept: list[int]) -> Callable[[int], None]:
        """Return a function that counts kept bytes, and raises when all bodies together exceed their bound."""

        def keep(size: int) -> None:
            kept.append(size)
            self._bytes += size
            if self._bytes > self._limits.open_bytes:
                raise _too_many()

        return keep

    async def _checked(self, scope: Scope, receive: Receive, keep: Callable[[int], None]) -> bytes:
        headers, path = Headers(scope=scope), paths.routed(scope).rstrip("/")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        limit, spare = self._limits.body_bytes, 0
        if path == paths.UPLOAD and kind == FORMS[0]:
            limit, spare = self._limits.upload_bytes, FORM_BYTES
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await _read(receive, limit, limit + spare, headers, keep)
        except TimeoutError:
            seconds = self._limits.body_seconds
            raise ProblemError(Problem(408, limit=seconds, headers={"Connection": "close"})) from None
        if _is_encoded(headers):
            what, remedy = "The body is compressed or encoded", "send it unencoded, without Content-Encoding"
            raise ProblemError(Problem(415, what, remedy, field="Content-Encoding"))
        if "charset" in headers.get("content-type", "").lower() and "utf-8" not in headers["content-type"].lower():
            raise ProblemError(Problem(415, "The body is not UTF-8", "send it in UTF-8", field="Content-Type"))
        by_gradio = path.startswith(paths.GRADIO) and not (path == paths.UPLOAD and kind in FORMS)
        if kind.endswith("json") or by_gradio:
            value = parse(body, self._limits.depth, self._limits.values)
            if by_gradio:
                return file_paths.checked(body, value, takes_files=not path.startswith(paths.MCP))
        return body


def _is_encoded(headers: Headers) -> bool:
    """Return whether the body is encoded, for example compressed. Nothing behind the guard decodes bodies."""
    names = ",".join(headers.getlist("content-encoding")).split(",")
    return any(name.strip().lower() not in ("", "identity") for name in names)


class ClientGone(Exception):
    """The client disconnected before its body was complete."""


async def _read(receive: Receive, limit: int, max_bytes: int, headers: Headers, keep: Callable[[int], None]) -> bytes:
    """Return the whole body.

    Args:
        receive: The request's `receive`.
        limit: The limit that the error names to the client.
        max_bytes: The largest body that is accepted: the limit and an allowance for the form around a file.
        headers: The request's headers.
        keep: A function that counts the size of each part that is kept.

    Raises:
        ProblemError: The body is too large, alone or with all other bodies.
        ClientGone: The client disconnected too early.
    """
    announced = headers.get("content-length", "0")
    waits = headers.get("expect", "").lower() == "100-continue"  # the client sends its body after our consent
    if waits and announced.isdecimal() and int(announced[:15]) > max_bytes:
        raise _too_large(limit)
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > DISCARDED_BYTES:
            raise _too_large(limit)
        if size <= max_bytes:
            keep(len(part))
            parts.append(part)
        more = message.get("more_body", False)
    if size > max_bytes:
        raise _too_large(limit)
    return b"".join(parts)


def _too_large(limit: int) -> ProblemError:
    """Return a new error. Kept in a variable, it would hold the body until the next garbage collection."""
    return ProblemError(Problem(413, limit=limit, headers={"Connection": "close"}))


def _too_many() -> ProblemError:
    return ProblemError(Problem(503, code="too_many_open", headers={"Retry-After": "1"}))


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Return a `receive` that gives the body once, and then the messages that follow."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received
