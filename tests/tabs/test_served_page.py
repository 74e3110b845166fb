"""Test page and API in one process, as `launch()` serves them: which of Gradio's routes are open, and to whom."""

import gzip
import json
import logging
import os
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError, AuthenticationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bakeoff.common import limits
from service.api.routes import create_api
from service.guard import uploads
from service.guard.access import Access
from service.guard.clients import FREE_FAILURES
from service.middleware import stack
from service.operate.settings import Settings
from service.operate.state import Service
from tabs.page import page
from tests.service.api.test_hostile_requests import JSON
from tests.support.planted import Contrarian, ReadyLoader, WordCounter
from tests.support.serving import Served, Slow, wait_for

LOGIN = ("anna", "password")
SECRET = "a-word-of-a-visitor"
JOIN, CALL, RUN = "/gradio_api/queue/join", "/gradio_api/call/predict", "/gradio_api/run/predict"
UPLOAD = "/gradio_api/upload"
MEGABYTE = 2**20


@contextmanager
def launched(chosen=None, models=(), **more):
    """Serve the page on planted models, with the API beside it."""
    uploads.use_private_folder()
    loader = ReadyLoader(models or (WordCounter("PyTorch"), Contrarian("TensorFlow")))
    service = Service.of(loader, chosen)
    app_kwargs = stack.page_settings(create_api(service), service)
    demo = page.serve(loader, service.models.queue, quiet=True, app_kwargs=app_kwargs, **more)
    try:
        yield Served(demo.server_port, service, demo.app)
    finally:
        demo.close()
        service.models.queue.close()


@pytest.fixture(scope="module")
def served():
    with launched(Settings(origins=("https://good.example",))) as server:
        yield server


@pytest.fixture(scope="module")
def client(served):
    return Client(served.url, verbose=False)


def test_the_api_answers_beside_the_page(served):
    answer = served.post("/api/v1/predict", {"text": "contrary tech"})
    assert [model["predictions"][0]["label"] for model in answer.json()["models"]] == ["tech", "sport"]
    for path in ("/health/live", "/health/ready", "/ping", "/metrics", "/api/docs", "/api/openapi.json"):
        assert served.get(path).status == 200, path
    assert served.post("/invocations", b"tech\n", Content_Type="text/csv").status == 200
    assert served.post("/api/v1/predict", {"text": ""}).error["field"] == "text"
    assert served.get("/api/v1/nothing").error["code"] == "not_found"


def test_the_page_s_functions_keep_their_names_and_pass_the_same_queue(client, served):
    names = {"predict", "predict_file", "explain", "report", "evaluate_file", "models", "parity"}
    assert {name.removeprefix("/") for name in client.view_api(return_format="dict")["named_endpoints"]} >= names
    before = calls(served)
    answer = client.predict("tech tech", api_name="/predict")
    assert answer["agree"] and {each["label"] for each in answer["models"]} == {"tech"}
    assert calls(served) == before + 2
    explained = client.predict("tech in other words", samples=50, api_name="/explain")
    assert [model["framework"] for model in explained["models"]] == ["PyTorch", "TensorFlow"]
    assert calls(served) > before + 4


def test_an_explanation_by_gradio_s_api_ends_where_its_client_gives_up():
    model = Slow("PyTorch", 0.02)
    with launched(models=(model, Slow("TensorFlow", 0.02))) as server:
        client = Client(server.url, verbose=False)
        job = client.submit("sport and other words", samples=2000, stock=True, api_name="/explain")
        wait_for(lambda: len(model.calls) > 3)
        job.cancel()
        asked = 0
        while len(model.calls) > asked:  # the current round finishes
            asked = len(model.calls)
            time.sleep(0.5)
        assert asked < 100  # of 126


