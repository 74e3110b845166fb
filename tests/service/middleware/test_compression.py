"""Test that answers of API and page are compressed where that helps, and that streams are not delayed."""

import gzip
import http.client
import json

import pytest

from service.middleware.headers import policy
from tests.support.serving import serving
from tests.tabs.test_served_page import launched

GZIP = {"Accept_Encoding": "gzip"}


@pytest.fixture(scope="module")
def page():
    with launched() as server:
        yield server


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/api/docs", "/api/openapi.json"])
def test_what_a_view_loads_is_compressed(page, path):
    plain, small = page.get(path), page.get(path, **GZIP)
    assert "content-encoding" not in plain.headers
    assert (small.status, small.headers["content-encoding"]) == (200, "gzip")
    assert "accept-encoding" in small.headers["vary"].lower()
    assert len(small.body) < len(plain.body) / 3
    body = gzip.decompress(small.body)
    if path == "/":  # the hashes are those of the scripts as a browser sees them
        assert small.headers["content-security-policy"] == policy(body)
    assert small.headers["x-content-type-options"] == "nosniff"
    assert int(small.headers["content-length"]) == len(small.body)


def test_small_answers_and_errors_stay_as_they_are(page):
    for answer in (page.get("/health/live", **GZIP), page.post("/api/v1/predict", {"text": ""}, **GZIP)):
        assert "content-encoding" not in answer.headers
        assert answer.json()


def test_an_event_arrives_while_its_stream_is_open(page):
    client = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    client.request("GET", "/gradio_api/heartbeat/abc", headers={"Accept-Encoding": "gzip"})
    stream = client.getresponse()
    assert stream.getheader("content-encoding") is None
    assert stream.readline() == b"data: ALIVE\n"
    client.close()


def test_a_long_answer_of_the_api_alone_is_compressed():
    with serving() as server:
        texts = ["tech"] * 32
        answer = server.post("/api/v1/predict", {"texts": texts}, **GZIP)
        assert answer.headers["content-encoding"] == "gzip"
        assert len(json.loads(gzip.decompress(answer.body))["models"]) == 2
