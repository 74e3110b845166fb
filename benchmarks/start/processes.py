"""Starts one contender of `benchmarks.start` in a process of its own and notes after how many seconds it is how far."""

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

LOOK = 0.02  # seconds between two looks at a page that is not there yet
ASK = 0.5  # seconds between two questions to models: more of them would hold up the framework that still loads
LIMIT = 300.0  # seconds that a start may take
HEADLINE = "profits slide at drugmaker after research costs rise"
TEXT_BOX = "Text to classify"

Marks = dict[str, float]  # seconds since the process was started
Typing = Callable[[str], None]


def app(models: Sequence[str], typing: Typing | None = None) -> Marks:
    """`python app.py` on two models: until the `page` is there, until the `first` framework answers, and `both`."""
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
    """Gradio with one text box: until the `page` is there."""
    port = free_port()
    with started(["-m", "benchmarks.start.empty_page", port]) as run:
        return run.page(port, typing)


def stock(models: Sequence[str]) -> Marks:
    """Both libraries and both models in one process: until they are `loaded`, and until both have `answered`."""
    with started(["-m", "benchmarks.stock.start", *models]) as run:
        return {run.line(): run.seconds() for _ in range(2)}


class Run:
    """A process that was started."""

    def __init__(self, command: Sequence[str]):
        self._began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._began

    def until(self, look: Callable[[], int], pause: float) -> int:
        """Look until there is something, and return it.

        Raises:
            BakeoffError: the process ended, or takes too long.
        """
        while not (found := look()):
            self._check()
            time.sleep(pause)
        return found

    def line(self) -> str:
        """The next line that the process prints.

        Raises:
            BakeoffError: the process ended.
        """
        said = self.process.stdout.readline().strip()
        if not said:
            self.process.wait()
            self._check()
        return said

    def page(self, port: str, typing: Typing | None) -> Marks:
        """Until `page`: its HTML and its configuration are served; until `typed`, where a browser is given."""
        self.until(lambda: served(port, "") and served(port, "config"), LOOK)
        marks = {"page": self.seconds()}
        if typing is not None:
            typing(f"http://127.0.0.1:{port}")
            marks["typed"] = self.seconds()
        return marks

    def _check(self) -> None:
        command = " ".join(map(str, self.process.args[1:3]))
        if self.process.poll() is not None:
            raise BakeoffError(f"`python {command}` ended with exit status {self.process.returncode}: try it by hand.")
        if self.seconds() > LIMIT:
            raise BakeoffError(f"`python {command}` is not ready after {LIMIT:.0f} s: try it by hand.")


@contextmanager
def started(command: Sequence[str]) -> Iterator[Run]:
    """A process that is ended at the end."""
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
    """Types into the text box of a page, in a Chromium that is open already.

    Raises:
        BakeoffError: there is no Chromium.
    """
    from playwright.sync_api import sync_playwright  # a tool of the tests, which only this option needs

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise BakeoffError("no Chromium is here: install Debian's package of that name, or leave out --browser.")
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])

        def type_in(url: str) -> None:
            page = chromium.new_page()
            page.goto(url, wait_until="commit")
            page.get_by_label(TEXT_BOX).first.fill(HEADLINE)
            page.close()

        yield type_in


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def served(port: str, path: str) -> bool:
    """Whether the page's server has this."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as response:
            return response.status == 200
    except OSError:
        return False


def answering(port: str) -> int:
    """How many models answer through the page's own API."""
    url = f"http://127.0.0.1:{port}/gradio_api/call/predict"
    body = json.dumps({"data": [HEADLINE]}).encode()
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{url}/{event}", timeout=60) as response:
        kind, _, data = response.read().decode().strip().rpartition("event: ")[2].partition("\ndata: ")
    return len(json.loads(data)[0]["models"]) if kind == "complete" else 0
