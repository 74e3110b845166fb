"""Test `eval.measure.worker`: a fresh process that answers, fails in one sentence, and never outlives its parent."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from bakeoff.common.errors import BakeoffError
from eval.measure.worker import THREAD_VARIABLES, Worker
from tests.support.tiny import ROOT

FACTORY = "tests.support.contender:Contender"


@pytest.fixture
def worker():
    with Worker(FACTORY, {"greeting": "good day"}, threads=1, environment={"PLANTED": "yes"}) as started:
        yield started


def ended(pid: int, seconds: float = 20) -> bool:
    """Return whether the process has ended, or ends within some seconds."""
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_it_answers_whatever_the_libraries_print(worker):
    assert [worker.call("greet", name=name) for name in ("a", "Zoë \u2028 b")] == [
        "good day a",
        "good day Zoë \u2028 b",
    ]
    assert worker.call("array") == [0.0, 1.0, 2.0]


def test_a_folder_of_the_user_s_does_not_hide_ours(tmp_path, monkeypatch):
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "__init__.py").write_text("raise SystemExit('the wrong eval')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Worker(FACTORY, {"greeting": "good day"}, threads=1) as worker:
        assert worker.call("greet", name="a") == "good day a"


def test_its_threads_cores_and_environment_are_set(worker):
    assert {worker.call("environment", name=name) for name in THREAD_VARIABLES} == {"1"}
    assert worker.call("environment", name="PLANTED") == "yes"
    if hasattr(os, "sched_getaffinity"):
        assert worker.call("cores") == 1


def test_its_start_is_split_in_stages(worker):
    startup = worker.startup
    assert 0 < startup.interpreter < startup.imported <= startup.built


def test_a_failure_is_a_sentence_and_not_the_end(worker):
    told = r"^tests.support.contender:Contender failed when calling fail: KeyError: 'xxx"
    with pytest.raises(BakeoffError, match=told) as e:
        worker.call("fail")
    assert len(str(e.value)) < 400
    with pytest.raises(BakeoffError, match="failed when calling unanswerable: "):
        worker.call("unanswerable")
    with pytest.raises(BakeoffError, match="failed when calling absent: AttributeError"):
        worker.call("absent")
    assert worker.call("greet", name="again") == "good day again"


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("die", r"was killed by SIGKILL when calling die"),
        ("leave", r"ended with status 3 when calling leave \(out of luck\)"),
    ],
)
def test_a_dead_process_is_a_sentence(worker, method, said):
    for asked in (method, "greet"):  # also on a second call
        with pytest.raises(BakeoffError, match=said.replace(method, asked)):
            worker.call(asked)


@pytest.mark.parametrize(
    ("factory", "arguments", "said"),
    [
        (FACTORY, {"broken": True}, "failed when starting: ValueError: built with a fault"),
        ("tests.support.contender:Nobody", {}, "failed when starting: AttributeError"),
        ("tests.nowhere:Nobody", {}, "failed when starting: ModuleNotFoundError"),
    ],
)
def test_what_can_not_be_built_leaves_no_process(factory, arguments, said):
    before = set(psutil.Process().children())
    with pytest.raises(BakeoffError, match=said):
        Worker(factory, arguments, threads=1)
    assert set(psutil.Process().children()) <= before


def test_closing_ends_it(worker):
    worker.close()
    worker.close()
    assert ended(worker.pid)
    with pytest.raises(BakeoffError, match="was closed before calling greet"):
        worker.call("greet", name="nobody")


def test_the_parent_s_death_ends_it():
    program = (
        "import threading, time\n"
        "from eval.measure.worker import Worker\n"
        f"worker = Worker({FACTORY!r}, threads=1)\n"
        "threading.Thread(target=worker.call, args=('sleep',), daemon=True).start()\n"
        "time.sleep(0.2)\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert ended(child)
