"""Lets Gradio see the server's address as the visitor's browser does."""

from collections.abc import Sequence
from urllib.parse import SplitResult

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.guard import paths
from service.guard.origins import PORTS, split

FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")  # Gradio builds URLs from these


class AsSeen:
    """Middleware that lets Gradio build URLs with the host that the visitor's browser sees, despite proxies.

    A browser's POST names that host in `Origin`. The header is hidden from Gradio, whose CORS would accept any origin.
    The guard has checked it before.

    Args:
        app: Gradio's application.
        listed: Other websites that may call the server. Their origin is not this server's host.
    """

    def __init__(self, app: ASGIApp, listed: Sequence[str]):
        self._app = app
        self._listed = listed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            origin = Headers(scope=scope).get("origin")
            scope["headers"] = [header for header in scope["headers"] if header[0] != b"origin"]
            if origin and origin not in self._listed and scope["method"] not in paths.READS:
                _see_from(scope, split(origin))
        await self._app(scope, receive, send)


def _see_from(scope: Scope, origin: SplitResult) -> None:
    if origin.netloc and origin.scheme in PORTS:
        replaced = (b"host", *FORWARDED)
        kept = [header for header in scope["headers"] if header[0] not in replaced]
        scope["headers"] = [(b"host", origin.netloc.encode("latin-1", "replace")), *kept]
        scope["scheme"] = origin.scheme
