"""Which proxies are believed when they say who asks: those that the operator named, and none by default."""

import ipaddress
import os
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from bakeoff.common.errors import BakeoffError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Trusted:
    """The proxies in front: a number of them, or the networks that they are in.

    Attributes:
        count: that each request passes; the first one may have any address.
        networks: that hold proxies and no visitors.
    """

    count: int = 0
    networks: tuple[Network, ...] = ()

    def __bool__(self) -> bool:
        """Return whether any proxy is trusted."""
        return bool(self.count or self.networks)

    def client(self, scope: Scope) -> str | None:
        """Return the last address that no trusted proxy has; everything before it may be the client's invention.

        Each proxy appends the address that it was asked from, so the list is read from its end.
        """
        peer = (scope.get("client") or (None,))[0]
        if not self:
            return peer
        lines = Headers(scope=scope).getlist("x-forwarded-for")
        chain = [_host(each) for each in ",".join(lines).split(",") if each.strip()] + [peer]
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
        BakeoffError: it is neither a number nor a list of networks.
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
            f"--trusted-proxies is not understood ({error}): expected how many proxies each request passes, such as 1, "
            "or their addresses or networks, such as 127.0.0.1,10.0.0.0/8."
        ) from None


def address_in(host: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is, an IPv4 one where IPv6 only wraps it; None for a name or nothing."""
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
    """Switch off uvicorn's own trust, which is in 127.0.0.1 and in what a variable names.

    uvicorn 0.54 reads the variable whenever a server is made. Gradio makes one without a setting of ours.
    """
    os.environ["FORWARDED_ALLOW_IPS"] = ""
