"""Test the end of server processes: after SIGTERM accepted work is finished, under `launch()` and uvicorn."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from service.guard import uploads
from tests.support import tiny
from tests.support.serving import Answer, Served, wait_for

IN_FLIGHT = 20
MODES = {"launch": [], "uvicorn": ["--api-only"]}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running(tmp_path, *flags, handles=None, **environment):
    """Run the stub app with a limit on handles, wait until it is ready, and kill it at the end if necessary."""
    port = free_port()
    command = [sys.executable, "-m", "tests.support.stub_app", "--port", str(port), *flags]
    environment = {**os.environ, "TMPDIR": str(tmp_path), uploads.VARIABLE: "", **environment}
    with (tmp_path / "log").open("w") as log:
        limit = None if handles is None else lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles))
        process = subprocess.Popen(command, cwd=tiny.ROOT, stdout=log, stderr=log, env=environment, preexec_fn=limit)
    server = Served(port)
    try:
        tiny.wait_for(lambda: is_ready(server), process)
        yield server, process
    finally:
        process.kill()
        process.wait(10)


def is_ready(server):
    """Return whether the server accepts work."""
    try:
        return server.get("/health/ready").status == 200
    except OSError:
        return False


def asking(server, count):
    """Send requests, each on its own thread, and return the threads and the list that collects their answers."""
    found: list[Answer | Exception] = []

    def ask(number):
        try:
            found.append(server.post("/api/v1/predict", {"text": "tech " * (number + 1)}))
        except OSError as error:
            found.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(count)]
    for each in threads:
        each.start()
    return threads, found


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_sigterm_finishes_what_was_taken(tmp_path, mode):
    with running(tmp_path, *MODES[mode]) as (server, process):
        threads, found = asking(server, IN_FLIGHT)
        while working(server) < IN_FLIGHT and not found:
            time.sleep(0.01)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        refused = late(server, process)
        for each in threads:
            each.join(30)
        assert process.wait(20) == 0
        assert time.monotonic() - started < 20
    assert [answer.status for answer in found] == [200] * IN_FLIGHT
    assert all(answer is None or (answer.status, answer.error["code"]) == (503, "stopping") for answer in refused)
    lines = (tmp_path / "log").read_text().splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert sum(each.get("route") == "/api/v1/predict" and each["status"] == 200 for each in logged) == IN_FLIGHT
    assert not any("Traceback" in line for line in lines)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]  # without leaving a file behind


def working(server):
    """Return how many requests the server handles, not counting this one."""
    return metric(server, "bakeoff_requests_open ") - 1


def metric(server, name):
    """Return the sum of a metric."""
    lines = server.get("/metrics").body.decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def late(server, process):
    """Return the answers to requests after the server took the signal; None for each if nothing listens any more."""
    wait_for(lambda: not is_ready(server))
    out = []
    for _ in range(3):
        try:
            out.append(server.post("/api/v1/predict", {"text": "late"}))
        except OSError:
            out.append(None)
    return out


@pytest.mark.slow
def test_a_visitor_gets_the_answer_that_was_under_way_and_the_files_vanish(tmp_path):
    """This is the setup of a Space, where Gradio starts its own thread beside the API."""
    from gradio_client import Client, handle_file

    texts = tmp_path / "texts.csv"
    texts.write_text("text\n" + "tech\n" * 40, encoding="utf-8")
    with running(tmp_path, SYSTEM="spaces", SPACE_ID="alice/bakeoff") as (server, process):
        assert "huggingface.co" in server.get("/").headers["content-security-policy"]
        assert server.post("/api/v1/predict", {"text": "tech"}).status == 200
        client = Client(server.url, verbose=False, download_files=False)
        job = client.submit(handle_file(texts), "", False, api_name="/predict_file")
        tiny.wait_for(lambda: metric(server, "bakeoff_batch_texts_sum") > 10, process)
        folder = next(path for path in tmp_path.iterdir() if path.name.startswith("bakeoff-uploads-"))
        assert folder.stat().st_mode & 0o077 == 0
        assert any(path.suffix == ".csv" for path in folder.rglob("*"))
        process.send_signal(signal.SIGTERM)
        assert job.result(30)[0].startswith("40 texts.")
        assert process.wait(20) == 0
    assert not folder.exists()


@pytest.mark.slow
def test_a_killed_server_starts_again_on_its_port(tmp_path):
    with running(tmp_path, "--api-only") as (server, process):
        threads, found = asking(server, 3)
        while not working(server):
            time.sleep(0.01)
        process.kill()
        for each in threads:
            each.join(30)
        assert process.wait(10) == -signal.SIGKILL
        again = subprocess.Popen(process.args, cwd=tiny.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            tiny.wait_for(lambda: is_ready(server), again)
            again.send_signal(signal.SIGINT)
            assert again.wait(20) in (0, 130, -signal.SIGINT)
        finally:
            again.kill()
            again.wait(10)


def started(tmp_path, *flags, **environment):
    """Start the real app as a process that writes to `log`."""
    with (tmp_path / "log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "app.py", "--port", str(free_port()), *flags],
            cwd=tiny.ROOT,
            stdout=log,
            stderr=log,
            env={**os.environ, "TMPDIR": str(tmp_path), uploads.VARIABLE: "", **environment},
        )


def models(pytorch, tensorflow):
    return ["--pytorch-model", str(pytorch), "--tensorflow-model", str(tensorflow)]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_model_that_can_never_be_loaded_is_logged_and_ends_the_server(tmp_path, mode):
    process = started(tmp_path, *MODES[mode], *models("./gone", "./gone-too"))
    try:
        assert process.wait(120) == 1
    finally:
        process.kill()
        process.wait(10)
    logged = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    told = [each["message"] for each in logged if each["level"] == "ERROR"]
    assert [each.split(":")[0] for each in told] == ["PyTorch can't be loaded", "TensorFlow can't be loaded"]
    assert "there is no folder ./gone," in told[0]
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_without_the_hub_nothing_is_tried_again_and_the_page_stays_to_tell(tmp_path, mode):
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    process = started(tmp_path, *MODES[mode], *models("alice/x", "alice/y"), **environment)
    server = Served(int(process.args[process.args.index("--port") + 1]))
    log = tmp_path / "log"
    try:
        if mode == "uvicorn":
            assert process.wait(120) == 1
        else:
            tiny.wait_for(lambda: "TensorFlow can't be loaded" in log.read_text(), process)
            refused = server.get("/health/ready")
            assert (refused.status, refused.error["code"]) == (503, "not_ready")
            assert "could not be loaded" in refused.error["message"]
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(10)
    assert "HF_HUB_OFFLINE is set" in log.read_text()
    assert "trying again" not in log.read_text() and log.read_text().count("can't be loaded") == 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("mode", MODES)
def test_the_process_ends_without_python_s_normal_exit(tmp_path, mode, number):
    """Make Python's normal exit abort always. It aborts sometimes if a thread runs TensorFlow's code."""
    (tmp_path / "sitecustomize.py").write_text("import atexit, os\natexit.register(os.abort)\n", encoding="utf-8")
    with running(tmp_path, *MODES[mode], PYTHONPATH=str(tmp_path)) as (_, process):
        process.send_signal(number)
        assert process.wait(30) == (130 if (mode, number) == ("uvicorn", signal.SIGINT) else 0)
    assert not any(path.name.startswith("bakeoff-uploads-") for path in tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_sigterm_at_any_moment_of_a_start_ends_it_cleanly(tmp_path, tiny_runs, mode):
    """Include the import of TensorFlow, during which Python's normal exit aborts the process in some of the runs."""
    named = models(tiny_runs / "pytorch", tiny_runs / "tensorflow")
    for wait in (0.5, 0, 1.5, 3, 4.5):
        process = started(tmp_path, *MODES[mode], *named)
        try:
            if wait != 0.5:  # stop the first one while it imports, and the others after they listen
                listens = ("* The API", "* Running on local URL")
                log = tmp_path / "log"
                tiny.wait_for(
                    lambda log=log, listens=listens: any(each in log.read_text() for each in listens), process
                )
            time.sleep(wait)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) in ((0, -signal.SIGTERM) if wait == 0.5 else (0,)), log.read_text()
        finally:
            process.kill()
            process.wait(10)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--api-token", "short"], "at least 16"),
        (["--auth", "nobody"], "USER:PASSWORD"),
        (["--limit", "letters=5"], "is not a limit"),
        (["--limit", "rows"], "NAME=VALUE"),
        (["--cors-origin", "*"], "is not a valid origin"),
        (["--rate-limit", "0"], "whole number"),
    ],
)
def test_a_wrong_flag_is_told_in_a_sentence(capsys, flags, sentence):
    import app

    try:
        status = app.main(flags)
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_log_file_has_the_address_while_the_app_runs(tmp_path, mode):
    with running(tmp_path, *MODES[mode]) as (server, process):
        tiny.wait_for(lambda: server.url in (tmp_path / "log").read_text(), process, 20)
