"""Counts failed logins and requests per minute for each client's address."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from service.guard.proxies import address_in

FREE_FAILURES = 3  # failed logins without a delay, because people mistype
MAX_DELAY_SECONDS = 60.0  # the longest delay after a failed login
FORGET_SECONDS = 900.0  # the time after which failed logins no longer count
MAX_CLIENTS = 10_000  # clients with failed logins that are remembered; the least recent are forgotten first


def address_of(scope: dict) -> str:
    """Return the client's IPv4 address or its IPv6 /64 network, because one client has many IPv6 addresses."""
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
    """Delays for clients with failed logins: after three failures 1 s, then 2 s, 4 s and so on, up to 60 s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._clients: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, client: str) -> float:
        """Return the seconds until the client may try again; 0 means now."""
        failures = self._clients.get(client)
        if failures is None or failures.count < FREE_FAILURES:
            return 0.0
        # The exponent is bounded: a power of thousands of failures would overflow.
        doublings = min(failures.count - FREE_FAILURES, math.ceil(math.log2(MAX_DELAY_SECONDS)))
        return max(0.0, failures.last + min(2.0**doublings, MAX_DELAY_SECONDS) - self._clock())

    def failed(self, client: str) -> None:
        """Count a failed login."""
        now = self._clock()
        failures = self._clients.pop(client, None)
        count = failures.count if failures and now - failures.last < FORGET_SECONDS else 0
        self._clients[client] = _Failures(count + 1, now)
        if len(self._clients) > MAX_CLIENTS:
            self._clients.popitem(last=False)

    def succeeded(self, client: str) -> None:
        """Forget a client's failed logins."""
        self._clients.pop(client, None)


class RateLimit:
    """A limit on the requests of a client in each minute of the clock.

    Args:
        limit: The requests per minute; None for no limit.
        clock: A function that returns seconds.
    """

    def __init__(self, limit: int | None, clock: Callable[[], float] = time.monotonic):
        self._limit = limit
        self._clock = clock
        self._minute = 0
        self._counts: dict[str, int] = {}

    def wait(self, client: str) -> float:
        """Count a request. Return 0, or the seconds until the next minute if this request exceeds the limit."""
        if self._limit is None:
            return 0.0
        now = self._clock()
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get(client, 0) + 1
        self._counts[client] = count
        return 60 * (minute + 1) - now if count > self._limit else 0.0
