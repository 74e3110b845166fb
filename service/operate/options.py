"""Defines the command line's options for the API and the limits. Most of them have an environment variable."""

import argparse
import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from bakeoff.common.errors import BakeoffError
from bakeoff.common.limits import Limits
from service.guard.access import Access
from service.guard.proxies import trusted
from service.operate.addresses import ROOT_PATH, root_path
from service.operate.settings import Settings


def add(group: argparse._ArgumentGroup) -> None:
    """Add the options to a parser's group."""
    environment = os.environ.get
    group.add_argument("--api-only", action="store_true", help="serve the REST API without the page")
    decision = "of `bakeoff decide`, or a folder of reports, for the tab Decide (default: $BAKEOFF_DECISION)"
    group.add_argument(
        "--decision", type=Path, default=environment("BAKEOFF_DECISION") or None, metavar="PATH", help=decision
    )
    tokens = "a bearer token that opens the API; may be given again (default: $BAKEOFF_API_TOKENS, separated by spaces)"
    group.add_argument("--api-token", action="append", metavar="TOKEN", help=tokens)
    origins = (
        "a website, such as https://example.org, whose pages may call the API; may be given again (default: "
        "$BAKEOFF_CORS_ORIGINS, separated by spaces)"
    )
    group.add_argument("--cors-origin", action="append", type=_origin, metavar="ORIGIN", help=origins)
    rate = "requests with a body that a client may send in a minute (default: $BAKEOFF_RATE_LIMIT, else no limit)"
    group.add_argument(
        "--rate-limit", type=_positive, default=environment("BAKEOFF_RATE_LIMIT") or None, metavar="N", help=rate
    )
    proxies = (
        "how many proxies each request passes, or the addresses and networks that they have, such as "
        "127.0.0.1,10.0.0.0/8; who asks is then the last other address in X-Forwarded-For, else whoever connects "
        "(default: $BAKEOFF_TRUSTED_PROXIES, else none)"
    )
    group.add_argument(
        "--trusted-proxies", default=environment("BAKEOFF_TRUSTED_PROXIES"), metavar="N|CIDR[,CIDR…]", help=proxies
    )
    names = ", ".join(field.name for field in fields(Limits))
    changed = f"change a limit ({names}); may be given again (default: $BAKEOFF_LIMIT_NAME)"
    group.add_argument("--limit", action="append", type=_setting, default=[], metavar="NAME=VALUE", help=changed)
    group.add_argument(
        "--mcp", action="store_true", help="also serve the page's functions to MCP clients (needs gradio[mcp])"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", text):
        raise argparse.ArgumentTypeError(
            f"{text} is not a valid origin: give scheme and host, such as https://example.org"
        )
    return text


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not a valid limit: give NAME=VALUE, such as rows=500")
    return name, value


def settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings from the flags and the environment.

    Raises:
        BakeoffError: The login, a token, an origin, a proxy or the root path is invalid.
    """
    access = Access(credentials(arguments.auth), tokens_for(arguments.api_token))
    origins = arguments.cors_origin
    if origins is None:
        origins = map(_named_origin, os.environ.get("BAKEOFF_CORS_ORIGINS", "").split())
    root = root_path(os.environ.get(ROOT_PATH, ""))
    proxies = trusted(arguments.trusted_proxies)
    return Settings(access, tuple(origins), arguments.rate_limit, arguments.decision, proxies, root)


def _named_origin(text: str) -> str:
    try:
        return _origin(text)
    except argparse.ArgumentTypeError as error:
        raise BakeoffError(f"$BAKEOFF_CORS_ORIGINS: {error}.") from None


def limits_for(chosen: Sequence[tuple[str, str]]) -> Limits:
    """Return the limits, changed by the environment and then by the flags.

    Raises:
        BakeoffError: A name is unknown or a value is invalid.
    """
    prefix = "BAKEOFF_LIMIT_"
    variables = {
        name.removeprefix(prefix).lower(): value for name, value in os.environ.items() if name.startswith(prefix)
    }
    return Limits().changed(variables | dict(chosen))


def tokens_for(flags: Sequence[str] | None) -> tuple[str, ...]:
    """Return the bearer tokens of the flags, else of the environment.

    Raises:
        BakeoffError: A token is too short or has other characters than letters, digits and signs.
    """
    tokens = tuple(flags if flags is not None else os.environ.get("BAKEOFF_API_TOKENS", "").split())
    if any(not re.fullmatch(r"[!-~]{16,}", token) for token in tokens):
        raise BakeoffError(
            "an API token is too short: expected at least 16 letters, digits and signs, as `openssl rand -hex 16` "
            "prints."
        )
    return tokens


def credentials(text: str | None) -> tuple[str, str] | None:
    """Return the user and the password of `USER:PASSWORD`.

    Raises:
        BakeoffError: One of them is missing.
    """
    if not text:
        return None
    user, _, password = text.partition(":")
    if not user or not password:
        raise BakeoffError(
            "--auth is invalid: expected USER:PASSWORD with both parts; correct --auth or $BAKEOFF_AUTH."
        )
    return user, password


def check_mcp(wanted: bool) -> None:
    """Check that the package for MCP is installed. It is not among our requirements.

    Raises:
        BakeoffError: MCP is wanted and the package is not installed.
    """
    if wanted and importlib.util.find_spec("mcp") is None:
        raise BakeoffError(
            "the MCP server needs the package mcp, which is not installed: install it with "
            'pip install -r requirements.txt "gradio[mcp]".'
        )
