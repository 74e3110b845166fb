"""Reads each request's body before anything else does: not too large, not too slow, and JSON that is sound."""

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

FORM_BYTES = 10_000  # of an upload around the file itself
DISCARDED_BYTES = 32 * 2**20  # read and thrown away, so that a client that still sends gets to read the answer
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Bodies:
    """The middleware: an application behind it gets sound bodies only."""

    def __init__(self, app: ASGIApp, limits: Limits):
        self._app = app
        self._limits = limits
        self._open = self._bytes = 0
        self._coming: Counter[str] = Counter()  # bodies, by client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass the request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        client, kept = address_of(scope), []
        if self._open >= self._limits.requests or self._coming[client] >= self._limits.client_bodies:
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
        """Its body comes meanwhile."""
        self._coming[client] += 1
        try:
            yield
        finally:
            self._coming[client] -= 1
            if not self._coming[client]:
                del self._coming[client]

    def _keeping(self, kept: list[int]) -> Callable[[int], None]:
        """Notes the bytes of each part that is kept, and refuses those that are too many with all other bodies."""

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
            what, remedy = "The body is compressed or encoded", "send it as it is, without Content-Encoding"
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
    """Return whether the body came in any encoding but its own; nothing behind the guard decodes one."""
    names = ",".join(headers.getlist("content-encoding")).split(",")
    return any(name.strip().lower() not in ("", "identity") for name in names)


class ClientGone(Exception):
    """The client left before its body was complete."""


async def _read(receive: Receive, limit: int, most: int, headers: Headers, keep: Callable[[int], None]) -> bytes:
    """The whole body of at most so many bytes; the client is told the limit, and `keep` the size of each part.

    Raises:
        ProblemError: it is too large, alone or with all others.
        ClientGone: it ended too early.
    """
    announced = headers.get("content-length", "0")
    waits = headers.get("expect", "").lower() == "100-continue"  # with its body, for our consent
    if waits and announced.isdecimal() and int(announced[:15]) > most:
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
        if size <= most:
            keep(len(part))
            parts.append(part)
        more = message.get("more_body", False)
    if size > most:
        raise _too_large(limit)
    return b"".join(parts)


def _too_large(limit: int) -> ProblemError:
    """Made where it is raised: in a variable there, it would keep what was read until the next search for cycles."""
    return ProblemError(Problem(413, limit=limit, headers={"Connection": "close"}))


def _too_many() -> ProblemError:
    return ProblemError(Problem(503, code="too_many_open", headers={"Retry-After": "1"}))


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A `receive` that brings the body once, and then whatever comes."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received
