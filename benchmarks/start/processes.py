"""Start one contender of `benchmarks.start` in a separate process, and record the seconds until each stage."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bakeoff.common.errors import BakeoffError
from bakeoff.common.root import ROOT

LOOK = 0.02  # seconds between two requests to a page that is not ready yet
ASK = 0.5  # seconds between two requests to models; more requests would delay the framework that is still loading
LIMIT = 300.0  # longest allowed start, in seconds
HEADLINE = "profits slide at drugmaker after research costs rise"
TEXT_BOX = "Text to classify"

Marks = dict[str, float]  # seconds since the process was started
Typing = Callable[[str], None]


def app(models: Sequence[str], typing: Typing | None = None) -> Marks:
    """Start `python app.py` with two models, and time the `page`, the `first` framework's answer and `both` answers."""
    port = free_port()
    with started(["app.py", "--pytorch-model", models[0], "--tensorflow-model", models[1], "--port", port]) as run:
        marks = run.page(port, typing)
        while True:
            answers = run.until(lambda: answering(port), ASK)
            marks.setdefault("first", run.seconds())
            if answers == len(models):
                return marks | {"both": run.seconds()}
            time.sleep(ASK)


def empty_page(typing: Typing | None = None) -> Marks:
    """Start Gradio with one text box, and time the `page`."""
    port = free_port()
    with started(["-m", "benchmarks.start.empty_page", port]) as run:
        return run.page(port, typing)


def stock(models: Sequence[str]) -> Marks:
    """Start both libraries and both models in one process, and time `loaded` and `answered`."""
    with started(["-m", "benchmarks.stock.start", *models]) as run:
        return {run.line(): run.seconds() for _ in range(2)}


class Run:
    """A started process."""

    def __init__(self, command: Sequence[str]):
        self._command = command
        self._began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._began

    def until(self, look: Callable[[], int], pause: float) -> int:
        """Call `look` until it returns a nonzero count, and return the count.

        Raises:
            BakeoffError: The process ended, or takes too long.
        """
        while not (count := look()):
            self._check()
            time.sleep(pause)
        return count

    def line(self) -> str:
        """Return the next line that the process prints.

        Raises:
            BakeoffError: The process ended.
        """
        line = self.process.stdout.readline().strip()
        if not line:
            self.process.wait()
            self._check()
        return line

    def page(self, port: str, typing: Typing | None) -> Marks:
        """Time `page`, when the HTML and the configuration are served, and with a browser also `typed`."""
        self.until(lambda: served(port, "") and served(port, "config"), LOOK)
        marks = {"page": self.seconds()}
        if typing is not None:
            typing(f"http://127.0.0.1:{port}")
            marks["typed"] = self.seconds()
        return marks

    def _check(self) -> None:
        command = " ".join(self._command[:2])
        if self.process.poll() is not None:
            raise BakeoffError(f"`python {command}` ended with exit status {self.process.returncode}: try it by hand.")
        if self.seconds() > LIMIT:
            raise BakeoffError(f"`python {command}` is not ready after {LIMIT:.0f} s: try it by hand.")


@contextmanager
def started(command: Sequence[str]) -> Iterator[Run]:
    """Start a process, and end it when the context is left."""
    run = Run(command)
    try:
        yield run
    finally:
        run.process.terminate()
        try:
            run.process.wait(30)
        except subprocess.TimeoutExpired:
            run.process.kill()
        run.process.communicate()


@contextmanager
def browser() -> Iterator[Typing]:
    """Open a Chromium, and provide a function that types into a page's text box.

    Raises:
        BakeoffError: There is no Chromium.
    """
    from playwright.sync_api import sync_playwright  # a test dependency that only this option needs

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise BakeoffError("Chromium was not found: install Debian's package `chromium`, or leave out --browser.")
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])

        def type_in(url: str) -> None:
            page = chromium.new_page()
            page.goto(url, wait_until="commit")
            page.get_by_label(TEXT_BOX).first.fill(HEADLINE)
            page.close()

        yield type_in


def free_port() -> str:
    """Return a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def served(port: str, path: str) -> bool:
    """Return whether the page's server serves a path."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as response:
            return response.status == 200
    except OSError:
        return False


def answering(port: str) -> int:
    """Count the models that answer through the page's own API."""
    url = f"http://127.0.0.1:{port}/gradio_api/call/predict"
    body = json.dumps({"data": [HEADLINE]}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{url}/{event}", timeout=60) as response:
        kind, _, data = response.read().decode().strip().rpartition("event: ")[2].partition("\ndata: ")
    return len(json.loads(data)[0]["models"]) if kind == "complete" else 0
