"""Makes each request say where it was routed, who asks and how, before anything else looks at it."""

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.guard import paths
from service.guard.origins import PORTS
from service.guard.proxies import Trusted
from service.operate.addresses import prefix_of

PASSED = "bakeoff.arrived"  # in the scope of each request that came through here

log = logging.getLogger(__name__)


class Arrival:
    """The outermost middleware.

    Args:
        app: what is behind it.
        root: the root path of the settings.
        trusted: proxies that are believed.
    """

    def __init__(self, app: ASGIApp, root: str, trusted: Trusted):
        self._app = app
        self._prefix = prefix_of(root)
        self._trusted = trusted
        self._told = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a redirect stays on the host that the client knows."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope[PASSED] = True
        self._tell_once(scope)
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
        """Set client and scheme as trusted proxies say, and drop the list, which no one behind is to read."""
        passed, client = self._trusted.passed(scope), self._trusted.client(scope)
        if passed:
            scheme = Headers(scope=scope).get("x-forwarded-proto", "").partition(",")[0].strip().lower()
            if scheme in PORTS and scope["type"] == "http":
                scope["scheme"] = scheme
        if client is not None and passed:
            scope["client"] = (client, 0)
        scope["headers"] = [each for each in scope["headers"] if each[0] != b"x-forwarded-for"]

    def _tell_once(self, scope: Scope) -> None:
        """Log that there seems to be a proxy which nobody named; anyone can cause it, so it comes once."""
        if not self._told and not self._trusted and "x-forwarded-for" in Headers(scope=scope):
            self._told = True
            log.warning(
                "a request came with X-Forwarded-For and no proxy is trusted: behind a proxy all visitors count as one "
                "client until --trusted-proxies names it"
            )


def _without_host(location: str) -> str:
    """Return an address as a path: scheme, host and port are the proxy's to know, and no redirect leads elsewhere."""
    parts = urlsplit(location)
    if not (parts.netloc or parts.path.startswith("/")):
        return location
    path = "/" + parts.path.lstrip("/")
    return parts._replace(scheme="", netloc="", path=path).geturl()
