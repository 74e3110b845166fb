"""Test hostile requests: each gets a short JSON error that quotes nothing of it, and never status 500."""

import gzip
import http.client
import json
import socket
import time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from service.guard.strict_json import parse
from service.problem import Problem, ProblemError, request_id
from tests.support.serving import serving

PREDICT, EXPLAIN = "/api/v1/predict", "/api/v1/explain"
SECRET = "s3cr3t-w0rd"
TYPE_REFUSED = ("unsupported_media_type", "Content-Encoding")


@pytest.fixture(scope="module")
def served():
    with serving() as server:
        yield server


def body_of(text: str) -> bytes:
    return b'{"text": "%s"}' % text.encode()


BODIES = {
    "nothing": (b"", 400, None),
    "no JSON": (b"text=" + SECRET.encode(), 400, None),
    "half of it": (body_of(SECRET)[:-2], 400, None),
    "two values": (b'{"text": "a"} {"text": "b"}', 400, None),
    "a list": (b'["%s"]' % SECRET.encode(), 422, "body"),
    "a text": (b'"%s"' % SECRET.encode(), 422, "body"),
    "null": (b"null", 422, "body"),
    "NaN": (b'{"text": NaN}', 422, None),
    "Infinity": (b'{"text": -Infinity}', 422, None),
    "1e999": (b'{"text": 1e999}', 422, None),
    "a number of 5,000 digits": (b'{"text": ' + b"9" * 5000 + b"}", 422, None),
    "a lone surrogate": (body_of("\\ud83d"), 422, None),
    "a lone surrogate as a key": (b'{"\\udfff": "a"}', 422, None),
    "a key twice": (b'{"text": "%s", "text": "b"}' % SECRET.encode(), 400, None),
    "an unknown key": (b'{"text": "a", "%s": 1}' % SECRET.encode(), 422, "body"),
    "a control character": (b'{"text": "a\x01b"}', 400, None),
    "Latin-1": ('{"text": "é"}'.encode("latin-1"), 400, None),
    "UTF-16": ('{"text": "a"}'.encode("utf-16"), 400, None),
    "UTF-32": ('{"text": "a"}'.encode("utf-32"), 400, None),
    "an overlong encoding": (b'{"text": "\xc0\xaf"}', 400, None),
    "encoded surrogates": (b'{"text": "\xed\xa0\x80"}', 400, None),
    "a hundred thousand brackets": (b"[" * 100_000, 400, None),
    "deep objects": (b'{"text":' * 500 + b'"a"' + b"}" * 500, 400, None),
    "deeper than allowed": (b'{"text": ' + b"[" * 30 + b"]" * 30 + b"}", 400, None),
    "an empty text": (b'{"text": ""}', 422, "text"),
    "a blank text": (b'{"text": " \\n\\u200b\\u0000"}', 422, "text"),
    "a number": (b'{"text": 5}', 422, "text"),
    "null as the text": (b'{"text": null}', 422, "text"),
    "true": (b'{"text": true}', 422, "text"),
    "a text in an object": (b'{"text": {"text": "a"}}', 422, "text"),
    "a text as texts": (b'{"texts": "%s"}' % SECRET.encode(), 422, "texts"),
    "no texts": (b'{"texts": []}', 422, "texts"),
    "too many texts": (json.dumps({"texts": ["a"] * 33}).encode(), 422, "texts"),
    "far too many of another type": (b'{"texts": [%s0]}' % (b"0," * 5000), 422, "texts"),
    "too many values": (b'{"texts": [%s0]}' % (b"0," * 500_000), 413, None),
    "too many values in many lists": (b'{"texts": [%s0]}' % (b"[[0, 0]]," * 9000), 413, None),
    "a bad text among texts": (json.dumps({"texts": ["a", ""]}).encode(), 422, "texts.1"),
    "both": (b'{"text": "a", "texts": ["a"]}', 422, "text"),
    "none": (b'{"framework": "both"}', 422, "text"),
    "another framework": (b'{"text": "a", "framework": "%s"}' % SECRET.encode(), 422, "framework"),
    "too long a text": (body_of("x" * 20_001), 422, "text"),
    "too long a text in wide characters": (body_of("\U0001f600" * 20_001), 422, "text"),
    "too large a body": (body_of(SECRET * 200_000), 413, None),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused(served, name):
    body, status, field = BODIES[name]
    answer = served.post(PREDICT, body)
    assert answer.status == status, answer
    assert field is None or answer.error["field"] == field
    assert answer.error["remedy"]
    assert SECRET.encode() not in answer.body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("samples", value) for value in (49, 2001, -1, 100.5, "100", True, None, 10**15)),
        *(("seed", value) for value in (-1, 2**32, 1.5, "0", False)),
        ("target", SECRET),
        ("label", SECRET),
        ("label", "x" * 201),
        ("stock", "yes"),
        ("framework", None),
    ],
)
def test_a_hostile_setting_is_refused(served, field, value):
    answer = served.post(EXPLAIN, {"text": "sport and more", field: value})
    assert (answer.status, answer.error["field"]) == (422, field)
    assert SECRET.encode() not in answer.body


