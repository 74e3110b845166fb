"""Replaces Gradio's own error answers by ours, because Gradio's bodies quote the input."""

import errno
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bakeoff.common.limits import current
from service.guard import paths
from service.operate.json_log import described
from service.problem import Problem

KEPT = ("retry-after", "www-authenticate", "allow", "set-cookie", "location")
SENTENCES = {  # the page shows these to its visitor
    401: ("A login is required", "log in first"),
    413: ("The file is too large", "upload a smaller one"),
    503: ("Too many visitors are waiting, or the server has no room for files", "try again in a moment"),
}

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

log = logging.getLogger(__name__)


class PageErrors:
    """The middleware around Gradio."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer in our format if Gradio refuses it."""
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
                await send({"type": "http.response.body"})  # its last event has described the error
                return
            log.warning("Gradio could not handle a request: %s", described(error))
            status = 503 if getattr(error, "errno", None) in DISK_FULL else 500
        if status >= 400:
            await _problem(status, kept).response()(scope, receive, send)


def _problem(status: int, headers: dict[str, str]) -> Problem:
    # The page's handlers run behind Gradio's queue. Its routes themselves fail only on invalid requests.
    status = 400 if status == 500 else status
    what, remedy = SENTENCES.get(status, ("", ""))
    limit = current().upload_bytes if status == 413 else None
    return Problem(status, what, remedy, limit=limit, headers={name: headers[name] for name in KEPT if name in headers})
