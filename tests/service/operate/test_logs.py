"""Test the terminal output while visitors are served: JSON lines, without visitors' texts, and not too many."""

import io
import json
import logging
import os
import socket
import subprocess
import sys
import threading

import pytest

from service.operate.json_log import LEFT_OUT, JsonFormatter
from service.operate.repeats import LimitedHandler
from tests.service.operate.test_stopping import MODES, running
from tests.support import tiny
from tests.support.serving import wait_for

SECRET = "a-word-of-a-visitor"
FORGED = json.dumps({"level": "ERROR", "logger": "service", "message": "forged"})
CALL = "/gradio_api/call/predict_file"


@pytest.fixture
def handler():
    """Install a handler that writes to memory at the root logger."""
    handler = LimitedHandler(io.StringIO(), limit=10, seconds=600)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def lines(handler):
    return [json.loads(line) for line in handler.stream.getvalue().splitlines()]


def as_library(statement, thread="a-visitor"):
    """Run a statement as if it were in a library's file, in a thread of this name."""
    code = compile(statement, "/usr/lib/python3/site-packages/library.py", "exec")
    run = threading.Thread(target=exec, args=(code, {"logging": logging, "secret": SECRET}), name=thread)
    run.start()
    run.join()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_no_visitor_writes_a_line_or_a_word(tmp_path, mode):
    with running(tmp_path, *MODES[mode]) as (server, _):
        raw = [
            f"\0{SECRET}\r\n\r\n",
            f"GET /%0a{SECRET} HTTP/1.1\r\nHost: {SECRET}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: {SECRET}\r\nConnection: upgrade\r\n\r\n",
            *(["nonsense\r\n\r\n"] * 100),
        ]
        for sent in raw:
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
                client.sendall(sent.encode())
                client.recv(100)
        if mode == "launch":
            for path in (f"{SECRET}\n{FORGED}\n", f"/{SECRET}\u2028{FORGED}"):
                file = {"path": path, "meta": {"_type": "gradio.FileData"}}
                sent = server.post(CALL, {"data": [file, SECRET, False]})
                if sent.status == 200:
                    server.get(f"{CALL}/{sent.json()['event_id']}")
            server.post("/gradio_api/call/predict", {"data": [{SECRET: 1}]})
        server.get("/health/live")
    text = (tmp_path / "log").read_text()
    assert SECRET not in text
    logged = [line for line in text.splitlines() if not line.startswith("* ") and line.strip()]
    assert all(isinstance(json.loads(line), dict) for line in logged)
    assert not any(json.loads(line)["message"] == "forged" for line in logged)
    assert sum("Invalid HTTP request" in line for line in logged) <= 11


@pytest.mark.slow
def test_what_is_printed_while_visitors_are_served_is_logged_by_its_place(tmp_path):
    script = f"""
import os, sys, threading, time, traceback, warnings
from service.operate import json_log, printed
def visitor():
    print("{SECRET}\\n{SECRET}")
    sys.stderr.write("{SECRET}")
    warnings.warn("{SECRET}")
    try:
        raise ValueError("{SECRET}")
    except ValueError:
        traceback.print_exc()
    os.write(2, b"{SECRET} from C\\n")
    raise KeyError("{SECRET}")
def loader():
    print("progress of the loader")
    os.write(2, b"from C\\n")
with printed.logged():
    print("* a readable line")
    for name, target in (("a-visitor", visitor), (json_log.THREAD, loader)):
        thread = threading.Thread(target=target, name=name)
        thread.start()
        thread.join()
        time.sleep(2)  # what C code wrote is read from a pipe by another thread
    json_log.main_thread_serves()
    print("{SECRET}")
print("the end")
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tiny.ROOT, capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert run.stdout == "* a readable line\nthe end\n"
    assert SECRET not in run.stderr
    messages = [json.loads(line)["message"] for line in run.stderr.splitlines()]
    assert sum("ValueError at <string>" in each for each in messages) == 1, messages
    assert sum("KeyError at <string>" in each for each in messages) == 1
    assert sum(each == "native code printed" for each in messages) >= 1
    assert any(each.endswith("progress of the loader") for each in messages)
    assert sum(each.startswith("printed at <string>") for each in messages) >= 5


def test_a_library_s_message_is_left_out_where_a_visitor_may_have_written_it(handler, monkeypatch):
    logger = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(logger, "propagate", True)
    as_library("logging.getLogger('library').warning(f'bad {secret}')")
    as_library("logging.getLogger('library').warning('bad %s', secret)")
    as_library("logging.getLogger('library').warning('x', extra={'text': secret})")
    as_library("try:\n  1 / 0\nexcept Exception as e:\n  logging.getLogger('library').exception(secret)")
    assert [each["message"] for each in lines(handler)] == [LEFT_OUT] * 4
    assert lines(handler)[-1]["error"].startswith("ZeroDivisionError at library.py")
    assert SECRET not in handler.stream.getvalue()
    as_library("logging.getLogger('library').warning('loading %s', 'weights')", thread="model-loader")
    assert lines(handler)[-1]["message"] == "loading weights"
    record = logger.makeRecord(
        "uvicorn.error", logging.WARNING, _source(), 1, "Invalid HTTP request received.", (), None
    )
    record.threadName = "a-visitor"
    handler.handle(record)
    assert lines(handler)[-1]["message"] == "Invalid HTTP request received."


def _source():
    from uvicorn.protocols.http import h11_impl

    return h11_impl.__file__


def test_repeated_warnings_are_counted_and_requests_are_all_logged(handler):
    logger = logging.getLogger("service.test")
    logger.setLevel(logging.INFO)
    for number in range(50):
        logger.warning("again %d", number)
        logger.info("answered")
    logger.warning("something else")
    found = [each["message"] for each in lines(handler)]
    assert [each for each in found if "again" in each] == [f"again {number}" for number in range(10)]
    assert (found.count("answered"), found[-1]) == (50, "something else")
    handler.flush_counts()
    last = lines(handler)[-1]
    assert (last["message"], last["suppressed"]) == ("again 49", 40)


def test_the_count_is_told_when_the_period_is_over():
    handler = LimitedHandler(io.StringIO(), limit=1, seconds=0.2)
    handler.setFormatter(JsonFormatter())
    for _ in range(5):
        handler.handle(logging.getLogger("service").makeRecord("service", 30, __file__, 1, "again", (), None))
    wait_for(lambda: '"suppressed": 4' in handler.stream.getvalue())


def test_a_fault_in_the_event_loop_quotes_nothing(caplog):
    import asyncio

    from service.operate.connections import _log_fault

    async def fail():
        asyncio.get_running_loop().set_exception_handler(_log_fault)
        asyncio.get_running_loop().call_soon(int, SECRET)
        await asyncio.sleep(0)

    asyncio.run(fail())
    assert "a fault in the event loop: ValueError" in caplog.text
    assert SECRET not in caplog.text