@pytest.mark.parametrize(
    "text", ["🏆" * 20_000, "a\u0000b", "\u202esport", "e\u0301" * 100, "[SEP] [CLS]", "</script>"]
)
def test_a_strange_text_is_answered(served, text):
    assert served.post(PREDICT, {"text": text}).status == 200


def test_a_byte_order_mark_is_skipped(served):
    assert served.post(PREDICT, b"\xef\xbb\xbf" + body_of("sport")).status == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/json; charset=latin-1", 415),
        ("application/problem+json", 415),
        ("", 415),
        ("\x7f", 415),
    ],
)
def test_only_json_in_utf8_is_taken(served, kind, status):
    answer = served.post(PREDICT, body_of("sport"), Content_Type=kind)
    assert answer.status == status
    assert status == 200 or answer.error


@pytest.mark.parametrize(
    ("encoding", "status"), [("gzip", 415), ("GZip", 415), ("br", 415), ("identity", 200), ("", 200)]
)
def test_only_bodies_as_they_are_are_taken(served, encoding, status):
    for body in (body_of("sport"), gzip.compress(body_of("sport"))) if status == 415 else (body_of("sport"),):
        answer = served.post(PREDICT, body, Content_Encoding=encoding)
        assert answer.status == status
        assert status == 200 or (answer.error["code"], answer.error["field"]) == TYPE_REFUSED


def test_a_second_encoding_is_seen_too(served):
    for encodings in (b"identity, gzip", b"identity\r\nContent-Encoding: gzip"):
        body = gzip.compress(b'{"text": "sport"}')
        head = b"Content-Encoding: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (encodings, len(body))
        assert b"415" in raw(served, HEAD + head + body).split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PREDICT, 405),
        ("DELETE", EXPLAIN, 405),
        ("POST", "/health/live", 405),
        ("BREW", PREDICT, 405),
        ("GET", f"/api/v1/{SECRET}", 404),
        ("GET", "/api/v1/../../etc/passwd", 404),
        ("GET", "/api/v1/evaluation/%2e%2e%2f", 404),
        ("GET", f"/{'x' * 5000}", 404),
        ("GET", "/api//v1/models", 404),
        ("GET", "/%00", 404),
    ],
)
def test_an_address_or_a_method_that_is_none_is_refused(served, method, path, status):
    answer = served.ask(method, path)
    assert (answer.status, bool(answer.error)) == (status, True)
    assert SECRET.encode() not in answer.body


