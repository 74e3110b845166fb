"""Decides where the server listens, and below which path its visitors find it."""

import errno
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bakeoff.common.errors import BakeoffError

LOCALHOST, FIRST_PORT, PORTS = "127.0.0.1", 7860, 100  # Gradio's defaults
NAME, PORT, TRIES, ROOT_PATH = "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS", "GRADIO_ROOT_PATH"
PORT_TAKEN = (errno.EADDRINUSE, errno.EACCES)  # the second one is what Windows says of some ports
ROOT = re.compile(r"(https?://([\w.-]+|\[[0-9a-f:]+\])(:\d+)?)?(/[\w.~-]+)*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """An address of this machine that is free to listen on.

    Attributes:
        host: A name or an address. An IPv6 address has no brackets.
        port: The port.
    """

    host: str
    port: int

    @property
    def name(self) -> str:
        """Return the host as it is written in a URL: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host


def find_place(host: str | None, port: int | None, page: bool, environment: Mapping[str, str] = os.environ) -> Place:
    """Return where to listen: from the flags, else from Gradio's variables, else the first free port from 7860.

    Args:
        host: The value of --host.
        port: The value of --port.
        page: Whether Gradio listens there. It needs the port on 127.0.0.1 too, and searches if no port was chosen.
        environment: The environment variables.

    Raises:
        BakeoffError: A port is invalid, the host is not one of this machine's, or the port is taken.
    """
    host = (host or environment.get(NAME) or LOCALHOST).strip()
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    port = port or _number(environment, PORT, 65535)
    tries = (_number(environment, TRIES, 65535 - FIRST_PORT) or PORTS) if page and not port else 1
    first = port or FIRST_PORT
    for candidate in range(first, first + tries):
        places = [Place(host, candidate), *([Place(LOCALHOST, candidate)] if page else [])]
        error = next(filter(None, map(_why_not, places)), None)
        if error is None:
            return places[0]
        if error.errno not in PORT_TAKEN:  # no other port would help, and each try asks a name server again
            break
    ports = f"port {first}" if candidate == first else f"ports {first} to {candidate}"
    raise BakeoffError(
        f"the app can't listen on {host}, {ports} ({error.strerror or error}); choose others with --host and --port."
    ) from error


def _number(environment: Mapping[str, str], name: str, most: int) -> int | None:
    """Return the number in a variable; None if it is not set."""
    text = environment.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise BakeoffError(f"${name} is {text!r}: expected a number from 1 to {most}; correct it or unset it.")
    return int(text)


def _why_not(place: Place) -> OSError | None:
    """Listen there for a moment, and return the error if that fails."""
    try:
        family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        with socket.create_server((place.host, place.port), family=family):
            return None
    except OSError as error:
        return error
    except UnicodeError:
        return OSError(None, "it is not a host name")


def leave_nothing_to_gradio() -> None:
    """Unset Gradio's variables, which `find_place` has read. Gradio itself would not accept IPv6 in them."""
    for name in (NAME, PORT, TRIES):
        os.environ.pop(name, None)


def root_path(text: str) -> str:
    """Return GRADIO_ROOT_PATH without its last slash: a path such as `/bakeoff`, an address that ends in one, or "".

    Raises:
        BakeoffError: The text is neither a path nor such an address.
    """
    text = text.strip().rstrip("/")
    if not ROOT.fullmatch(text):
        raise BakeoffError(
            f"${ROOT_PATH} is {text!r}: expected a path such as /bakeoff, or an address such as "
            "https://example.org/bakeoff, of letters, digits and - _ . ~ only; correct it or unset it."
        )
    return text


def prefix_of(root: str) -> str:
    """Return the path of a root path, which may be a whole address."""
    return urlsplit(root).path
