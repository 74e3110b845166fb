"""Test where the real app listens and what it needs: it answers at the printed address, or says why not."""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from bakeoff.common.errors import BakeoffError
from service.guard import uploads
from service.operate import surroundings
from service.operate.addresses import Place, find_place
from tests.support import tiny
from tests.support.serving import wait_for

MODES = {"page": [], "api": ["--api-only"]}
PRINTED = re.compile(r"(?:Running on local URL: |The API:) +(http://\S+)")
DEAD = "http://127.0.0.1:9"  # no proxy listens there


def free_port(host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
        free.bind((host, 0))
        return str(free.getsockname()[1])


def starting(log, flags, environment):
    """Start the stub app, without the address variables of the tests' own environment."""
    named = re.compile(r"GRADIO_SERVER|GRADIO_ROOT|(?i:_proxy$)")
    clean = {name: value for name, value in os.environ.items() if not named.search(name)}
    command = [sys.executable, "-m", "tests.support.stub_app", *flags]
    return subprocess.Popen(
        command, cwd=tiny.ROOT, stdout=log, stderr=log, env=clean | {uploads.VARIABLE: ""} | environment
    )


@contextmanager
def started(tmp_path, *flags, **environment):
    """Return the address that the app printed."""
    path = tmp_path / "log"
    with path.open("w") as log:
        process = starting(log, flags, environment)
    try:
        tiny.wait_for(lambda: PRINTED.search(path.read_text()), process)
        yield PRINTED.search(path.read_text())[1].removesuffix("/api/docs")
        time.sleep(0.2)
        assert process.poll() is None
        assert "Traceback" not in path.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


def refusal(tmp_path, *flags, **environment):
    """Return the message of an app that does not start."""
    path = tmp_path / "log"
    with path.open("w") as log:
        process = starting(log, flags, environment)
    try:
        assert process.wait(120) == 2, path.read_text()
    finally:
        process.kill()
    said = path.read_text()
    assert said.startswith("error: ") and said.count("\n") == 1, said
    return said


def answers(address):
    """Return whether the app answers soon. The request uses no proxy of the tests' own environment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ready():
        try:
            with opener.open(f"{address}/health/ready", timeout=60) as response:
                return response.status == 200
        except OSError:
            return False

    wait_for(ready)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("flags", "environment", "address"),
    [
        (["--host", "::1", "--port", "{}"], {}, "http://[::1]:{}"),
        (["--host", "[::1]", "--port", "{}"], {"http_proxy": DEAD, "no_proxy": "example.org"}, "http://[::1]:{}"),
        ([], {"GRADIO_SERVER_NAME": "::", "GRADIO_SERVER_PORT": "{}"}, "http://[::]:{}"),
        (["--port", "{}"], {"HTTP_PROXY": DEAD, "ALL_PROXY": DEAD, "GRADIO_SERVER_PORT": "1"}, "http://127.0.0.1:{}"),
        ([], {"GRADIO_SERVER_PORT": "{}", "GRADIO_ROOT_PATH": "/bakeoff/"}, "http://127.0.0.1:{}"),
    ],
    ids=["ipv6", "brackets", "any", "proxies", "variables"],
)
def test_it_answers_at_the_address_that_it_prints(tmp_path, mode, flags, environment, address):
    if ":" in address[7:-3] and not socket.has_ipv6:
        pytest.skip("no IPv6")
    port = free_port()
    flags = [each.format(port) for each in flags]
    environment = {name: value.format(port) for name, value in environment.items()}
    with started(tmp_path, *MODES[mode], *flags, **environment) as printed:
        below = "/bakeoff" if mode == "api" and "GRADIO_ROOT_PATH" in environment else ""
        assert printed == address.format(port) + below
        assert answers(printed)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_an_address_that_can_t_be_is_a_sentence(tmp_path, mode):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for flags, environment in ((["--port", port], {}), ([], {"GRADIO_SERVER_PORT": port})):
            assert f"port {port} (Address already in use" in refusal(tmp_path, *MODES[mode], *flags, **environment)
    assert "$GRADIO_SERVER_PORT is 'abc'" in refusal(tmp_path, *MODES[mode], GRADIO_SERVER_PORT="abc")
    assert "--host" in refusal(tmp_path, *MODES[mode], "--host", "no-such-host.invalid")
    assert "--trusted-proxies" in refusal(tmp_path, *MODES[mode], "--trusted-proxies", "proxy")
    assert "$GRADIO_ROOT_PATH is 'x'" in refusal(tmp_path, *MODES[mode], GRADIO_ROOT_PATH="x")


@pytest.mark.slow
def test_what_gradio_can_not_start_with_is_a_sentence_and_nothing_to_the_api(tmp_path):
    cases = [({"SSL_CERT_FILE": "/nowhere.pem"}, "SSL_CERT_FILE"), ({"HTTP_PROXY": "ftp://a:1"}, "HTTP_PROXY")]
    cases += [
        ({"GRADIO_TEMP_DIR": "/proc/nowhere"}, "GRADIO_TEMP_DIR"),
        ({"GRADIO_NUM_PORTS": "x"}, "GRADIO_NUM_PORTS"),
    ]
    if importlib.util.find_spec("socksio") is None:
        cases.append(({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY"))
    every = {}
    for environment, word in cases:
        assert word in refusal(tmp_path, **environment)
        every |= environment
    with started(tmp_path, "--api-only", "--port", free_port(), **every) as address:
        assert answers(address)


READ_ONLY = """
for folder in /var/tmp /usr/tmp; do [ -d $folder ] && mount -t tmpfs -o ro,size=4k tmpfs $folder; done
mount --bind . . && mount -o remount,ro,bind . && cd "$PWD" && mount -t tmpfs -o ro,size=4k tmpfs /tmp && exec "$@"
"""
NO_SHARED_MEMORY = """
mkdir /tmp/dev && mount -t tmpfs -o size=64k tmpfs /tmp/dev
for device in null zero random urandom; do touch /tmp/dev/$device && mount --bind /dev/$device /tmp/dev/$device; done
ln -s /proc/self/fd /tmp/dev/fd
mount --rbind /tmp/dev /dev && exec "$@"
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "sentence"),
    [(READ_ONLY, "nothing can be written in $TMPDIR or /tmp"), (NO_SHARED_MEMORY, "mount /dev/shm as a tmpfs")],
    ids=["no-temporary-folder", "no-shared-memory"],
)
def test_a_machine_without_it_is_told_of(change, sentence):
    """The app runs in its own mount namespace."""
    unshare = ["unshare", "-m", "sh", "-ec", f"mount -t tmpfs tmpfs /tmp\n{change}", "sh"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare, "true"], capture_output=True, cwd=tiny.ROOT).returncode
    ):
        pytest.skip("no right to mount")
    environment = {name: value for name, value in os.environ.items() if name not in ("TMPDIR", "TEMP", "TMP")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", uploads.VARIABLE: ""}
    command = [*unshare, sys.executable, "-m", "tests.support.stub_app", "--port", free_port()]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tiny.ROOT, env=environment, timeout=120)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended.stderr
    assert sentence in ended.stderr


