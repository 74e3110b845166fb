"""What is counted for each client's address: failed logins, and requests a minute."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from service.guard.proxies import address_in

FREE_FAILURES = 3  # a person mistypes
LONGEST_SECONDS = 60.0
FORGET_SECONDS = 900.0
MOST_CLIENTS = 10_000  # remembered; the least recent are forgotten first


def address_of(scope: dict) -> str:
    """Who asks: an address, or the network of an IPv6 one, of which one client has many."""
    host = (scope.get("client") or ("unknown", 0))[0]
    address = address_in(host)
    if address is None:
        return host[:64]
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


@dataclass
class _Failures:
    count: int
    last: float


class FailedLogins:
    """After three failed logins a client must wait a second before the next, then two, then four, up to a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._clients: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, client: str) -> float:
        """Seconds until the client may try again; 0 for now."""
        found = self._clients.get(client)
        if found is None or found.count < FREE_FAILURES:
            return 0.0
        doublings = min(found.count - FREE_FAILURES, math.ceil(math.log2(LONGEST_SECONDS)))  # no power without end
        return max(0.0, found.last + min(2.0**doublings, LONGEST_SECONDS) - self._clock())

    def failed(self, client: str) -> None:
        """Count a failed login."""
        now = self._clock()
        found = self._clients.pop(client, None)
        count = found.count if found and now - found.last < FORGET_SECONDS else 0
        self._clients[client] = _Failures(count + 1, now)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)

    def succeeded(self, client: str) -> None:
        """Forget a client's failed logins."""
        self._clients.pop(client, None)


class RateLimit:
    """So many requests of a client in each minute of the clock.

    Args:
        most: requests; None for no limit.
        clock: seconds.
    """

    def __init__(self, most: int | None, clock: Callable[[], float] = time.monotonic):
        self._most = most
        self._clock = clock
        self._minute = 0
        self._counts: dict[str, int] = {}

    def wait(self, client: str) -> float:
        """Count a request; seconds until the next is taken if this one is too many, else 0."""
        if self._most is None:
            return 0.0
        now = self._clock()
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get(client, 0) + 1
        self._counts[client] = count
        return 60 * (minute + 1) - now if count > self._most else 0.0
