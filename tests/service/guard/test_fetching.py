"""Test that the server fetches no URL: visitors' URLs are refused, and fetching itself is disabled."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import gradio
import pytest
from gradio import processing_utils, route_utils
from starlette.exceptions import HTTPException

from service.guard import file_paths
from service.guard.no_fetching import FetchRefused
from service.problem import ProblemError
from tests.support import tiny
from tests.support.fetching import CONTROL, HOST, MCP, bodies, called, file_at, pages
from tests.tabs.test_served_page import launched, upload

NAMESPACE = ["unshare", "--net", "--"]
# Gradio's files that open connections, with the reason why no visitor can trigger it.
CONNECTING = {
    "processing_utils.py": "through safehttpx, and `unsafe_download`, which nothing calls",
    "route_utils.py": "through safehttpx",
    "routes.py": "`proxy=`, which is closed, and what the command line reloads",
    "blocks.py": "at the start with `share=True` and on Spaces",
    "networking.py": "at the start",
    "tunneling.py": "at the start with `share=True`",
    "analytics.py": "switched off",
    "utils.py": "at the start, for the page's article, and types of addresses that an app names",
    "external.py": "`gr.load`",
    "external_utils.py": "`gr.load`",
    "static_server.py": "a server that is not ours",
    "workflow.py": "workflows",
}


@pytest.fixture(scope="module")
def served():
    with launched() as server:
        yield server


@pytest.mark.parametrize("name", bodies())
def test_a_file_that_is_an_address_is_refused(served, name):
    path, body = bodies()[name]
    answer = served.post(path, body)
    assert (answer.status, answer.error["code"]) == (422, "invalid")
    assert answer.error["field"] in ("path", "url")
    assert HOST.encode() not in answer.body


def test_a_form_s_type_hides_no_address(served):
    path, body = bodies()["plain"]
    for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", ""):
        answer = served.post(path, json.dumps(body).encode(), Content_Type=kind)
        assert (answer.status, answer.error["field"]) == (422, "path")


@pytest.mark.parametrize("name", pages())
def test_no_page_brings_what_another_host_has(served, name):
    answer = served.get(pages()[name])
    assert answer.status in (403, 404)
    assert answer.error


def test_texts_that_are_addresses_are_texts(served):
    texts = ["http://example.org is a site", "//host/path", "data:text/plain,tech", "file: tech"]
    for text in texts:
        answer = served.post("/gradio_api/call/predict", {"data": [text]})
        assert answer.status == 200
        events = served.get(f"/gradio_api/call/predict/{answer.json()['event_id']}").body
        assert b"event: complete" in events and b"agree" in events


def test_an_upload_is_taken_as_a_browser_names_it(served):
    path = upload(served, b"text\ntech\ncontrary tech\n").json()[0]
    for url in (f"{served.url}/gradio_api/file={path}", f"https://a.proxy/below/gradio_api/file={path}?__sign=a", None):
        answer = served.post("/gradio_api/call/predict_file", {"data": [file_at(path, url=url), "text", False]})
        events = served.get(f"/gradio_api/call/predict_file/{answer.json()['event_id']}").body
        assert b"disagree on **1** of them" in events


def checked(value, takes_files=True):
    return file_paths.checked(json.dumps(value).encode(), value, takes_files)


def test_gradio_never_sees_the_address_that_comes_with_an_upload():
    file = file_at("/tmp/a b.csv", url="http://127.0.0.1:7860/gradio_api/file=/tmp/a%20b.csv")
    assert json.loads(checked({"data": [file]})) == {"data": [file_at("/tmp/a b.csv")]}
    body = b'{"data":   ["as it came"]}'
    assert file_paths.checked(body, json.loads(body), True) == body
    with pytest.raises(ProblemError):
        checked(file_at("/tmp/a.csv", url="http://127.0.0.1/gradio_api/file=/tmp/another.csv"))


@pytest.mark.parametrize(
    "path", ["/tmp/a.csv", "a.csv", "", "C:\\a.csv", "/tmp/at 10:30 http://x.csv", None, 5, ["http://a"]]
)
def test_what_is_no_address_passes(path):
    assert json.loads(checked({"path": path})) == {"path": path}


def test_mcp_takes_no_file_at_all():
    """Refuse file arguments: Gradio's MCP server would read a file from this machine's disk for any caller."""
    body = called("predict", text=file_at("/etc/passwd"))
    with pytest.raises(ProblemError):
        checked(body, takes_files=False)
    assert checked(body)


def test_gradio_can_fetch_nothing(served):
    """Include URLs in a function's answer, which no guard sees."""
    for url in (f"http://{HOST}/a", "http://127.0.0.1/a", "https://huggingface.co/a"):
        with pytest.raises(FetchRefused):
            asyncio.run(processing_utils.async_ssrf_protected_get(url))
        with pytest.raises(FetchRefused):
            asyncio.run(moved(url))
        request = SimpleNamespace(headers={}, method="GET")
        with pytest.raises(HTTPException) as refused:
            asyncio.run(route_utils.secure_url_stream_response(url, request))
        assert isinstance(refused.value.__cause__, FetchRefused)


async def moved(url):
    block = gradio.JSON(render=False)
    return await processing_utils.async_move_files_to_cache({"a": [file_at(url)]}, block, postprocess=True)


def test_no_other_file_of_gradio_s_opens_connections():
    """Fail if a new version connects in a new way. Read it, then list the file here or block it in `no_fetching.py`."""
    opens = re.compile(r"httpx\.(get|post|put|head|stream|request|Client|AsyncClient)\(|urlopen\(|requests\.get\(")
    folder = Path(gradio.__file__).parent
    files = [path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0] not in ("cli", "test_data")]
    found = {str(path.relative_to(folder)) for path in files if opens.search(path.read_text(encoding="utf-8"))}
    assert found <= set(CONNECTING)


def test_nothing_is_asked_for_in_a_network_of_its_own(tmp_path):
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("no unshare or ip: install Debian's util-linux and iproute2")
    if (tried := subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True)).returncode:
        pytest.skip(f"no right to make a network namespace: {tried.stderr.strip()}")
    command = [*NAMESPACE, sys.executable, "-m", "tests.support.fetching"]
    ended = subprocess.run(command, cwd=tiny.ROOT, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    printed = json.loads(ended.stdout.splitlines()[-1])
    assert printed["fetched"] == [CONTROL]
    statuses = printed["statuses"]
    assert {statuses[name] for name in bodies()} == {422}
    assert {statuses[name] for name in pages()} <= {403, 404}
    assert any(path == MCP for path, _ in bodies().values())