def raw(served, sent: bytes) -> bytes:
    """Send raw bytes and return the whole response."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        connection.sendall(sent)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


HEAD = b"POST /api/v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


def test_a_body_that_never_comes_is_not_waited_for():
    with serving(body_seconds=1) as server:
        assert b"408" in raw(server, HEAD + b"Content-Length: 50\r\n\r\n{").split(b"\r\n")[0]


def test_a_large_body_is_not_waited_for_where_the_client_asks_before(served):
    sent = HEAD + b"Content-Length: 999999999\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    assert b"413" in raw(served, sent).split(b"\r\n")[0]


def test_chunks_count_too(served):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk * 20 + b"0\r\n\r\n"
    assert b"413" in raw(served, sent).split(b"\r\n")[0]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
        b"GET /\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_harms_no_other_connection(served, sent):
    first = raw(served, sent).split(b"\r\n")[0]
    assert not first or first.split()[1].startswith(b"4")
    assert served.get("/health/live").status == 200


def test_a_client_that_vanishes_leaves_nothing(served):
    for sent in (HEAD, HEAD + b"Content-Length: 50\r\n\r\n{", HEAD + b"Content-Length: 16\r\n\r\n" + body_of("a")):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # a reset
            connection.sendall(sent)
    assert served.post(PREDICT, {"text": "sport"}).status == 200


def test_an_error_stays_short_in_any_language():
    for letter in ("\U0001f600", "é", "x", '"'):
        request_id.set("x" * 64)
        body = Problem(422, letter * 500, letter * 500, "x" * 20, "texts.31", 10**15).response().body
        assert len(body) < 1024
        assert json.loads(body)["error"]["message"]


def test_one_client_can_not_hold_all_places_with_bodies_that_never_come():
    with serving(body_seconds=120, client_bodies=3) as server:
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        try:
            for connection in held:
                connection.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
            refused = first_refused(server)
            assert (refused.status, refused.error["code"]) == (503, "too_many_open")
            assert server.get("/health/live").status == 200
        finally:
            for connection in held:
                connection.close()
        wait_until(lambda: server.post(PREDICT, {"text": "sport"}).status == 200)


def test_all_bodies_together_have_a_limit():
    with serving(open_bytes=1000) as server:
        refused = server.post(PREDICT, body_of("x" * 2000))
        assert (refused.status, refused.error["code"]) == (503, "too_many_open")
        for _ in range(3):
            assert server.post(PREDICT, body_of("x" * 800)).status == 200


def first_refused(server):
    """Send predictions until one is refused, and return its answer."""
    answers = []
    wait_until(lambda: answers.append(server.post(PREDICT, {"text": "sport"})) or answers[-1].status != 200)
    return answers[-1]


def wait_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_id_is_taken_over_only_where_it_can_do_no_harm(served):
    assert served.get("/health/live", X_Request_ID="abc-12345").headers["x-request-id"] == "abc-12345"
    for given_ in ("short", "x" * 65, 'a"b,"level":"x"', "é" * 10):
        connection = http.client.HTTPConnection("127.0.0.1", served.port)
        connection.request("GET", "/health/live", headers={"X-Request-ID": given_.encode("utf-8")})
        assert len(connection.getresponse().headers["x-request-id"]) == 16
        connection.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(max_size=60) | JSON,
        "texts": st.lists(st.text(max_size=20) | JSON, max_size=40) | JSON,
        "framework": st.sampled_from(["both", "pytorch", "tensorflow"]) | JSON,
        "samples": st.integers(0, 60) | JSON,
    },
)
OFTEN = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@OFTEN
@given(value=JSON)
def test_what_is_json_is_read_as_python_reads_it(value):
    assume("Infinity" not in json.dumps(value))  # Python writes it, but JSON does not have it
    assert parse(json.dumps(value).encode(), 50, 1000) == value


@OFTEN
@given(body=st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_problem(body):
    try:
        parse(body, 20, 1000)
    except ProblemError as error:
        assert error.problem.status in (400, 422)


@OFTEN
@given(path=st.sampled_from([PREDICT, "/api/v1/pytorch/predict", "/invocations", EXPLAIN]), body=JSON | LIKELY)
def test_any_json_is_answered_or_refused(served, path, body):
    answer = served.post(path, json.dumps(body).encode())
    assert answer.status in (200, 400, 422), answer
    assert answer.status == 200 or answer.error


@OFTEN
@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "text/csv", "text/plain"]))
def test_any_bytes_are_answered_or_refused(served, body, kind):
    answer = served.post("/invocations", body, Content_Type=kind)
    assert answer.status in (200, 400, 415, 422), answer
    assert answer.status == 200 or answer.error
