"""Tells requests that another website makes with a visitor's browser from those of the page and of programs."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_foreign(headers: Headers, listed: Sequence[str]) -> bool:
    """Whether a browser sent it for a website that is neither this server's own nor listed.

    Browsers say so in `Sec-Fetch-Site`, and in `Origin` with each POST; programs send neither.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in ("same-origin", "none") or origin in listed:
        return False
    if site == "cross-site":
        return True
    own = {headers.get(name, "").lower() for name in ("host", "x-forwarded-host")}  # a proxy may rewrite the first
    return origin is not None and _host(origin) not in own


def _host(origin: str) -> str | None:
    """Host and port; None where the browser hides them."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