def calls(served):
    """Return the number of calls of a model through the queue."""
    lines = served.get("/metrics").body.decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("bakeoff_batch_texts_count"))


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/api/predict",
        "/gradio_api/component_server",
        "/gradio_api/proxy=http://127.0.0.1:1",
        "/gradio_api/vibe-code/",
        "/gradio_api/dev/reload",
        "/gradio_api/run-history/buckets",
    ],
)
def test_what_the_page_does_not_use_is_not_served(served, path):
    for method in ("GET", "POST"):
        answer = served.ask(method, path, b"{}" if method == "POST" else None)
        assert (answer.status, answer.error["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", [JOIN, CALL, RUN, "/gradio_api/cancel", "/gradio_api/reset"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"data": ["\\ud800"], "session_hash": "a"}', 422),
        (b'{"data": [1e999]}', 422),
        (b'{"data": [NaN]}', 422),
        (b"[" * 50_000, 400),
        (b'{"data": [' + b"[" * 30 + b"]" * 30 + b"]}", 400),
        (b'{"data": ["%s"], "data": []}' % SECRET.encode(), 400),
        (b'{"data": "%s", "event_id": 5, "fn_index": "x"}' % SECRET.encode(), 422),
        (b'"%s"' % SECRET.encode(), 422),
        (b"\xff\xfe", 400),
        (b" " * (MEGABYTE + 1), 413),
    ],
    ids=range(10),
)
def test_gradio_s_routes_refuse_hostile_bodies_in_our_words(served, path, body, status):
    for kind in ("application/json", "text/plain", ""):
        answer = served.post(path, body, Content_Type=kind)
        assert answer.status == (422 if kind != "application/json" and status == 422 else status), (kind, answer)
        assert answer.error["remedy"]
        assert SECRET.encode() not in answer.body


def test_no_route_of_gradio_s_takes_an_encoded_body(served):
    for path in (JOIN, CALL, UPLOAD, "/login"):
        answer = served.post(path, gzip.compress(b'{"data": ["tech"]}'), Content_Encoding="gzip")
        assert (answer.status, answer.error["field"]) == (415, "Content-Encoding")


def test_the_queue_can_not_be_passed_by(served):
    """Gradio's direct route is open only for requests that the page makes without its queue, such as an example."""
    answer = served.post(RUN, {"data": ["tech", []]})
    assert (answer.status, answer.error["code"]) == (404, "not_found")


NAMES = st.sampled_from(["predict", "explain", "models", "report", "nothing"])
JOINED = st.fixed_dictionaries(
    {"data": st.lists(JSON, max_size=5) | JSON},
    optional={
        "fn_index": st.integers(-2, 60) | JSON,
        "session_hash": st.text(max_size=5) | JSON,
        "event_data": JSON,
        "trigger_id": st.integers(0, 90) | JSON,
        "batched": st.booleans(),
    },
)


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from([JOIN, RUN]) | NAMES.map(lambda name: f"/gradio_api/call/{name}"), body=JOINED | JSON)
def test_no_json_makes_gradio_s_routes_fail(served, path, body):
    answer = served.post(path, json.dumps(body).encode())
    assert answer.status in (200, 400, 404, 422, 503), answer
    assert answer.status == 200 or answer.error
    assert served.get("/health/live").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/queue/data?session_hash=nobody",
        "/gradio_api/call/predict/nothing",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../etc/passwd",
        "/gradio_api/file=http://127.0.0.1/",
        "/gradio_api/upload_progress?upload_id=nothing",
        "/gradio_api/info?all_endpoints=x",
        "/config?x=%00",
        f"/{SECRET}",
    ],
)
def test_no_address_of_gradio_tells_or_fails(served, path):
    answer = served.get(path)
    assert answer.status < 500
    assert b"root:" not in answer.body and SECRET.encode() not in answer.body
    assert b"Traceback" not in answer.body


def upload(served, content, name="texts.csv", prefix="", **headers):
    boundary = b"----x"
    head = b'Content-Disposition: form-data; name="files"; filename="%s"\r\n' % name.encode()
    body = (
        b"--" + boundary + b"\r\n" + head + b"Content-Type: text/csv\r\n\r\n" + content + b"\r\n--" + boundary + b"--"
    )
    return served.post(prefix + UPLOAD, body, Content_Type="multipart/form-data; boundary=----x", **headers)


