"""Ends a server that was told to: takes nothing new, finishes what was taken, and is gone within 20 seconds."""

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

LAST_SECONDS = 2.5  # for those who are told to go elsewhere, and for answers on their way


class ApiServer(BoundedServer):
    """uvicorn around the API alone.

    Args:
        app: the guarded API.
        service: told of the end.
        host: to listen on.
        port: to listen on.
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
        """Finish what was taken, and return from `run`."""
        self._service.stop()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more; uvicorn closes its port and waits for what it has."""
        self._service.stop()
        super().handle_exit(sig, frame)


@contextmanager
def cleaned(*steps: Callable[[], Any]) -> Iterator[None]:
    """Take these steps at the end of the block, whatever happens in it: `leave` skips what Python does at its end."""
    try:
        yield
    finally:
        for step in steps:
            step()


class Failure:
    """Ends the server when the models can't be loaded.

    Args:
        end: called when that is so.

    Attributes:
        status: of the process at its end.
    """

    def __init__(self, end: Callable[[], Any]):
        self._end = end
        self.status = 0

    def tell(self) -> None:
        """End with status 1."""
        self.status = 1
        self._end()


def on_signal() -> threading.Event:
    """An event that SIGTERM or Ctrl-C sets; a second one ends the process at once."""
    told = threading.Event()

    def tell(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    return told


def close_page(demo, service: Service) -> None:
    """Finish what visitors and clients were promised, then close Gradio's server.

    Args:
        demo: the launched `gradio.Blocks`.
        service: that it serves.
    """
    service.stop()
    _wait(lambda: service.working or _running(demo), FINISH_SECONDS + LAST_SECONDS)
    _wait(lambda: service.working or _unfetched(demo), LAST_SECONDS)
    demo.server.config.timeout_graceful_shutdown = 1
    demo.close(verbose=False)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    """While it holds, so many seconds at most."""
    end = time.monotonic() + seconds
    while condition() and time.monotonic() < end:
        time.sleep(0.05)


def _running(demo) -> bool:
    """Whether events of the page wait or run."""
    queue = demo._queue  # Gradio has no public name for it
    return bool(len(queue) or any(queue.active_jobs))


def _unfetched(demo) -> bool:
    """Whether a client has not fetched an event's result yet; some never do."""
    return any(demo._queue.pending_event_ids_session.values())
