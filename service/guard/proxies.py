"""Decides which proxies are trusted to name the client: those that the operator lists, and none by default."""

import ipaddress
import os
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from bakeoff.common.errors import BakeoffError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Trusted:
    """The trusted proxies in front of the server, given by their number or by their networks.

    Attributes:
        count: The number of proxies that each request passes, whatever their addresses are.
        networks: Networks that hold proxies and no visitors.
    """

    count: int = 0
    networks: tuple[Network, ...] = ()

    def __bool__(self) -> bool:
        """Return whether any proxy is trusted."""
        return bool(self.count or self.networks)

    def client(self, scope: Scope) -> str | None:
        """Return the last address that is not a trusted proxy's. The client may have invented all earlier ones.

        Each proxy appends the address of its own client, so the list is read from its end.
        """
        peer = (scope.get("client") or (None,))[0]
        if not self:
            return peer
        lines = Headers(scope=scope).getlist("x-forwarded-for")
        chain = [_host(entry) for entry in ",".join(lines).split(",") if entry.strip()] + [peer]
        if self.count:
            return chain[max(0, len(chain) - 1 - self.count)]
        while len(chain) > 1 and self._holds(chain[-1]):
            chain.pop()
        return chain[-1]

    def passed(self, scope: Scope) -> bool:
        """Return whether the request came from a trusted proxy."""
        return bool(self.count) or self._holds((scope.get("client") or (None,))[0])

    def _holds(self, host: str | None) -> bool:
        address = address_in(host)
        return address is not None and any(address in network for network in self.networks)


def trusted(text: str | None) -> Trusted:
    """Return the proxies of `--trusted-proxies N|CIDR[,CIDR…]`.

    Raises:
        BakeoffError: The text is neither a number nor a list of networks.
    """
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if len(parts) == 1 and parts[0].isdecimal() and int(parts[0][:4]) <= 100:
        return Trusted(count=int(parts[0]))
    return Trusted(networks=tuple(_network(part) for part in parts))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise BakeoffError(
            f"--trusted-proxies is invalid ({error}): expected the number of proxies that each request passes, such as "
            "1, or their addresses or networks, such as 127.0.0.1,10.0.0.0/8."
        ) from None


def address_in(host: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return a host's IP address, or None for a name. An IPv4 address inside IPv6 is returned as IPv4."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _host(text: str) -> str:
    """Return an entry without its port: `1.2.3.4:5`, `[::1]:5`, `::1`."""
    text = text.strip().strip('"')
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def replace_uvicorn_s() -> None:
    """Switch off uvicorn's own trust in 127.0.0.1 and in the addresses of an environment variable.

    uvicorn 0.54 reads the variable when a server is created. Gradio creates its server without our settings.
    """
    os.environ["FORWARDED_ALLOW_IPS"] = ""