def test_files_have_a_limit_of_their_own(served):
    stored = upload(served, b"text\n" + b"x" * 2 * MEGABYTE)
    assert stored.status == 200
    assert stored.json()[0].startswith(os.environ[uploads.VARIABLE])
    for size in (5_000_001, 6_000_000):  # refused by Gradio, and refused earlier
        too_large = upload(served, b"x" * size)
        assert (too_large.status, too_large.error["limit"]) == (413, 5_000_000)
    for body in (b"", b"--", b"------x\r\nContent-Disposition: form-data\r\n\r\n"):
        answer = served.post(UPLOAD, body, Content_Type="multipart/form-data; boundary=----x")
        assert answer.status in (200, 400, 422)
    assert served.post(UPLOAD, b"x", Content_Type="multipart/form-data").status == 400


@pytest.mark.parametrize(("attribute", "code"), [("full", "files_full"), ("busy", "busy")])
def test_a_full_store_of_files_refuses_the_next(served, monkeypatch, attribute, code):
    monkeypatch.setattr(uploads.Store, attribute, True)
    answer = upload(served, b"text\na\n")
    assert (answer.status, answer.error["code"]) == (503, code)


def test_uploads_are_seen_once_they_are_there(served):
    upload(served, b"x" * MEGABYTE, "seen.csv")
    served.service.uploads.walk()
    assert served.service.uploads._stored >= MEGABYTE
    assert not served.service.uploads.full


def bytes_in(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_the_folder_is_bounded_whatever_fills_it(monkeypatch, tmp_path):
    """A full folder is detected soon. Nothing more is written, and the page still answers."""
    monkeypatch.setattr(uploads, "WALK_SECONDS", 0.1)
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path))
    before = limits.current()
    limits.use(limits.Limits().changed({"upload_bytes": "100000", "stored_bytes": "2000000"}))
    try:
        with launched() as server:
            path = upload(server, b"text\ntech\n" + b"contrary tech\n" * 900).json()[0]
            filling = tmp_path / "by-nobody-knows-whom"
            filling.write_bytes(b"x" * 3_000_000)
            try:
                wait_for(lambda: server.service.uploads.full)
                stored = bytes_in(tmp_path)
                assert upload(server, b"text\na\n").error["code"] == "files_full"
                data = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}, "", False]}
                event = server.post("/gradio_api/call/predict_file", data).json()["event_id"]
                events = server.get(f"/gradio_api/call/predict_file/{event}").body
                assert b"disagree on **900** of them" in events and b".csv" not in events
                assert bytes_in(tmp_path) == stored
            finally:
                filling.unlink()
            wait_for(lambda: not server.service.uploads.full)
            assert upload(server, b"text\na\n").status == 200
    finally:
        limits.use(before)


def test_a_full_disk_is_told(served, tmp_path, monkeypatch):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no right to mount a small disk")
    monkeypatch.setenv(uploads.VARIABLE, str(small))
    try:
        with launched() as server:
            answer = upload(server, b"text\n" + b"a\n" * MEGABYTE)
            assert (answer.status, bool(answer.error)) == (503, True)
            assert server.post("/api/v1/predict", {"text": "tech"}).status == 200
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_an_uploaded_page_does_not_run(served):
    path = upload(served, b"<script>window.hacked=1</script>", "a.html").json()[0]
    answer = served.get(f"/gradio_api/file={path}")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get("content-disposition", "").startswith("attachment")


