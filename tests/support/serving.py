"""A service of planted models behind real HTTP, in this process."""

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
    """A WordCounter that takes its time, as a model does; counts its calls.

    `gate` holds it back until it is set.
    """

    def __init__(self, framework: str = "PyTorch", seconds: float = 0.0):
        super().__init__(framework)
        self.seconds = seconds
        self.gate = threading.Event()
        self.gate.set()
        self.calls: list[list[str]] = []

    def logits(self, texts):
        """Its counts, after a while."""
        self.calls.append(list(texts))
        assert self.gate.wait(60)
        time.sleep(self.seconds)
        return super().logits(texts)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """What an error says, checked to be in the format of all errors."""
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
        port: on 127.0.0.1.
        service: that it serves.
        app: the page's, of Gradio.
    """

    port: int
    service: Service | None = None
    app: Any = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own; what is no bytes is sent as JSON."""
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
        """GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """POST."""
        return self.ask("POST", path, body, **headers)


@contextmanager
def serving(
    models: tuple = (), settings: Settings | None = None, loader: Any = None, **changed: int
) -> Iterator[Served]:
    """The API alone on a free port.

    Args:
        models: the two classifiers; planted ones where none are given.
        settings: the operator's.
        loader: in place of one that has these models.
        changed: limits.
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
    """Until it holds; fails where it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)
