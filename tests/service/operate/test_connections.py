"""Test the number of connections and how slow clients may be, under both servers."""

import http.client
import json
import resource
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from bakeoff.common import limits
from service.operate import connections
from tests.service.operate.test_stopping import is_ready, running
from tests.support.serving import serving, wait_for
from tests.tabs.test_served_page import launched

SERVERS = {"api": serving, "page": None}
HANDLES = 256


@contextmanager
def served(name, **changed):
    """Serve the API alone or the page, with changed limits."""
    if name == "api":
        with serving(**changed) as server:
            yield server
        return
    before = limits.current()
    limits.use(limits.Limits().changed({key: str(value) for key, value in changed.items()}))
    try:
        with launched() as server:
            yield server
    finally:
        limits.use(before)


def connect(server, sent=b""):
    client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    client.sendall(sent)
    return client


def is_closed(client):
    """Return whether the server has closed the connection, discarding what it sent before."""
    try:
        while select.select([client], [], [], 0)[0]:
            if not client.recv(2**16):
                return True
    except OSError:
        return True
    return False


@pytest.mark.parametrize("name", SERVERS)
def test_a_header_that_does_not_come_ends_the_connection(name):
    with served(name, header_seconds=1) as server, ExitStack() as stack:
        half = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
        clients = [stack.enter_context(connect(server, sent)) for sent in (b"", half)]
        again = stack.enter_context(connect(server, half + b"\r\n"))
        assert again.recv(2**16).startswith(b"HTTP/1.1 200")
        again.sendall(half)  # the second request of a connection counts too
        trickle = stack.enter_context(connect(server, half))

        def all_closed():
            if not is_closed(trickle):
                try:
                    trickle.sendall(b"X")  # an occasional byte does not make a complete header
                except OSError:
                    return False
            time.sleep(0.1)
            return all(map(is_closed, [*clients, again, trickle]))

        wait_for(all_closed, 30)
        assert server.get("/health/live").status == 200


@pytest.mark.parametrize("name", SERVERS)
def test_a_connection_stays_open_as_long_as_the_operator_says(name):
    assert limits.Limits().keep_alive_seconds > 60  # as long as load balancers keep connections
    with served(name, keep_alive_seconds=1, header_seconds=600) as server, connect(server) as client:
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(2**16).startswith(b"HTTP/1.1 200")
        wait_for(lambda: is_closed(client))
    with served(name, keep_alive_seconds=600) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for wait in (0, 6):  # uvicorn's own choice is 5 s
            time.sleep(wait)
            client.request("GET", "/health/live")
            assert client.getresponse().read()
        client.close()


@pytest.mark.parametrize("name", SERVERS)
def test_an_answer_that_nobody_reads_ends_its_connection(name):
    path = "/config" if name == "page" else "/api/docs"
    with served(name, unread_seconds=1) as server:
        client = socket.socket()
        with client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            client.sendall(request * 1000)  # the answers exceed the system's buffers
            cut = select.poll()
            cut.register(client, 0)  # reports a closed connection even if data is unread
            wait_for(lambda: cut.poll(0), 60)


def test_the_connection_that_is_idle_longest_makes_room():
    with serving(connections=8) as server, ExitStack() as stack:
        idle = [stack.enter_context(connect(server)) for _ in range(8)]
        for _ in range(3):
            assert server.get("/health/live").status == 200
        assert is_closed(idle[0])
        assert not is_closed(idle[-1])


def test_where_none_is_idle_the_next_client_is_told(caplog):
    from tests.support.serving import Slow

    model = Slow()
    model.gate.clear()
    with serving((model, Slow("TensorFlow")), connections=2) as server, ExitStack() as stack:
        body = b'{"text": "tech"}'
        head = (
            b"POST /api/v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )
        asked = [stack.enter_context(connect(server, head % len(body) + body)) for _ in range(2)]
        wait_for(lambda: b"bakeoff_requests_open 2.0" in server.service.metrics.text())
        refused = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        refused.request("GET", "/health/live")
        answer = refused.getresponse()
        assert (answer.status, json.load(answer)["error"]["code"]) == (503, "too_many_open")
        model.gate.set()
        for client in asked:
            assert client.recv(2**16).startswith(b"HTTP/1.1 200")
    assert "another one was refused" in caplog.text


@pytest.mark.parametrize("mode", [["--api-only"], []], ids=["api", "page"])
@pytest.mark.slow
def test_more_clients_than_handles_fill_no_log_and_stop_nobody(tmp_path, mode):
    """Asyncio logs thousands of lines per second if a process has no handles left."""
    # Gradio's start ends with a request to its own page, which the clients below would cut off.
    started = "* The API:" if mode else "* To create a public link"
    with running(tmp_path, *mode, handles=HANDLES) as (server, _), ExitStack() as stack:
        wait_for(lambda: started in (tmp_path / "log").read_text())
        logged = len((tmp_path / "log").read_text().splitlines())
        for _ in range(400):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", server.port))
        for _ in range(5):
            wait_for(lambda: is_ready(server))
            time.sleep(0.2)
        assert len((tmp_path / "log").read_text().splitlines()) - logged < 20


def test_the_connections_leave_handles_for_the_rest():
    script = (
        "import resource; from service.operate.connections import connection_limit; "
        "print(connection_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )

    def most(soft, hard):
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))  # noqa: E731
        run = subprocess.run([sys.executable, "-c", script], preexec_fn=limit, capture_output=True, check=True)
        return tuple(map(int, run.stdout.split()))

    assert most(256, 256) == (128, 256)
    assert most(256, 4096) == (1000, 1000 + connections.RESERVED_HANDLES)  # raised as far as it is needed
    assert most(100, 100) == (50, 100)
