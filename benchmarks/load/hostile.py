"""Draw requests that no honest client sends, from a seed, for `benchmarks.load`."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

UPLOAD = "/gradio_api/upload"
PATHS = (
    "/api/v1/predict",
    "/api/v1/pytorch/predict",
    "/api/v1/tensorflow/predict",
    "/api/v1/explain",
    "/invocations",
    "/gradio_api/queue/join",
    "/gradio_api/call/predict",
    UPLOAD,
    "/gradio_api/cancel",
)
READ = (  # paths that are requested with GET
    *(
        "/api/v1/models",
        "/api/v1/evaluation",
        "/api/v1/decision",
        "/api/docs",
        "/api/openapi.json",
        "/metrics",
        "/ping",
    ),
    *("/", "/config", "/gradio_api/info", "/gradio_api/file=/etc/passwd", "/gradio_api/call/predict/nothing"),
    *("/gradio_api/upload_progress?upload_id=x", "/login"),
)
SOUND = (
    b'{"text": "the striker scored", "framework": "both"}',
    b'{"texts": ["the striker scored", "shares fell"]}',
    b'{"text": "the striker scored", "samples": 50, "seed": 1, "label": "sport", "stock": true}',
    b'{"data": ["the striker scored"], "fn_index": 0, "session_hash": "a"}',
)
BOUNDARY = "----x"
KINDS = ("application/json", "application/json", "application/json", "text/csv", "text/plain", "multipart/form-data")
KEYS = ("text", "texts", "framework", "samples", "seed", "label", "data", "fn_index", "session_hash", "x")
PIECES = (
    *("NaN", "1e999", "-Infinity", '"\\ud800"', "[[[[", "{}", "null", '"\x00"', '"text"', ":", ",", "true", "1" * 400),
    *('"\u202e"', '"<script>"', '"=1+1"', '"😀"', '{"text": "a", "text": "b"}', "\ufeff"),
)


@dataclass(frozen=True)
class Sent:
    """A request."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def hostile_requests(seed: int) -> Iterator[Sent]:
    """Yield requests without end; equal seeds draw equal requests."""
    drawn = random.Random(seed)
    while True:
        if drawn.random() < 0.1:
            yield _upload(drawn) if drawn.random() < 0.5 else Sent("GET", drawn.choice(READ), b"")
            continue
        kind = drawn.choice(KINDS)
        body = drawn.choice((_bytes, _pieces, _object, _mutated, _large))(drawn)
        path = drawn.choice(PATHS) if drawn.random() < 0.95 else "/" + "".join(drawn.choices("abc/%2.", k=12))
        method = "POST" if drawn.random() < 0.95 else drawn.choice(("PUT", "DELETE", "PATCH"))
        yield Sent(method, path, body, {"Content-Type": kind})


def _bytes(drawn: random.Random) -> bytes:
    return drawn.randbytes(drawn.randrange(300))


def _pieces(drawn: random.Random) -> bytes:
    return "".join(drawn.choices(PIECES, k=drawn.randrange(8))).encode()


def _object(drawn: random.Random) -> bytes:
    """Draw likely names with unlikely values."""
    named = {drawn.choice(KEYS): _value(drawn, 3) for _ in range(drawn.randrange(5))}
    return json.dumps(named).encode()


def _mutated(drawn: random.Random) -> bytes:
    """Draw a valid request with some bytes changed."""
    return _changed(drawn.choice(SOUND), drawn)


def _changed(sound: bytes, drawn: random.Random) -> bytes:
    body = bytearray(sound)
    for _ in range(drawn.randrange(1, 6)):
        body[drawn.randrange(len(body))] = drawn.randrange(256)
    return bytes(body)


def _upload(drawn: random.Random) -> Sent:
    """Draw a form with one or more files, under names that Gradio knows and others; half of them have bytes changed."""
    head = (
        '--{}\r\nContent-Disposition: form-data; name="{}"; filename="{}.csv"\r\nContent-Type: text/csv\r\n\r\n{}\r\n'
    )
    parts = [
        head.format(BOUNDARY, drawn.choice(("files", "other")), drawn.choice(("a", "../a", "é")), "word " * 50)
        for _ in range(drawn.randrange(1, 5))
    ]
    sound = ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()
    body = sound if drawn.random() < 0.5 else _changed(sound, drawn)
    return Sent("POST", UPLOAD, body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def _large(drawn: random.Random) -> bytes:
    """Draw a body near the limits or past them."""
    size = drawn.choice((19_999, 20_001, 100_000)) if drawn.random() < 0.9 else 2**20 + 1
    return json.dumps({drawn.choice(("text", "texts", "data")): drawn.choice("ax é") * size}).encode()


def _value(drawn: random.Random, depth: int) -> Any:
    kind = drawn.randrange(8 if depth else 6)
    if kind == 6:
        return [_value(drawn, depth - 1) for _ in range(drawn.randrange(40))]
    if kind == 7:
        return {drawn.choice(KEYS): _value(drawn, depth - 1)}
    return (
        None,
        True,
        drawn.randrange(-(10**9), 10**9),
        drawn.random() * 10**6,
        "both",
        "word " * drawn.randrange(50),
    )[kind]
