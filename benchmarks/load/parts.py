"""Measure the parts of `benchmarks.load`: each starts a server, does one thing to it, and returns its figures."""

import json
import random
import threading
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bakeoff.common.limits import Limits
from bakeoff.corpus import corpus
from benchmarks.load.hostile import hostile_requests
from benchmarks.load.server import Server, headlines, quantiles, running, storm
from eval.measure.timing import abba

PREDICT, LIVE = "/api/v1/predict", "/health/live"
CALL = "/gradio_api/call/predict"
THINK = 3.0
USERS, CROWD, CLIENTS = 20, 200, 32
HOSTILE = 0.05
VISITS = 0.2  # share of a soak's questions that open a new session
WARM_UP = 600  # requests before memory is measured
WATCH_SECONDS = 10.0
SETTLE_SECONDS = 300.0  # first part of a soak, in which memory does not count
FUZZ_THREADS = 8
HEADLINE = "profits slide at drugmaker after research costs rise"


def users(arguments: Namespace, samples: Path) -> dict[str, Any]:
    """Measure visitors who think between two headlines."""
    with running(flags(arguments)) as server:
        found = storm(server, samples, USERS, arguments.seconds, THINK)
    return {"users": USERS, "think_seconds": THINK, **_answered(found, arguments.seconds)}


def overload(arguments: Namespace, samples: Path) -> dict[str, Any]:
    """Measure throughput, refusals and the health route, in turns with the best number of clients and with far more."""
    seconds = max(arguments.seconds / 10, 10)
    with running(flags(arguments)) as server:
        tried = {count: _rate(storm(server, samples, count, seconds, 0), seconds) for count in (CLIENTS, 2 * CLIENTS)}
        best = max(tried, key=tried.get)
        turns = [count for turn in abba([best, CROWD], arguments.blocks, arguments.seed) for count in turn]
        found: dict[int, list[tuple]] = {best: [], CROWD: []}
        for count in tqdm(turns, desc="overload", leave=False):
            found[count] += storm(server, samples, count, seconds, 0, probers=1)
        after = server.predict(HEADLINE)
    whole = seconds * len(turns) / 2
    refused = [took for name, status, took, _ in found[CROWD] if name == PREDICT and status == 503]
    live = [(status, took) for name, status, took, _ in found[CROWD] if name == LIVE]
    return {
        "users": CROWD,
        "seconds": whole,
        "peak_of_users": best,
        "peak_per_second": round(_rate(found[best], whole), 1),
        **_answered(found[CROWD], whole),
        "share_of_peak": round(_rate(found[CROWD], whole) / _rate(found[best], whole), 3),
        "refused_ms": quantiles(refused),
        "live_ms": quantiles([took for _, took in live]),
        "live_failed": sum(status != 200 for status, _ in live),
        "answers_afterwards": after == 200,
    }


def together(arguments: Namespace, samples: Path) -> dict[str, Any]:
    """Compare, in turns, a server that batches with one that answers one text at a time, under the same clients."""
    seconds = max(arguments.seconds / 10, 10)
    rates: dict[str, list[float]] = {"batched": [], "one at a time": []}
    with running(flags(arguments)) as batched, running([*flags(arguments), "--limit", "batch_texts=1"]) as single:
        servers = {"batched": batched, "one at a time": single}
        for server in servers.values():
            storm(server, samples, CLIENTS, 5, 0)
        turns = [name for turn in abba(list(servers), 2 * arguments.blocks, arguments.seed) for name in turn]
        for name in tqdm(turns, desc="together", leave=False):
            rates[name].append(_rate(storm(servers[name], samples, CLIENTS, seconds, 0), seconds))
    ratios = [first / second for first, second in zip(*rates.values(), strict=True)]
    return {
        "clients": CLIENTS,
        "per_second": {name: [round(rate, 1) for rate in measured] for name, measured in rates.items()},
        "ratio": round(sum(rates["batched"]) / sum(rates["one at a time"]), 2),
        "least_ratio": round(min(ratios), 2),
    }


def fuzz(arguments: Namespace, _: Path) -> dict[str, Any]:
    """Send hostile requests from several threads, count the answers, and measure whether memory is released."""
    with running(flags(arguments)) as server:
        _warm_up(server, arguments.seed)
        before = server.usage()
        statuses, longest = _fuzzed(server, arguments.fuzz_requests, arguments.seed)
        time.sleep(WATCH_SECONDS)
        after, answers = server.usage(), server.predict(HEADLINE)
    return {
        "requests": arguments.fuzz_requests,
        "statuses": dict(sorted(statuses.items())),
        "faults": statuses["500"],
        "longest_seconds": round(longest, 2),
        "before": before,
        "after": after,
        "grown_megabytes": round(after["megabytes"] - before["megabytes"], 1),
        "answers_afterwards": answers == 200,
    }


