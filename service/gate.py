"""Refuses a request before anything of it is read: closed addresses, no valid login, too many, or the end is near."""

import math

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import paths
from service.clients import address_of
from service.problem import Problem, of_error
from service.state import Service
from service.uploads import stored_bytes
from service.work_queue import BUSY, QueueFull

ASKS = {"WWW-Authenticate": 'Basic realm="Bakeoff", charset="UTF-8"'}
FAILED_LOGIN = (400, 401)  # Gradio's own login answers 400


class Gate:
    """The middleware."""

    def __init__(self, app: ASGIApp, service: Service):
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with a problem."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":  # no route of ours is a websocket
            await send({"type": "websocket.close", "code": 1008})
        elif problem := self._problem(scope):
            await problem.response()(scope, receive, send)
        else:
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle it, and count it as work until it is answered."""

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"].rstrip("/") == paths.LOGIN:
                self._logged_in(scope, message["status"])
            await send(message)

        counts = not scope["path"].startswith(paths.STREAMS)
        self._service.working += counts
        try:
            await self._app(scope, receive, watched)
        finally:
            self._service.working -= counts

    def _problem(self, scope: Scope) -> Problem | None:
        path, works = scope["path"], scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if paths.is_closed(path):
            return Problem(404)
        if works and self._service.stopping:
            return Problem(503, "The server is stopping", code="stopping", headers=_retry(10) | {"Connection": "close"})
        if works and (seconds := self._service.rate.wait(address_of(scope))):
            return Problem(429, code="rate_limited", headers=_retry(seconds))
        if works and path in paths.PREDICTIONS and self._service.models.queue.full:  # no need to read more of it
            return of_error(QueueFull(BUSY))
        if path.rstrip("/") == paths.LOGIN and works:
            return self._slowed(scope)
        if path.startswith(paths.UPLOAD) and stored_bytes() >= self._service.limits.stored_bytes:
            return Problem(503, "No room is left for files", code="files_full", headers=_retry(3600))
        if paths.needs_access(path) and self._service.settings.access.required:
            return self._unauthorized(scope)
        return None

    def _unauthorized(self, scope: Scope) -> Problem | None:
        given = Headers(scope=scope).get("authorization")
        if given is None:
            return Problem(401, headers=ASKS)
        if problem := self._slowed(scope):
            return problem
        allowed = self._service.settings.access.allows(given)
        self._logged_in(scope, 200 if allowed else 401)
        return None if allowed else Problem(401, headers=ASKS)

    def _slowed(self, scope: Scope) -> Problem | None:
        seconds = self._service.logins.wait(address_of(scope))
        if not seconds:
            return None
        return Problem(
            429, "Too many failed logins came from this address", code="login_slowed", headers=_retry(seconds)
        )

    def _logged_in(self, scope: Scope, status: int) -> None:
        """Count a login's outcome."""
        if status in FAILED_LOGIN:
            self._service.logins.failed(address_of(scope))
        elif status < 400:
            self._service.logins.succeeded(address_of(scope))


def _retry(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(seconds))}