def test_the_first_free_port_is_taken_where_none_is_chosen():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BakeoffError, match=f"port {port} "):
            find_place(None, port, page=True, environment={})
        with pytest.raises(BakeoffError, match=f"port {port} "):  # Gradio needs it on 127.0.0.1 too
            find_place("::1", port, page=True, environment={})
        assert find_place("127.0.0.2", port, page=False, environment={}) == Place("127.0.0.2", port)
    place = find_place(None, None, page=True, environment={"GRADIO_SERVER_NAME": " [::1] "})
    assert place.host == "::1" and place.name == "[::1]" and place.port >= 7860


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.1", "no..host"])
def test_a_host_that_can_t_be_is_tried_on_one_port_only(host):
    """A name server may take a quarter of a second to answer, and there are 100 ports to try."""
    with pytest.raises(BakeoffError, match=rf"on {re.escape(host)}, port 7860 \("):
        find_place(host, None, page=True, environment={})


@pytest.mark.parametrize("name", ["GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS"])
@pytest.mark.parametrize("text", ["abc", "0", "-1", "65536", "7860.0", "９" * 5000])
def test_a_port_that_is_no_number_is_told(name, text):
    with pytest.raises(BakeoffError, match=f"{name} is "):
        find_place(None, None, page=True, environment={name: text})


@pytest.mark.parametrize(
    ("given", "kept"),
    [({}, []), ({"NO_PROXY": "a.example, ::1"}, ["a.example"]), ({"NO_PROXY": "a", "no_proxy": "b"}, ["b"])],
)
def test_loopback_is_added_to_what_no_proxy_is_asked_for(given, kept):
    environment = dict(given)
    surroundings.keep_loopback_from_proxies("10.1.2.3", environment=environment)
    names = environment["no_proxy"].split(",")
    assert environment["NO_PROXY"] == environment["no_proxy"]
    assert {*kept, "10.1.2.3", "localhost", "127.0.0.1", "::1"} <= set(names)
    assert len(names) == len(set(names))


def test_no_proxy_for_anything_stays():
    environment = {"no_proxy": "*"}
    surroundings.keep_loopback_from_proxies(environment=environment)
    assert environment["no_proxy"] == "*"
