"""Start, watch and stop `python app.py` in a separate process, on 127.0.0.1, for `benchmarks.load`."""

import http.client
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from bakeoff.common.errors import BakeoffError
from bakeoff.corpus import corpus
from benchmarks.start.processes import ROOT, free_port

LIMIT = 300.0  # seconds that a start may take
HANG = 120  # seconds without an answer until a request is given up; explanations may take 90
RAMP_SECONDS = 5  # seconds until all users have begun
HEADLINE_WORDS = 10


class Server:
    """A server that runs in a separate process.

    Args:
        flags: flags of app.py.
        environment: variables that are added to this process's environment.

    Raises:
        BakeoffError: the server ended, or is not ready in time.
    """

    def __init__(self, flags: Sequence[str], environment: Mapping[str, str] | None = None):
        self.port = free_port()
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(self.port), *flags],
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> int:
        """Send one request, and return its status; 0 without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.port), timeout=HANG)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def predict(self, text: str) -> int:
        """Ask both models for a prediction, and return the status."""
        body = json.dumps({"text": text}).encode()
        return self.ask("POST", "/api/v1/predict", body, {"Content-Type": "application/json"})

    def wait(self) -> float:
        """Wait until both models answer, and return the seconds since the start."""
        while self.ask("GET", "/health/ready") != 200:
            if self.process.poll() is not None:
                raise BakeoffError("`python app.py` ended before it was ready: try it by hand.")
            if time.monotonic() - self._began > LIMIT:
                raise BakeoffError(f"`python app.py` is not ready after {LIMIT:.0f} s: try it by hand.")
            time.sleep(0.1)
        return time.monotonic() - self._began

    def usage(self) -> dict[str, float]:
        """Return the resident memory in megabytes, and the numbers of open handles and threads."""
        process = psutil.Process(self.process.pid)
        memory = process.memory_info().rss / 1e6
        return {"megabytes": round(memory, 1), "handles": process.num_fds(), "threads": process.num_threads()}

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def running(flags: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a server, wait until it is ready, and end it after the block."""
    server = Server(flags, environment)
    try:
        server.wait()
        yield server
    finally:
        server.terminate()
        try:
            server.process.wait(30)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


def storm(
    server: Server,
    samples: Path,
    users: int,
    seconds: float,
    think: float,
    hostile: float = 0.0,
    probers: int = 0,
    seed: int = 0,
    visits: float = 0.0,
) -> list[tuple[str, int, float, float]]:
    """Let Locust's users ask.

    Args:
        server: the server to ask.
        samples: a file to write.
        users: number of visitors.
        seconds: length of the measurement.
        think: seconds between an answer and the next question of a visitor.
        hostile: share of hostile requests.
        probers: number of users who ask the health route, beside the visitors.
        seed: seed of the visitors' questions.
        visits: share of questions that are asked in a new session of the page.

    Returns:
        Name, status (0: none), seconds and time of each answer that came after all users had begun.

    Raises:
        BakeoffError: Locust is not installed or failed.
    """
    settings = {"LOAD_SAMPLES": samples, "LOAD_THINK": think, "LOAD_HOSTILE": hostile, "LOAD_PROBERS": probers}
    settings |= {"LOAD_SEED": seed, "LOAD_VISITS": visits}
    samples.unlink(missing_ok=True)
    command = _locust(server.url, users, probers, seconds)
    environment = os.environ | {name: str(value) for name, value in settings.items()} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if not samples.exists():
        message = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise BakeoffError(f"Locust measured nothing ({' '.join(message)[:200]}); install requirements-dev.txt.")
    answers = [tuple(json.loads(line)) for line in samples.read_text(encoding="utf-8").splitlines()]
    begin = min(at for *_, at in answers) + RAMP_SECONDS
    return [answer for answer in answers if answer[-1] >= begin]


def _locust(url: str, visitors: int, probers: int, seconds: float) -> list[str]:
    """Return the command that lets Locust's users ask for this many seconds after all of them have begun."""
    count = visitors + probers
    rate = max(1, math.ceil(count / RAMP_SECONDS))
    classes = ["Visitor", "Prober"] if probers else ["Visitor"]
    command = [sys.executable, "-m", "locust", "-f", "benchmarks/load/users.py", *classes, "--headless"]
    command += ["--only-summary", "--loglevel", "ERROR", "--host", url, "-t", f"{seconds + RAMP_SECONDS:.0f}s"]
    return [*command, "-u", str(count), "-r", str(rate)]


def headlines() -> list[str]:
    """Return the visitors' questions: the first words of the sample's test texts."""
    return [" ".join(example.text.split()[:HEADLINE_WORDS]) for example in corpus.load().test]


def quantiles(seconds: Sequence[float]) -> dict[str, Any]:
    """Return count, median, 95th and 99th percentile and maximum, in milliseconds; all None without values."""
    if not seconds:
        return {"count": 0, "p50": None, "p95": None, "p99": None, "max": None}
    found = np.quantile(seconds, (0.5, 0.95, 0.99, 1.0)) * 1000
    return {"count": len(seconds)} | {
        name: round(float(x), 1) for name, x in zip(("p50", "p95", "p99", "max"), found, strict=True)
    }
