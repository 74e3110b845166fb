"""Change what `launch` has no argument for: Gradio's server, and the data that Gradio keeps per session.

The changes are for Gradio 6.31. tests/tabs/test_page_server.py fails when one has no effect or is no longer needed.
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

RECORDED_EVENTS = 100  # Gradio computes statistics of all recorded events at every event; its default is 10,000


class PageServer(BoundedServer, http_server.Server):
    """Gradio's server with bounded connections."""


class _Unread(dict):
    """A session's copy of the page's configuration that stays empty. Only deep links read it; their route is closed."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: object) -> dict:
        return {}

    def __setitem__(self, key: object, value: object) -> None:
        return


class LeanSession(state_holder.SessionState):
    """A session without a copy of the page's configuration. The copy takes 0.4 MB and 20 ms to make."""

    def __init__(self, blocks: Blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))
        self.config_values = _Unread()


class Results(LRUCache):
    """The messages that sessions have not fetched yet. Deleting a session's messages also deletes its event ids.

    Args:
        most: The largest number of sessions.
        ids: The event ids by session. Gradio itself never deletes them.
    """

    def __init__(self, most: int, ids: dict[str, Any]):
        super().__init__(most)
        self._ids = ids

    def __delitem__(self, session: str) -> None:
        super().__delitem__(session)
        self._ids.pop(session, None)

    def popitem(self, last: bool = True) -> tuple[str, Any]:
        """Remove the newest session, or the oldest one, and return it with its messages."""
        session = next(reversed(self) if last else iter(self))
        messages = self[session]
        del self[session]
        return session, messages


@contextmanager
def bounded_page(demo: Blocks, limits: Limits) -> Iterator[dict[str, int]]:
    """Make a `launch` inside this context use the bounded server. Yield the arguments that `launch` needs for it.

    Args:
        demo: The page, whose queue is already made.
        limits: The limits on sessions and requests.
    """
    queue = demo._queue  # Gradio has no public name for it
    # Waiting events need the messages of their sessions.
    queue.pending_messages_per_session = Results(limits.sessions + limits.requests, queue.pending_event_ids_session)
    queue.ANALYTICS_MAX_EVENTS = RECORDED_EVENTS
    state_holder.SessionState = LeanSession  # type: ignore[misc]  # Gradio has no argument for it
    original = http_server.Server
    http_server.Server = PageServer  # type: ignore[misc]  # nor for this
    try:
        yield {"state_session_capacity": limits.sessions}
    finally:
        http_server.Server = original  # type: ignore[misc]