def soak(arguments: Namespace, samples: Path) -> dict[str, Any]:
    """Measure memory and handles over a long time; some requests are hostile, and some open new sessions.

    The soak begins with as many sessions as a server keeps, with crowds and with texts of many lengths. Visitors alone
    bring these too rarely to prepare all of them in the first minutes, and later preparation looks like a leak.
    """
    watched: list[dict[str, float]] = []
    with running(flags(arguments)) as server, _watching(server, watched):
        _open_sessions(server)
        _warm_up(server, arguments.seed)
        found = storm(
            server,
            samples,
            USERS,
            arguments.soak_seconds,
            THINK / 3,
            hostile=HOSTILE,
            seed=arguments.seed,
            visits=VISITS,
        )
    settled = [sample for sample in watched if sample["second"] >= min(SETTLE_SECONDS, arguments.soak_seconds / 3)]
    return {
        "seconds": arguments.soak_seconds,
        **_answered(found, arguments.soak_seconds),
        "hostile": dict(Counter(str(status) for name, status, *_ in found if name == "hostile")),
        "new_sessions": sum(name == "page" for name, *_ in found),
        "first_settled": settled[0],
        "last": settled[-1],
        "grown_megabytes": round(max(sample["megabytes"] for sample in settled) - settled[0]["megabytes"], 1),
        "grown_handles": settled[-1]["handles"] - settled[0]["handles"],
        "watched": watched[:: max(1, len(watched) // 60)],
    }


def flags(arguments: Namespace) -> list[str]:
    """Return the flags of app.py that name the models."""
    return ["--pytorch-model", arguments.models[0], "--tensorflow-model", arguments.models[1]]


def _rate(found: Sequence[tuple], seconds: float) -> float:
    """Return the answers per second over the whole run; seconds without any answer count."""
    return sum(name == PREDICT and status == 200 for name, status, *_ in found) / seconds


def _answered(found: Sequence[tuple], seconds: float) -> dict[str, Any]:
    predictions = [sample for sample in found if sample[0] == PREDICT]
    return {
        "per_second": round(_rate(found, seconds), 1),
        "answered_ms": quantiles([took for _, status, took, _ in predictions if status == 200]),
        "statuses": dict(Counter(str(status) for _, status, *_ in predictions)),
    }


def _warm_up(server: Server, seed: int) -> None:
    """Ask as crowds, in turns with headlines and with texts of many lengths.

    Both libraries keep what they prepare for a batch's shape.
    """
    drawn, asked = random.Random(seed), headlines()
    words = " ".join(example.text for example in corpus.load().test).split()
    for number in range(WARM_UP):
        count = drawn.randint(1, USERS)
        if number % 2:
            texts = drawn.choices(asked, k=count)
        else:
            texts = [" ".join(drawn.choices(words, k=drawn.randrange(1, 200))) for _ in range(count)]
        server.ask("POST", PREDICT, json.dumps({"texts": texts}).encode(), {"Content-Type": "application/json"})
    # The first explanation imports what explanations need.
    body = json.dumps({"text": " ".join(words[:60]), "samples": 200}).encode()
    server.ask("POST", "/api/v1/explain", body, {"Content-Type": "application/json"})


def _open_sessions(server: Server) -> None:
    """Open as many sessions as the server keeps; their answers are never fetched."""
    body = json.dumps({"data": [HEADLINE]}).encode()
    for _ in range(Limits().sessions + Limits().requests):
        server.ask("POST", CALL, body, {"Content-Type": "application/json"})


def _fuzzed(server: Server, count: int, seed: int) -> tuple[Counter[str], float]:
    """Send hostile requests, and return the counts of statuses (0: no answer) and the longest wait."""
    statuses: Counter[str] = Counter()
    longest, lock = 0.0, threading.Lock()
    bar = tqdm(total=count, desc="fuzz", leave=False)

    def send(share: int, seed: int) -> None:
        nonlocal longest
        for _, sent in zip(range(share), hostile_requests(seed), strict=False):
            began = time.monotonic()
            status = server.ask(sent.method, sent.path, sent.body, sent.headers)
            with lock:
                statuses[str(status)] += 1
                longest = max(longest, time.monotonic() - began)
                bar.update()

    shares = [count // FUZZ_THREADS + (number < count % FUZZ_THREADS) for number in range(FUZZ_THREADS)]
    threads = [threading.Thread(target=send, args=(share, seed + n)) for n, share in enumerate(shares)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bar.close()
    return statuses, longest


@contextmanager
def _watching(server: Server, watched: list[dict[str, float]]) -> Iterator[None]:
    """Sample the server's memory and handles inside the block."""
    ended, began = threading.Event(), time.monotonic()

    def look() -> None:
        while not ended.wait(min(WATCH_SECONDS, 5.0)):
            watched.append({"second": round(time.monotonic() - began), **server.usage()})

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
