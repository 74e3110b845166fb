"""Gradio's own refusals in our format: its bodies repeat the input, and its faults come from requests no page makes."""

import errno
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bakeoff.common.limits import current
from service.guard import paths
from service.operate.json_log import described
from service.problem import Problem

KEPT = ("retry-after", "www-authenticate", "allow", "set-cookie", "location")
SENTENCES = {  # what the page shows its visitor
    401: ("A login is needed", "log in first"),
    413: ("The file is too large", "upload a smaller one"),
    503: ("Too many visitors are waiting, or no room is left for files", "try again in a moment"),
}

FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk

log = logging.getLogger(__name__)


class PageErrors:
    """The middleware around Gradio."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer it in our format where Gradio refuses it."""
        if scope["type"] != "http" or paths.is_api(paths.routed(scope)):
            await self._app(scope, receive, send)
            return
        status, kept = 0, {}

        async def watched(message: Message) -> None:
            nonlocal status, kept
            if message["type"] == "http.response.start":
                status = message["status"]
                kept = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
            if status < 400:
                await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if status and status < 400:
                if not kept.get("content-type", "").startswith("text/event-stream"):
                    raise
                await send({"type": "http.response.body"})  # its last event has told what went wrong
                return
            log.warning("Gradio could not handle a request: %s", described(error))
            status = 503 if getattr(error, "errno", None) in FULL else 500
        if status >= 400:
            await _problem(status, kept).response()(scope, receive, send)


def _problem(status: int, headers: dict[str, str]) -> Problem:
    # Handlers of the page run behind Gradio's queue: its routes themselves fail on requests alone.
    status = 400 if status == 500 else status
    what, remedy = SENTENCES.get(status, ("", ""))
    limit = current().upload_bytes if status == 413 else None
    return Problem(status, what, remedy, limit=limit, headers={name: headers[name] for name in KEPT if name in headers})
