"""Test `service/operate/memory.py` and what a refused body leaves behind."""

import asyncio
import gc
import sys
import weakref

import pytest

from bakeoff.common.limits import Limits
from service.middleware.bodies import Bodies
from service.operate import memory
from service.operate.memory import MemoryRelease
from tests.support.serving import wait_for


@pytest.fixture
def no_search():
    """Switch off Python's own garbage collection."""
    gc.disable()
    yield
    gc.enable()


class Cycle:
    def __init__(self):
        self.me = self


def test_garbage_goes_after_an_answer_once_nothing_works(no_search):
    left, busy, looks = weakref.ref(Cycle()), [True], []
    release = MemoryRelease(lambda: looks.append(1) or busy[0], 0.01)
    release.answered()
    wait_for(lambda: len(looks) > 2)
    assert left() is not None
    busy[0] = False
    wait_for(lambda: left() is None)
    left = weakref.ref(Cycle())
    release.answered()
    wait_for(lambda: left() is None)


def test_a_server_that_never_rests_gives_free_memory_back_and_searches_for_nothing(monkeypatch):
    trimmed, collected, busy = [], [], [True]
    monkeypatch.setattr(memory, "_trim", lambda: trimmed.append(1))
    monkeypatch.setattr(memory.gc, "collect", lambda: collected.append(1))
    MemoryRelease(lambda: busy[0], 0.001).answered()
    wait_for(lambda: len(trimmed) > 2)
    assert not collected
    busy[0] = False
    wait_for(lambda: collected)


def test_a_body_that_is_too_large_is_not_kept(no_search):
    chunk = b"x" * 100_000
    before = sys.getrefcount(chunk)
    messages = [{"type": "http.request", "body": chunk, "more_body": more} for more in (True, True, False)]
    statuses = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        statuses.append(message.get("status"))

    scope = {"type": "http", "method": "POST", "path": "/api/v1/predict", "headers": []}
    asyncio.run(Bodies(None, Limits(body_bytes=250_000))(scope, receive, send))
    assert statuses[0] == 413
    assert sys.getrefcount(chunk) == before
