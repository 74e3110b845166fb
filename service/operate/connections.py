"""Bounds the connections of a server: their number, their idle time, and how slow a client may be.

uvicorn waits without limit for a header, and for a client that does not read its answer. asyncio logs thousands of
lines per second when no file handles are left. Both servers, the API's and Gradio's, are a `BoundedServer`.
"""

import asyncio
import logging
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.h11_impl import H11Protocol

from bakeoff.common.limits import current
from service.operate.json_log import described, take_over
from service.problem import Problem

RESERVED_HANDLES = 128  # file handles for files, models and the event loop
SWEEP_TICKS = 10  # uvicorn's ticks of 0.1 s between two checks for slow clients
DROP = struct.pack("ii", 1, 0)  # a linger time of zero: closing discards unsent data

log = logging.getLogger(__name__)


class Connection(H11Protocol):
    """One client's connection. It records since when it has been waiting for the client."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.timeout_keep_alive = current().keep_alive_seconds
        self._header_since: float | None = None
        self._quiet_since = self._read_since = time.monotonic()
        self._unread = 0

    @property
    def idle(self) -> bool:
        """Return whether no request is being handled."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def quiet_since(self) -> float:
        """Return when the client last sent data, in seconds of `time.monotonic`."""
        return self._quiet_since

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start the time limit for the first header."""
        super().connection_made(transport)
        self._header_since = self._quiet_since

    def data_received(self, data: bytes) -> None:
        """Pass the data on. The time limit for a header runs from its first byte to its last."""
        self._quiet_since = time.monotonic()
        super().data_received(data)
        if not self.idle:
            self._header_since = None
        elif self._header_since is None:
            self._header_since = self._quiet_since

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing. Any client can request a websocket, and its request is answered as a plain one."""

    def resume_writing(self) -> None:
        """Record that the client reads."""
        self._read_since = time.monotonic()
        super().resume_writing()

    def overdue(self, now: float) -> bool:
        """Return whether the client takes too long to send its header or to read its answer.

        Args:
            now: Seconds of `time.monotonic`. The server calls this about once per second.
        """
        unread = self.transport.get_write_buffer_size()
        if not unread or unread < self._unread:
            self._read_since = now
        self._unread = unread
        limits = current()
        slow = self._header_since is not None and now - self._header_since > limits.header_seconds
        return slow or now - self._read_since > limits.unread_seconds

    def cut(self) -> None:
        """End the connection at once. The operating system drops unsent data too."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP)
        self.transport.abort()


class Listener(socket.socket):
    """A listening socket with a bounded number of connections.

    When the bound is reached, the connection that has been idle longest is closed for the next client. If none is
    idle, the next client gets status 503.

    Args:
        limit: The maximum number of open connections of this socket.
        make_room: A function that gets the number of open connections, closes an idle one soon, and returns whether
            there will be room.
    """

    def __init__(self, *arguments: Any, limit: int, make_room: Callable[[int], bool]):
        super().__init__(*arguments)
        self._limit = limit
        self._make_room = make_room
        self._open: list[socket.socket] = []

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept the next connection.

        Raises:
            BlockingIOError: No connection is accepted now. asyncio tries again when the next client waits.
        """
        if len(self._open) >= self._limit:
            self._open = [connection for connection in self._open if connection.fileno() >= 0]
        if len(self._open) < self._limit:
            connection, address = super().accept()
            self._open.append(connection)
            return connection, address
        if not self._make_room(len(self._open)):
            _refuse(super().accept()[0])
        raise BlockingIOError


def _refuse(connection: socket.socket) -> None:
    """Answer 503 without waiting for the client."""
    log.warning("too many connections are open: another one was refused")
    problem = Problem(503, "Too many connections are open", code="too_many_open", headers={"Retry-After": "1"})
    response = problem.response()
    headers = [(b"connection", b"close"), *response.raw_headers]
    lines = [b"HTTP/1.1 503 Service Unavailable", *(b": ".join(header) for header in headers), b"", response.body]
    with connection:
        connection.setblocking(False)
        try:
            connection.send(b"\r\n".join(lines))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(2**16)  # data that is unread at the close would discard the answer
        except OSError:
            return


class BoundedServer(uvicorn.Server):
    """uvicorn with bounded connections: the base of the API's server and of Gradio's."""

    def __init__(self, config: uvicorn.Config, *arguments: Any, **named: Any):
        config.http = Connection
        config.ws = "none"  # we have no websocket routes
        config.loop = "asyncio"  # other loops do not call `Listener.accept`
        super().__init__(config, *arguments, **named)
        take_over("uvicorn", "uvicorn.error")  # Gradio lets uvicorn print its logs

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on bounded sockets, and log faults of the event loop in our format."""
        asyncio.get_running_loop().set_exception_handler(_log_fault)
        await super().startup(sockets or self._listeners())

    async def on_tick(self, counter: int) -> bool:
        """Cut the connections of clients that are too slow."""
        if counter % SWEEP_TICKS == 0:
            now = time.monotonic()
            for connection in [connection for connection in self._connections if connection.overdue(now)]:
                connection.cut()
        return await super().on_tick(counter)

    @property
    def _connections(self) -> set[Connection]:
        """Return uvicorn's connections, which `config.http` makes ours."""
        return cast(set[Connection], self.server_state.connections)

    def _listeners(self) -> list[socket.socket]:
        """Bind a socket for each of the host's addresses, as asyncio does."""
        host, port, limit = self.config.host or None, self.config.port, connection_limit()
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            return [self._listener(family, address, limit) for family, _, _, _, address in dict.fromkeys(addresses)]
        except OSError as error:
            log.error("the server can't listen on %s, port %s: %s", self.config.host, port, error)
            sys.exit(STARTUP_FAILURE)

    def _listener(self, family: int, address: tuple, limit: int) -> socket.socket:
        listener = Listener(family, socket.SOCK_STREAM, limit=limit, make_room=self._make_room)
        if sys.platform != "win32":  # on Windows, it would let others listen on the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        return listener

    def _make_room(self, accepted: int) -> bool:
        connections = self._connections
        if len(connections) < accepted:
            return True  # the newest are not registered yet, and may turn out to be idle
        idle = [connection for connection in connections if connection.idle and not connection.transport.is_closing()]
        if idle:
            min(idle, key=lambda connection: connection.quiet_since).transport.abort()
        return bool(idle)


def connection_limit() -> int:
    """Return the maximum number of connections: the configured limit, or what the process's file handles allow.

    If necessary, this raises the process's limit on file handles as far as the system allows.
    """
    limit = current().connections
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return limit
    handles, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limit + RESERVED_HANDLES
    if handles < wanted:
        handles = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (handles, highest))
    return max(1, min(limit, handles - min(RESERVED_HANDLES, handles // 2)))


def _log_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an uncaught exception as one line. asyncio's own lines would quote a visitor's data."""
    error = context.get("exception")
    log.error("a fault in the event loop: %s", described(error) if error else "without an exception")
