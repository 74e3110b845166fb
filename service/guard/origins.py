"""Recognizes requests that another website makes with a visitor's browser."""

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

OWN = "bakeoff-page"
# A browser sends it with requests of the page, but not with requests of another site, over plain HTTP too.
OWN_COOKIE = f"{OWN}=1; Path=/; SameSite=Strict; HttpOnly"
PORTS = {"http": 80, "https": 443}
HOSTS = ("host", "x-forwarded-host")  # a proxy may rewrite the first; a website can set neither


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
    return origin is not None and not _is_own(split(origin), headers)


def _is_own(origin: SplitResult, headers: Headers) -> bool:
    """Return whether an origin is the requested host, as far as a proxy in between shows it."""
    if not origin.hostname or origin.scheme not in PORTS:
        return False
    hosts = [split(f"//{headers[name]}") for name in HOSTS if name in headers]
    ports = [host.port for host in hosts if host.hostname == origin.hostname]
    if ports:
        return None in ports or (origin.port or PORTS[origin.scheme]) in ports  # nginx's `Host $host` drops the port
    return OWN in cookie_parser(headers.get("cookie", ""))  # a proxy replaced the host: only the cookie can tell


def split(address: str) -> SplitResult:
    """Return the parts of an address in lower case. They are empty if the browser hides them or they are invalid."""
    try:
        parts = urlsplit(address.lower())
        parts.port  # noqa: B018  raises if the port is not a number
        return parts
    except ValueError:
        return urlsplit("")