def test_a_file_is_classified_through_the_queue(client, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("text\ntech\ncontrary tech\n", encoding="utf-8")
    summary, *_ = client.predict(handle_file(path), "", False, api_name="/predict_file")
    assert "disagree on **1** of them" in summary


def test_other_websites_get_nothing_from_the_page(served):
    for path in ("/config", "/gradio_api/info", "/api/v1/models"):
        evil = served.get(path, Origin="https://evil.example", Host="bakeoff.example")
        assert evil.status == 200
        assert "access-control-allow-origin" not in evil.headers
        assert "access-control-allow-credentials" not in evil.headers
        good = served.get(path, Origin="https://good.example", Host="bakeoff.example")
        assert good.headers["access-control-allow-origin"] == "https://good.example"


def test_other_websites_neither_post_to_the_page_nor_log_visitors_out(served):
    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        for path in (UPLOAD, JOIN, "/login"):
            assert served.post(path, b"{}", **headers).status == 403, path
    refused = served.get("/logout", Sec_Fetch_Site="cross-site")
    assert (refused.status, refused.error["code"]) == (403, "forbidden")
    assert served.get("/", Sec_Fetch_Site="cross-site").status == 200  # a link to the page


def test_the_page_runs_its_own_scripts_only(served):
    answer = served.get("/")
    scripts = next(part for part in answer.headers["content-security-policy"].split("; ") if part.startswith("script"))
    assert scripts.count("'sha256-") == answer.body.count(b"<script>") + answer.body.count(b"<script data")
    assert "'unsafe-inline'" not in scripts
    assert "script-src" not in served.get("/api/docs").headers["content-security-policy"]


def test_one_login_for_page_and_api(tmp_path):
    access = Access(LOGIN)
    with launched(Settings(access), auth=access.check_login) as server:
        for path in ("/config", "/gradio_api/info", "/gradio_api/queue/status", "/api/v1/models", "/metrics"):
            assert server.get(path).status == 401, path
        assert server.post(JOIN, {"data": ["tech"], "session_hash": "a"}).status == 401
        assert upload(server, b"text\na\n").status == 401
        assert server.ask("POST", UPLOAD, None, Content_Length="999999").status == 401  # without waiting for the body
        assert server.get("/health/ready").status == 200
        with pytest.raises(AuthenticationError):
            Client(server.url, verbose=False)
        right = Client(server.url, auth=LOGIN, verbose=False)
        assert right.predict("tech", api_name="/predict")["agree"]
        file = tmp_path / "texts.csv"
        file.write_text("text\ntech\n", encoding="utf-8")
        assert right.predict(handle_file(file), "", False, api_name="/predict_file")[0].startswith("1 text")
        statuses = [log_in(server, "anna", "wrong").status for _ in range(4)]
        assert statuses == [400, 400, 400, 429]
        assert log_in(server, *LOGIN).error["code"] == "login_slowed"
        assert server.get("/api/v1/models", Authorization="Basic YW5uYTpwYXNzd29yZA==").status == 429


def test_parallel_guesses_of_the_password_are_slowed_too():
    access = Access(LOGIN)
    with launched(Settings(access), auth=access.check_login) as server:
        start, statuses = threading.Barrier(24), []

        def guess():
            start.wait()
            statuses.append(log_in(server, "anna", "wrong").status)

        threads = [threading.Thread(target=guess) for _ in range(24)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
    assert len(statuses) == 24
    assert statuses.count(400) <= FREE_FAILURES + 1  # one more is possible if a second has passed
    assert set(statuses) == {400, 429}


def log_in(server, user, password):
    body = f"username={user}&password={password}".encode()
    return server.post("/login", body, Content_Type="application/x-www-form-urlencoded")


def test_a_fault_in_the_page_s_functions_quotes_no_text(caplog, capfd):
    class Broken(WordCounter):
        def logits(self, texts):
            raise RuntimeError(f"can't read {texts[0]}")

    with launched(models=(Broken("PyTorch"), Broken("TensorFlow"))) as server, caplog.at_level(logging.DEBUG):
        client = Client(server.url, verbose=False)
        with pytest.raises(AppError, match="failed because of a bug"):
            client.predict(SECRET, api_name="/predict")
    assert "RuntimeError at test_served_page.py" in caplog.text
    assert SECRET not in caplog.text + "".join(capfd.readouterr())
