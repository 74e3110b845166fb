"""Tells requests that another website makes with a visitor's browser from those of the page and of programs."""

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from service.guard import paths

OWN = "bakeoff-page"
# A browser sends it with what the page asks, and with nothing that another site asks, over plain HTTP too.
OWN_COOKIE = f"{OWN}=1; Path=/; SameSite=Strict; HttpOnly"
PORTS = {"http": 80, "https": 443}
HOSTS = ("host", "x-forwarded-host")  # a proxy may rewrite the first; a website can set neither
SEEN_FROM = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")  # by these Gradio makes addresses


def is_foreign(headers: Headers, listed: Sequence[str]) -> bool:
    """Whether a browser sent it for a website that is neither this server's own nor listed.

    Browsers say so in `Sec-Fetch-Site`, where the server has TLS or is local, and in `Origin` with each POST; programs
    send neither.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in ("same-origin", "none") or origin in listed:
        return False
    if site in ("same-site", "cross-site"):
        return True
    return origin is not None and not _is_own(_split(origin), headers)


def _is_own(origin: SplitResult, headers: Headers) -> bool:
    """Whether an origin is the host that was asked, as far as a proxy in between lets it be seen."""
    if not origin.hostname or origin.scheme not in PORTS:
        return False
    hosts = [_split(f"//{headers[name]}") for name in HOSTS if name in headers]
    ports = [host.port for host in hosts if host.hostname == origin.hostname]
    if ports:
        return None in ports or (origin.port or PORTS[origin.scheme]) in ports  # nginx's `Host $host` drops the port
    return OWN in cookie_parser(headers.get("cookie", ""))  # a proxy put its own name there: only the cookie can tell


def _split(address: str) -> SplitResult:
    """Return its parts in small letters; empty ones where the browser hides them or they make no sense."""
    try:
        parts = urlsplit(address.lower())
        parts.port  # noqa: B018  raises where it is no number
        return parts
    except ValueError:
        return urlsplit("")


class AsSeen:
    """Lets Gradio make addresses as the visitor's browser sees the server, whatever proxies have made of the host.

    A browser's POST says so in `Origin`. It is hidden from Gradio, whose CORS would let any in; ours has judged it.

    Args:
        app: Gradio.
        listed: other websites that may ask, of which the origin tells nothing of this server.
    """

    def __init__(self, app: ASGIApp, listed: Sequence[str]):
        self._app = app
        self._listed = listed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            origin = Headers(scope=scope).get("origin")
            scope["headers"] = [each for each in scope["headers"] if each[0] != b"origin"]
            if origin and origin not in self._listed and scope["method"] not in paths.READS:
                _see_from(scope, _split(origin))
        await self._app(scope, receive, send)


def _see_from(scope: Scope, origin: SplitResult) -> None:
    if origin.netloc and origin.scheme in PORTS:
        hidden = (b"host", *SEEN_FROM)
        kept = [each for each in scope["headers"] if each[0] not in hidden]
        scope["headers"] = [(b"host", origin.netloc.encode("latin-1", "replace")), *kept]
        scope["scheme"] = origin.scheme
