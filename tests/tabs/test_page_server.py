"""Test `tabs/page/server.py`: every change to Gradio has an effect and is still needed."""

import json

import gradio as gr
from gradio import http_server, state_holder
from gradio.state_holder import SessionState

from service.operate.connections import BoundedServer
from tabs.page import page
from tabs.page.server import LeanSession, PageServer, Results
from tests.service.operate import test_connections
from tests.support.planted import ReadyLoader

CALL = "/gradio_api/call/predict"


def test_many_sessions_leave_as_many_as_the_limit_says(monkeypatch):
    launched = []
    serve = page.serve
    monkeypatch.setattr(page, "serve", lambda *given, **named: launched.append(serve(*given, **named)) or launched[0])
    with test_connections.served("page", sessions=5, requests=10) as server:
        for number in range(40):
            event = server.post(CALL, {"data": ["tech"]}).json()["event_id"]
            if number % 2:  # the other sessions never fetch their answers
                assert b"complete" in server.get(f"{CALL}/{event}").body
        demo = launched[0]
        test_connections.wait_for(lambda: not any(demo._queue.active_jobs) and not len(demo._queue))
        sessions = demo.app.state_holder
        assert len(sessions.session_data) <= 5 + 1  # Gradio looks before it adds
        assert len(sessions.time_last_used) <= 5 + 1
        for kept in (demo._queue.pending_messages_per_session, demo._queue.pending_event_ids_session):
            assert len(kept) <= 15, kept
        # A stored session is small: it has no copy of the page's configuration.
        for session in sessions.session_data.values():
            assert isinstance(session, LeanSession)
            assert list(session.components) == []
        assert isinstance(demo.server, PageServer)
    assert not issubclass(http_server.Server, BoundedServer)  # changed only during the launch


def test_gradio_would_keep_a_copy_of_the_configuration_still():
    """If this test fails, LeanSession is no longer needed."""
    demo = page.build(ReadyLoader())
    whole, lean = SessionState(demo), LeanSession(demo)
    assert len(whole.config_values) > 100
    assert not list(lean.components)
    assert len(json.dumps(list(whole.components), default=str)) > 100_000
    assert lean.blocks_config.blocks == whole.blocks_config.blocks
    assert state_holder.SessionState in (SessionState, LeanSession)


def test_a_lean_session_takes_values_and_new_components():
    with gr.Blocks() as demo:
        box, state = gr.Textbox("a"), gr.State([])
    session = LeanSession(demo)
    session[state._id] = [1]
    session[box._id] = gr.Textbox("b", render=False)
    session._update_value_in_config(box._id, "c")
    session._update_config(box._id)
    assert session[state._id] == [1]
    assert session[box._id].value == "b"
    assert LeanSession(demo)[state._id] == []


def test_with_the_messages_of_a_session_its_events_are_forgotten():
    ids = {}
    results = Results(2, ids)
    for name in "abc":
        results[name], ids[name] = [name], {1}
    assert (list(results), list(ids)) == (["b", "c"], ["b", "c"])
    del results["b"]
    assert list(ids) == ["c"]
    assert results.popitem() == ("c", ["c"])
    assert not ids
