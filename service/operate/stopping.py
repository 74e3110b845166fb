"""Stops a server after a signal: it refuses new work, finishes accepted work, and ends within 20 seconds."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from service.operate.connections import BoundedServer
from service.operate.state import FINISH_SECONDS, Service

LAST_SECONDS = 2.5  # the time to send the last errors and answers


class ApiServer(BoundedServer):
    """A uvicorn server for the API alone.

    Args:
        app: The guarded API.
        service: The service to stop at the end.
        host: The host to listen on.
        port: The port to listen on.
    """

    def __init__(self, app: ASGIApp, service: Service, host: str, port: int):
        seconds = int(FINISH_SECONDS + LAST_SECONDS)
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=seconds,
            )
        )
        self._service = service

    def end(self) -> None:
        """Finish accepted work, and return from `run`."""
        self._service.stop()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Refuse new work. uvicorn closes its port and waits for its requests."""
        self._service.stop()
        super().handle_exit(sig, frame)


@contextmanager
def cleaned(*steps: Callable[[], Any]) -> Iterator[None]:
    """Run the steps at the end of the block, even after an error, because `leave` skips Python's own cleanup."""
    try:
        yield
    finally:
        for step in steps:
            step()


class Failure:
    """Ends the server with status 1 when the models can't be loaded.

    Args:
        end: A function that ends the server.

    Attributes:
        status: The exit status of the process.
    """

    def __init__(self, end: Callable[[], Any]):
        self._end = end
        self.status = 0

    def report(self) -> None:
        """Set the status to 1 and end the server."""
        self.status = 1
        self._end()


def on_signal() -> threading.Event:
    """Return an event that SIGTERM or Ctrl-C sets. A second signal ends the process at once."""
    stop = threading.Event()

    def handle(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    return stop


def close_page(demo: Any, service: Service) -> None:
    """Finish the accepted work of visitors and clients, then close Gradio's server.

    Args:
        demo: The launched `gradio.Blocks`.
        service: The service behind the page.
    """
    service.stop()
    _wait(lambda: bool(service.working) or _running(demo), FINISH_SECONDS + LAST_SECONDS)
    _wait(lambda: bool(service.working) or _unfetched(demo), LAST_SECONDS)
    demo.server.config.timeout_graceful_shutdown = 1
    demo.close(verbose=False)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    """Wait while the condition holds, but no longer than the seconds."""
    end = time.monotonic() + seconds
    while condition() and time.monotonic() < end:
        time.sleep(0.05)


def _running(demo: Any) -> bool:
    """Return whether events of the page wait or run."""
    queue = demo._queue  # Gradio has no public name for it
    return bool(len(queue) or any(queue.active_jobs))


def _unfetched(demo: Any) -> bool:
    """Return whether a client has not fetched an event's result yet. Some never do."""
    return any(demo._queue.pending_event_ids_session.values())
