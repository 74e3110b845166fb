"""Bounds the connections of a server: how many there are, how long one may be idle, and how slow its client may be.

uvicorn waits for a header, and for a client that reads nothing, as long as the client likes; and asyncio logs thousands
of lines a second where no handles are left. Both servers, the API's and Gradio's, are a `BoundedServer`.
"""

import asyncio
import logging
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.h11_impl import H11Protocol

from bakeoff.common.limits import current
from service.operate.json_log import described, take_over
from service.problem import Problem

RESERVED_HANDLES = 128  # for files, models and the event loop
SWEEP_TICKS = 10  # of 0.1 s, in which uvicorn counts
DROP = struct.pack("ii", 1, 0)  # linger for no time

log = logging.getLogger(__name__)


class Connection(H11Protocol):
    """One client's connection, which knows since when it waits for its client."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.timeout_keep_alive = current().keep_alive_seconds
        self._header_since: float | None = None
        self._quiet_since = self._read_since = time.monotonic()
        self._unread = 0

    @property
    def idle(self) -> bool:
        """Whether no request is being handled."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def quiet_since(self) -> float:
        """When the client last sent something."""
        return self._quiet_since

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Wait for the first header."""
        super().connection_made(transport)
        self._header_since = self._quiet_since

    def data_received(self, data: bytes) -> None:
        """Read on; the time for a header runs from its first byte to its last."""
        self._quiet_since = time.monotonic()
        super().data_received(data)
        if not self.idle:
            self._header_since = None
        elif self._header_since is None:
            self._header_since = self._quiet_since

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: any client can ask for a websocket, and is answered as if it had not."""

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._read_since = time.monotonic()
        super().resume_writing()

    def overdue(self, now: float) -> bool:
        """Return whether the client takes too long to send its header or to read its answer.

        Args:
            now: in seconds of `time.monotonic`; called about once a second.
        """
        unread = self.transport.get_write_buffer_size()
        if not unread or unread < self._unread:
            self._read_since = now
        self._unread = unread
        limits = current()
        slow = self._header_since is not None and now - self._header_since > limits.header_seconds
        return slow or now - self._read_since > limits.unread_seconds

    def cut(self) -> None:
        """End the connection at once; the system too drops what the client has not read."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP)
        self.transport.abort()


class Listener(socket.socket):
    """A listening socket that takes no more connections than there may be.

    When all are taken, the one that has been idle longest is closed for the next client; where none is idle, the next
    client gets the answer 503.

    Args:
        most: connections at one time, of this socket.
        make_room: is told how many are taken, closes an idle one soon, and returns whether there will be room.
    """

    def __init__(self, *arguments: Any, most: int, make_room: Callable[[int], bool]):
        super().__init__(*arguments)
        self._most = most
        self._make_room = make_room
        self._taken: list[socket.socket] = []

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept the next connection.

        Raises:
            BlockingIOError: none is taken now; asyncio comes back when the next client waits.
        """
        if len(self._taken) >= self._most:
            self._taken = [each for each in self._taken if each.fileno() >= 0]
        if len(self._taken) < self._most:
            connection, address = super().accept()
            self._taken.append(connection)
            return connection, address
        if not self._make_room(len(self._taken)):
            _refuse(super().accept()[0])
        raise BlockingIOError


def _refuse(connection: socket.socket) -> None:
    """Answer 503 as far as that is possible at once."""
    log.warning("too many connections are open: one more was refused")
    problem = Problem(503, "Too many connections are open", code="too_many_open", headers={"Retry-After": "1"})
    response = problem.response()
    headers = [(b"connection", b"close"), *response.raw_headers]
    lines = [b"HTTP/1.1 503 Service Unavailable", *(b": ".join(each) for each in headers), b"", response.body]
    with connection:
        connection.setblocking(False)
        try:
            connection.send(b"\r\n".join(lines))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(2**16)  # what is unread when a connection is closed makes the answer vanish
        except OSError:
            return


class BoundedServer(uvicorn.Server):
    """uvicorn with bounded connections; a base for the API's server and for Gradio's."""

    def __init__(self, config: uvicorn.Config, *arguments: Any, **named: Any):
        config.http = Connection
        config.ws = "none"  # no route of ours is a websocket
        config.loop = "asyncio"  # others don't ask a `Listener`
        super().__init__(config, *arguments, **named)
        take_over("uvicorn", "uvicorn.error")  # Gradio lets uvicorn print

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        asyncio.get_running_loop().set_exception_handler(_log_fault)
        await super().startup(sockets or self._listeners())

    async def on_tick(self, counter: int) -> bool:
        """Cut the connections of clients that are too slow."""
        if counter % SWEEP_TICKS == 0:
            now = time.monotonic()
            for each in [each for each in self.server_state.connections if each.overdue(now)]:
                each.cut()
        return await super().on_tick(counter)

    def _listeners(self) -> list[socket.socket]:
        """Bind a socket for each of the host's addresses, as asyncio does."""
        host, port, most = self.config.host or None, self.config.port, most_connections()
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            return [self._listener(family, address, most) for family, _, _, _, address in dict.fromkeys(found)]
        except OSError as error:
            log.error("the server can't listen on %s, port %s: %s", self.config.host, port, error)
            sys.exit(STARTUP_FAILURE)

    def _listener(self, family: int, address: tuple, most: int) -> socket.socket:
        listener = Listener(family, socket.SOCK_STREAM, most=most, make_room=self._make_room)
        if sys.platform != "win32":  # where it would let others listen on the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        return listener

    def _make_room(self, taken: int) -> bool:
        if len(self.server_state.connections) < taken:
            return True  # some were accepted in this very moment, and may turn out to be idle
        idle = [each for each in self.server_state.connections if each.idle and not each.transport.is_closing()]
        if idle:
            min(idle, key=lambda each: each.quiet_since).transport.abort()
        return bool(idle)


def most_connections() -> int:
    """Return how many connections there may be: the limit, or what the process's handles allow.

    Raises the limit on handles as far as the process may.
    """
    most = current().connections
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return most
    handles, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + RESERVED_HANDLES
    if handles < wanted:
        handles = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (handles, highest))
    return max(1, min(most, handles - min(RESERVED_HANDLES, handles // 2)))


def _log_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught, in place of asyncio's many lines, which quote a visitor's data."""
    error = context.get("exception")
    log.error("a fault in the event loop: %s", described(error) if error else "no exception was given")
