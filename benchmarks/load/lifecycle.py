"""Measure how the server starts and stops: two parts of `benchmarks.load`."""

import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.errors import BakeoffError
from bakeoff.corpus import corpus
from benchmarks.load.parts import PREDICT, flags
from benchmarks.load.server import Server, running
from benchmarks.start.processes import ROOT

IN_FLIGHT = 20
TEXTS = 6  # per request; all requests together take seconds and fit into the queue


def stop(arguments: Namespace, _: Path) -> dict[str, Any]:
    """Send SIGTERM repeatedly while requests are in flight, with the page and without."""
    figures: dict[str, Any] = {}
    for name, more in (("launch", []), ("uvicorn", ["--api-only"])):
        stops = [_stopped([*flags(arguments), *more]) for _ in tqdm(range(arguments.stops), desc=name, leave=False)]
        figures[name] = {
            "times": len(stops),
            "in_flight": [run["in_flight"] for run in stops],
            "answered_after_it": sum(run["answered"] for run in stops),
            "lost": sum(run["lost"] for run in stops),
            "longest_seconds": round(max(run["seconds"] for run in stops), 2),
            "exit_statuses": dict(Counter(str(run["status"]) for run in stops)),
        }
    return figures


def start(arguments: Namespace, _: Path) -> dict[str, Any]:
    """Time the start until both models answer, without a Hub, from a cache that an earlier start filled."""
    from tests.support.hub_server import running_hub  # a Hub on the loopback

    with tempfile.TemporaryDirectory(prefix="bakeoff-load-") as home:
        with running_hub() as hub:
            environment = hub.env(Path(home), token=hub.token("alice"))
            chosen = _published(arguments.models, Path(home) / "models", environment)
            with running(chosen, environment):
                pass
        offline_setting = {"HF_HUB_OFFLINE": "1"}
        offline = [_ready(chosen, environment | offline_setting) for _ in range(2)]
        down = [_ready(chosen, environment)]  # the Hub is out of reach, but no setting says so
    return {"offline_seconds": offline, "hub_down_seconds": down}


def _stopped(chosen: Sequence[str]) -> dict[str, Any]:
    """Send one SIGTERM, and count the requests in flight, those that were lost, and the seconds until the end."""
    words = corpus.load().test[0].text.split()
    body = json.dumps({"texts": [" ".join(random.Random(n).choices(words, k=400)) for n in range(TEXTS)]}).encode()
    answers: list[tuple[float, int]] = []
    with running(chosen) as server:

        def ask() -> None:
            status = server.ask("POST", PREDICT, body, {"Content-Type": "application/json"})
            answers.append((time.monotonic(), status))

        threads = [threading.Thread(target=ask) for _ in range(IN_FLIGHT)]
        for thread in threads:
            thread.start()
        while (in_flight := _open(server)) + len(answers) < IN_FLIGHT:
            time.sleep(0.005)
        began = time.monotonic()
        server.terminate()
        status = server.process.wait(30)
        seconds = time.monotonic() - began
        for thread in threads:
            thread.join()
    return {
        "in_flight": in_flight,
        "answered": sum(at >= began and answer == 200 for at, answer in answers),
        "lost": sum(answer != 200 for _, answer in answers),
        "seconds": seconds,
        "status": status,
    }


def _open(server: Server) -> int:
    """Count the requests that the server handles, without this one."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=60) as response:
        lines = response.read().decode().splitlines()
    return int(next(float(line.split()[-1]) for line in lines if line.startswith("bakeoff_requests_open "))) - 1


def _published(models: Sequence[str], copies: Path, environment: Mapping[str, str]) -> list[str]:
    """Publish both models on the Hub that the environment names, and return the flags that load them from there.

    Copies are published, because `bakeoff publish` may write the repository's name into a model card.

    Raises:
        BakeoffError: the models could not be published.
    """
    folders = {framework: copies / framework for framework in NAMES}
    for model, folder in zip(models, folders.values(), strict=True):
        shutil.copytree(model, folder)
    command = [sys.executable, "-m", "bakeoff", "publish", "--models", *map(str, folders.values())]
    command += ["--to", "alice/load", "--yes", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise BakeoffError(f"The models could not be published to the local Hub ({reason}); try `bakeoff publish`.")
    return [word for framework in NAMES for word in (f"--{framework}-model", f"alice/load-{framework}")]


def _ready(chosen: Sequence[str], environment: dict[str, str]) -> float:
    server = Server(chosen, environment)
    try:
        return round(server.wait(), 1)
    finally:
        server.terminate()
        server.process.wait(30)
