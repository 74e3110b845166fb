"""Serve planted models over real HTTP in this process."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bakeoff.common import limits
from service.api.routes import create_api
from service.middleware.stack import guarded
from service.operate.settings import Settings
from service.operate.state import Service
from service.operate.stopping import ApiServer
from tests.support.planted import Contrarian, ReadyLoader, WordCounter


class Slow(WordCounter):
    """A WordCounter that is as slow as a model and counts its calls.

    It waits until `gate` is set.
    """

    def __init__(self, framework: str = "PyTorch", seconds: float = 0.0):
        super().__init__(framework)
        self.seconds = seconds
        self.gate = threading.Event()
        self.gate.set()
        self.calls: list[list[str]] = []

    def logits(self, texts):
        """Return the word counts after a delay."""
        self.calls.append(list(texts))
        assert self.gate.wait(60)
        time.sleep(self.seconds)
        return super().logits(texts)


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the JSON value of the body."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """Return the content of an error after checking that it has the format of all errors."""
        assert self.headers["content-type"] == "application/json", self
        assert len(self.body) < 1024, len(self.body)
        found = self.json()["error"]
        assert set(found) == {"code", "message", "field", "limit", "remedy", "request_id"}
        assert found["message"] and found["remedy"] and found["request_id"] == self.headers["x-request-id"]
        return found


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
        port: The port on 127.0.0.1.
        service: The service behind it.
        app: Gradio's application, if the page is served.
    """

    port: int
    service: Service | None = None
    app: Any = None

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request on a new connection. A body that is not bytes is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            if body is not None and not isinstance(body, bytes):
                body = json.dumps(body).encode()
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if body is not None:
                named.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, named)
            response = connection.getresponse()
            content = response.read()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Send a GET request."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Send a POST request."""
        return self.ask("POST", path, body, **headers)


@contextmanager
def serving(
    models: tuple = (), settings: Settings | None = None, loader: Any = None, **changed: int
) -> Iterator[Served]:
    """Serve the API alone on a free port.

    Args:
        models: The two classifiers; planted ones by default.
        settings: The operator's settings.
        loader: A loader to use instead of one with these models.
        changed: Limits that differ from the defaults.
    """
    before = limits.current()
    limits.use(limits.Limits().changed({name: str(value) for name, value in changed.items()}))
    models = models or (WordCounter("PyTorch"), Contrarian("TensorFlow"))
    service = Service.of(loader or ReadyLoader(models), settings)
    server = ApiServer(guarded(create_api(service), service), service, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield Served(server.servers[0].sockets[0].getsockname()[1], service)
    finally:
        server.should_exit = True
        thread.join(20)
        service.models.queue.close()
        limits.use(before)


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Wait until the condition holds, and fail after the time limit."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)
