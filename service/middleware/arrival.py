"""Settles the path, client and scheme of each request before anything else reads them."""

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.guard import paths
from service.guard.origins import PORTS
from service.guard.proxies import Trusted
from service.operate.addresses import prefix_of

PASSED = "bakeoff.arrived"  # the key in the scope of each request that passed this middleware

log = logging.getLogger(__name__)


class Arrival:
    """The outermost middleware.

    Args:
        app: The application behind it.
        root: The root path from the settings.
        trusted: The trusted proxies.
    """

    def __init__(self, app: ASGIApp, root: str, trusted: Trusted):
        self._app = app
        self._prefix = prefix_of(root)
        self._trusted = trusted
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and keep redirects on the host that the client knows."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope[PASSED] = True
        self._warn_once(scope)
        self._name_client(scope)
        paths.put_below(scope, self._prefix)

        async def local(message: Message) -> None:
            if message["type"] == "http.response.start" and 300 <= message["status"] < 400:
                headers = MutableHeaders(scope=message)
                if "location" in headers:
                    headers["location"] = _without_host(headers["location"])
            await send(message)

        await self._app(scope, receive, local)

    def _name_client(self, scope: Scope) -> None:
        """Set client and scheme from trusted proxies, and drop the header so that nothing behind reads it."""
        passed, client = self._trusted.passed(scope), self._trusted.client(scope)
        if passed:
            scheme = Headers(scope=scope).get("x-forwarded-proto", "").partition(",")[0].strip().lower()
            if scheme in PORTS and scope["type"] == "http":
                scope["scheme"] = scheme
        if client is not None and passed:
            scope["client"] = (client, 0)
        scope["headers"] = [header for header in scope["headers"] if header[0] != b"x-forwarded-for"]

    def _warn_once(self, scope: Scope) -> None:
        """Warn of a proxy that is not trusted. Anyone can cause the warning, so it is logged only once."""
        if not self._warned and not self._trusted and "x-forwarded-for" in Headers(scope=scope):
            self._warned = True
            log.warning(
                "a request has X-Forwarded-For, and no proxy is trusted: behind a proxy all visitors count as one "
                "client until --trusted-proxies names it"
            )


def _without_host(location: str) -> str:
    """Return a URL as a path. Only the proxy knows scheme, host and port, and no redirect may leave the host."""
    parts = urlsplit(location)
    if not (parts.netloc or parts.path.startswith("/")):
        return location
    path = "/" + parts.path.lstrip("/")
    return parts._replace(scheme="", netloc="", path=path).geturl()
