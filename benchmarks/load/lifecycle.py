"""The parts of `benchmarks.load` about the server's beginning and end."""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bakeoff.common.errors import BakeoffError
from bakeoff.corpus import corpus
from benchmarks.load.parts import PREDICT, flags
from benchmarks.load.server import Server, running
from benchmarks.start.processes import ROOT

IN_FLIGHT = 20
TEXTS = 6  # a request: seconds of work for all, and what the queue has room for


def stop(arguments: Namespace, _: Path) -> dict[str, Any]:
    """SIGTERM while requests are in flight, again and again, with the page and without."""
    out: dict[str, Any] = {}
    for name, more in (("launch", []), ("uvicorn", ["--api-only"])):
        ends = [_stopped([*flags(arguments), *more]) for _ in tqdm(range(arguments.stops), desc=name, leave=False)]
        out[name] = {
            "times": len(ends),
            "in_flight": [each["in_flight"] for each in ends],
            "answered_after_it": sum(each["answered"] for each in ends),
            "lost": sum(each["lost"] for each in ends),
            "longest_seconds": round(max(each["seconds"] for each in ends), 2),
            "exit_statuses": dict(Counter(str(each["status"]) for each in ends)),
        }
    return out


def start(arguments: Namespace, _: Path) -> dict[str, Any]:
    """From the start of the process until both models answer, with no Hub, from a cache that a start before filled."""
    from tests.support.hub_server import running_hub  # a Hub on the loopback

    with tempfile.TemporaryDirectory(prefix="bakeoff-load-") as home:
        with running_hub() as hub:
            environment = hub.env(Path(home), token=hub.token("alice"))
            chosen = _published(arguments.models, environment)
            with running(chosen, environment):
                pass
        with_nothing = {"HF_HUB_OFFLINE": "1"}
        offline = [_ready(chosen, environment | with_nothing) for _ in range(2)]
        down = [_ready(chosen, environment)]  # not told to be offline: the Hub is out of reach
    return {"offline_seconds": offline, "hub_down_seconds": down}


def _stopped(chosen: Sequence[str]) -> dict[str, Any]:
    """One SIGTERM: how many requests were in flight, how many of them lost, and how long the end took."""
    words = corpus.load().test[0].text.split()
    body = json.dumps({"texts": [" ".join(random.Random(n).choices(words, k=400)) for n in range(TEXTS)]}).encode()
    found: list[tuple[float, int]] = []
    with running(chosen) as server:

        def ask() -> None:
            status = server.ask("POST", PREDICT, body, {"Content-Type": "application/json"})
            found.append((time.monotonic(), status))

        threads = [threading.Thread(target=ask) for _ in range(IN_FLIGHT)]
        for each in threads:
            each.start()
        while (in_flight := _open(server)) + len(found) < IN_FLIGHT:
            time.sleep(0.005)
        began = time.monotonic()
        server.terminate()
        status = server.process.wait(30)
        seconds = time.monotonic() - began
        for each in threads:
            each.join()
    return {
        "in_flight": in_flight,
        "answered": sum(at >= began and answer == 200 for at, answer in found),
        "lost": sum(answer != 200 for _, answer in found),
        "seconds": seconds,
        "status": status,
    }


def _open(server: Server) -> int:
    """How many requests the server handles, this one not counted."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=60) as response:
        lines = response.read().decode().splitlines()
    return int(next(float(line.split()[-1]) for line in lines if line.startswith("bakeoff_requests_open "))) - 1


def _published(models: Sequence[str], environment: dict[str, str]) -> list[str]:
    """Publish both models on the Hub that the environment names; the flags that load them from there."""
    code = "import sys, pathlib, hub_publish; hub_publish.publish(pathlib.Path(sys.argv[1]), sys.argv[2])"
    named = []
    for framework, model in zip(("pytorch", "tensorflow"), models, strict=True):
        name = f"alice/load-{framework}"
        command = [sys.executable, "-c", code, str(Path(model).resolve()), name]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise BakeoffError(f"{Path(model).name} could not be published: {done.stderr.strip().splitlines()[-1]}")
        named += [f"--{framework}-model", name]
    return named


def _ready(chosen: Sequence[str], environment: dict[str, str]) -> float:
    server = Server(chosen, environment)
    try:
        return round(server.wait(), 1)
    finally:
        server.terminate()
        server.process.wait(30)
