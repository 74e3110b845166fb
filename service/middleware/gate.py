"""Refuses a request before its body is read: closed path, no valid login, too many requests, or a stopping server."""

import math
from contextlib import nullcontext

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.guard import paths
from service.guard.clients import address_of
from service.guard.origins import is_foreign
from service.operate.state import Service
from service.problem import Problem, of_error

CHALLENGE = {"WWW-Authenticate": 'Basic realm="Bakeoff", charset="UTF-8"'}


class Gate:
    """Middleware that decides by path, headers and client whether a request may pass."""

    def __init__(self, app: ASGIApp, service: Service):
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with a problem."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":  # we have no websocket routes
            await send({"type": "websocket.close", "code": 1008})
        elif problem := self._problem(scope):
            await problem.response()(scope, receive, send)
        else:
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count it as work until it is answered."""
        path = paths.routed(scope)  # read it now, because the routers change the scope

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and path.rstrip("/") == paths.LOGIN:
                self._answered_login(scope, message["status"])
            await send(message)

        counts = not path.startswith(paths.STREAMS)
        uploads = scope["method"] == "POST" and path.startswith(paths.UPLOAD)
        self._service.working += counts
        try:
            with self._service.uploads.upload() if uploads else nullcontext():
                await self._app(scope, receive, watched)
        finally:
            self._service.working -= counts
            self._service.memory.answered()

    def _problem(self, scope: Scope) -> Problem | None:
        headers, path, works = Headers(scope=scope), paths.routed(scope), scope["method"] not in paths.READS
        if paths.is_closed(path):
            return Problem(404)
        if (works or path.rstrip("/") == paths.LOGOUT) and is_foreign(headers, self._service.settings.origins):
            return Problem(403, "Another website sent this request", "ask the operator to list it with --cors-origin")
        if works and self._service.stopping:
            return Problem(503, "The server is stopping", code="stopping", headers=_retry(10) | {"Connection": "close"})
        if works and not self._service.is_own(headers) and (seconds := self._service.rate.wait(address_of(scope))):
            return Problem(429, code="rate_limited", headers=_retry(seconds))
        if works and path in paths.PREDICTIONS and self._service.models.queue.full:  # its body need not be read
            return of_error(self._service.models.queue.refusal())
        if path.rstrip("/") == paths.LOGIN and works:
            return self._guess(scope)
        if works and path.startswith(paths.UPLOAD) and (problem := self._no_upload(headers)):
            return problem
        if paths.needs_access(path) and self._service.settings.access.required:
            return self._unauthorized(scope)
        return None

    def _no_upload(self, headers: Headers) -> Problem | None:
        uploads = self._service.uploads
        if not self._service.logged_in(headers):
            return Problem(401, "The upload requires a login", "log in first")
        if uploads.busy:
            return Problem(503, "Too many files are being uploaded", code="busy", headers=_retry(1))
        if uploads.full:
            return Problem(503, "The server has no room for more files", code="files_full", headers=_retry(60))
        return None

    def _unauthorized(self, scope: Scope) -> Problem | None:
        authorization = Headers(scope=scope).get("authorization")
        if authorization is None:
            return Problem(401, headers=CHALLENGE)
        if problem := self._slowed(scope):
            return problem
        allowed = self._service.settings.access.allows(authorization)
        logins = self._service.logins
        (logins.succeeded if allowed else logins.failed)(address_of(scope))
        return None if allowed else Problem(401, headers=CHALLENGE)

    def _guess(self, scope: Scope) -> Problem | None:
        """Count a login of the page as failed before it is answered, so that parallel guesses count too."""
        problem = self._slowed(scope)
        if problem is None:
            self._service.logins.failed(address_of(scope))
        return problem

    def _slowed(self, scope: Scope) -> Problem | None:
        seconds = self._service.logins.wait(address_of(scope))
        if not seconds:
            return None
        return Problem(429, "This address had too many failed logins", code="login_slowed", headers=_retry(seconds))

    def _answered_login(self, scope: Scope, status: int) -> None:
        """Forget the client's failed logins after a successful POST. A GET is not a login."""
        if status < 400 and scope["method"] == "POST":
            self._service.logins.succeeded(address_of(scope))


def _retry(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(seconds))}
