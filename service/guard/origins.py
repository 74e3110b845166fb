"""Recognizes requests that another website makes with a visitor's browser."""

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from service.guard import paths

OWN = "bakeoff-page"
# A browser sends it with requests of the page, but not with requests of another site, over plain HTTP too.
OWN_COOKIE = f"{OWN}=1; Path=/; SameSite=Strict; HttpOnly"
PORTS = {"http": 80, "https": 443}
HOSTS = ("host", "x-forwarded-host")  # a proxy may rewrite the first; a website can set neither
FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")  # Gradio builds URLs from these


def is_foreign(headers: Headers, listed: Sequence[str]) -> bool:
    """Return whether a browser sent the request for a website that is neither this server nor listed.

    Browsers send `Sec-Fetch-Site` if the server has TLS or is local, and `Origin` with each POST. Programs send
    neither.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in ("same-origin", "none") or origin in listed:
        return False
    if site in ("same-site", "cross-site"):
        return True
    return origin is not None and not _is_own(_split(origin), headers)


def _is_own(origin: SplitResult, headers: Headers) -> bool:
    """Return whether an origin is the requested host, as far as a proxy in between shows it."""
    if not origin.hostname or origin.scheme not in PORTS:
        return False
    hosts = [_split(f"//{headers[name]}") for name in HOSTS if name in headers]
    ports = [host.port for host in hosts if host.hostname == origin.hostname]
    if ports:
        return None in ports or (origin.port or PORTS[origin.scheme]) in ports  # nginx's `Host $host` drops the port
    return OWN in cookie_parser(headers.get("cookie", ""))  # a proxy replaced the host: only the cookie can tell


def _split(address: str) -> SplitResult:
    """Return the parts of an address in lower case. They are empty if the browser hides them or they are invalid."""
    try:
        parts = urlsplit(address.lower())
        parts.port  # noqa: B018  raises if the port is not a number
        return parts
    except ValueError:
        return urlsplit("")


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
                _see_from(scope, _split(origin))
        await self._app(scope, receive, send)


def _see_from(scope: Scope, origin: SplitResult) -> None:
    if origin.netloc and origin.scheme in PORTS:
        replaced = (b"host", *FORWARDED)
        kept = [header for header in scope["headers"] if header[0] not in replaced]
        scope["headers"] = [(b"host", origin.netloc.encode("latin-1", "replace")), *kept]
        scope["scheme"] = origin.scheme
