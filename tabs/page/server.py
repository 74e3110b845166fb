"""Changes to Gradio that `launch` has no argument for: its server, and what it keeps of each session.

Written for Gradio 6.31; tests/tabs/test_page_server.py tells when a change no longer takes hold or is no longer needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from gradio import http_server, state_holder
from gradio.blocks import Blocks
from gradio.utils import LRUCache

from bakeoff.common.limits import Limits
from service.operate.connections import BoundedServer

RECORDED_EVENTS = 100  # with each event Gradio computes statistics of all: 10,000 by its own choice


class PageServer(BoundedServer, http_server.Server):
    """Gradio's server with bounded connections."""


class _Unread(dict):
    """A session's copy of the page's configuration that stays empty: only deep links read it, whose route is closed."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: object) -> dict:
        return {}

    def __setitem__(self, key: object, value: object) -> None:
        return


class LeanSession(state_holder.SessionState):
    """A session without its copy of the page's configuration, which takes 0.4 MB and 20 ms to make."""

    def __init__(self, blocks: Blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))
        self.config_values = _Unread()


class Results(LRUCache):
    """The messages that sessions have not fetched yet; with a session's messages go its events' ids.

    Args:
        most: sessions.
        ids: of the events of each session, which Gradio itself never forgets.
    """

    def __init__(self, most: int, ids: dict[str, Any]):
        super().__init__(most)
        self._ids = ids

    def __delitem__(self, session: str) -> None:
        super().__delitem__(session)
        self._ids.pop(session, None)

    def popitem(self, last: bool = True) -> tuple[str, Any]:
        """Forget the newest session, or the oldest."""
        session = next(reversed(self) if last else iter(self))
        messages = self[session]
        del self[session]
        return session, messages


@contextmanager
def bounded_page(demo: Blocks, limits: Limits) -> Iterator[dict[str, int]]:
    """Let `launch` be called inside: it makes our server, and gets these arguments.

    Args:
        demo: has its queue.
        limits: of sessions and requests.
    """
    queue = demo._queue  # Gradio has no public name for it
    # Events that wait need their session's messages.
    queue.pending_messages_per_session = Results(limits.sessions + limits.requests, queue.pending_event_ids_session)
    queue.ANALYTICS_MAX_EVENTS = RECORDED_EVENTS
    state_holder.SessionState = LeanSession
    before, http_server.Server = http_server.Server, PageServer
    try:
        yield {"state_session_capacity": limits.sessions}
    finally:
        http_server.Server = before
