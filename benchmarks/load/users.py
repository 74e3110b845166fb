"""Define Locust's users for `benchmarks.load`: visitors, a prober of the health route, and hostile clients.

Settings come from the environment (LOAD_…); each answer becomes a line of the file LOAD_SAMPLES.
"""

import ipaddress
import itertools
import json
import os
import random
import time
from pathlib import Path

from locust import FastHttpUser, constant, events, task

from benchmarks.load.hostile import hostile_requests
from benchmarks.load.server import headlines

PREDICT = "/api/v1/predict"
CALL = "/gradio_api/call/predict"
THINK = float(os.environ.get("LOAD_THINK", "3"))  # seconds between an answer and the next question
SHARE = float(os.environ.get("LOAD_HOSTILE", "0"))  # share of requests that are hostile
VISITS = float(os.environ.get("LOAD_VISITS", "0"))  # share of questions that open a new session of the page
NUMBERS = itertools.count(int(os.environ.get("LOAD_SEED", "0")))  # a seed for each visitor, in the order of arrival
HEADLINES = headlines()


class Visitor(FastHttpUser):
    """A visitor who asks both models about a headline, reads and asks again, and obeys Retry-After."""

    wait_time = constant(THINK)
    connection_timeout = network_timeout = 60.0

    def on_start(self) -> None:
        """Begin at a random moment."""
        self.drawn = random.Random(next(NUMBERS))
        self.hostile = hostile_requests(self.drawn.randrange(2**32))
        time.sleep(self.drawn.uniform(0, THINK))

    @task
    def classify(self) -> None:
        """Send one request."""
        if self.drawn.random() < SHARE:
            sent = next(self.hostile)
            with self.client.request(
                sent.method, sent.path, data=sent.body, headers=sent.headers, name="hostile", catch_response=True
            ) as answer:
                answer.success()  # the samples show what went wrong
            return
        if self.drawn.random() < VISITS:
            self.visit()
            return
        with self.client.post(PREDICT, json={"text": self.drawn.choice(HEADLINES)}, catch_response=True) as answer:
            answer.success()
        if answer.status_code == 503:
            time.sleep(float(answer.headers.get("Retry-After", 1)) + self.drawn.random())

    def visit(self) -> None:
        """Open the page and ask there, in a session and from an address that the server has not seen."""
        address = {"X-Forwarded-For": str(ipaddress.ip_address(self.drawn.randrange(10 << 24, 11 << 24)))}
        self.client.get("/", headers=address | {"Accept-Encoding": "gzip"}, name="page")
        asked = {"data": [self.drawn.choice(HEADLINES)]}  # no session is named, so Gradio makes a new one
        with self.client.post(CALL, json=asked, headers=address, name="visit", catch_response=True) as answer:
            answer.success()
        if answer.status_code == 200:
            self.client.get(f"{CALL}/{answer.json()['event_id']}", headers=address, name="visit")


class Prober(FastHttpUser):
    """A user who asks ten times per second whether the server is alive."""

    fixed_count = int(os.environ.get("LOAD_PROBERS", "0"))
    wait_time = constant(0.1)

    @task
    def live(self) -> None:
        """Send one request."""
        self.client.get("/health/live")


@events.init.add_listener
def _open_samples(**_) -> None:
    samples = Path(os.environ["LOAD_SAMPLES"]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115  until the end

    @events.request.add_listener
    def note(name, response_time, response, **_) -> None:
        status = getattr(response, "status_code", 0) or 0
        samples.write(json.dumps([name, status, response_time / 1000, time.time()]) + "\n")
