"""Counts each request and gives it an id, which its answer and its log line carry."""

import logging
import re
import secrets
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.guard import paths
from service.operate.json_log import described
from service.operate.state import Service
from service.problem import Problem, refusals, request_id

# These requests are frequent and uniform, so their lines have the level DEBUG.
QUIET = (*paths.PUBLIC, "/metrics", "/assets", "/static", "/svelte", f"{paths.GRADIO}/heartbeat")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

log = logging.getLogger(__name__)


class RequestLog:
    """The middleware that logs, just inside `Arrival`."""

    def __init__(self, app: ASGIApp, service: Service):
        self._app = app
        self._metrics = service.metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer 500 after an uncaught exception."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = Headers(scope=scope).get("x-request-id", "")
        request_id.set(offered if re.fullmatch(r"[\w-]{8,64}", offered, re.ASCII) else secrets.token_hex(8))
        codes: list[str] = []  # a list, because an inner task cannot set the variable for this task
        refusals.set(codes)
        started, status = time.monotonic(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id.get()
            await send(message)

        self._metrics.began()
        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001  this is the last resort
            log.error("a fault of the program: %s", described(error))
            if not status:
                await Problem(500).response()(scope, receive, watched)
        finally:
            self._note(scope, status, time.monotonic() - started, codes)

    def _note(self, scope: Scope, status: int, seconds: float, codes: Sequence[str]) -> None:
        route, method = _route(scope), scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.answered(route, method, status, seconds)
        if status >= 400:
            self._metrics.refused(codes[-1] if codes else str(status))
        quiet = route.startswith(QUIET)
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "answered",
            extra={"method": method, "route": route, "status": status, "seconds": round(seconds, 4)},
        )


def _route(scope: Scope) -> str:
    """Return the pattern of the route that answered, because the path itself may contain anything."""
    return getattr(scope.get("route"), "path", "") or "other"
