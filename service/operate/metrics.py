"""Counts requests, queue and models in Prometheus' text format."""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

TEXTS = (1, 2, 4, 8, 16, 32)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """The metrics of one service. It has its own registry, so that two services in a process do not share counts."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        request = ("route", "method", "status")
        self._requests = Counter("bakeoff_requests", "Answered requests.", request, registry=registry)
        self._seconds = Histogram(
            "bakeoff_request_seconds",
            "Seconds until the whole answer was sent.",
            ("route",),
            registry=registry,
            buckets=SECONDS,
        )
        self._open = Gauge("bakeoff_requests_open", "Requests that are being handled.", registry=registry)
        self._refused = Counter(
            "bakeoff_refused", "Refused requests, by their error's code.", ("code",), registry=registry
        )
        self._batches = Histogram(
            "bakeoff_batch_texts", "Texts in one call of a model.", ("framework",), registry=registry, buckets=TEXTS
        )
        self._models = Counter(
            "bakeoff_model_seconds", "Seconds in calls of a model.", ("framework",), registry=registry
        )
        self._waiting = Gauge("bakeoff_queue_texts", "Texts that wait for a model.", registry=registry)
        self._ready = Gauge("bakeoff_ready", "1 where both models answer.", registry=registry)

    def watch(self, waiting: Callable[[], int], ready: Callable[[], bool]) -> None:
        """Set the functions that give the queue's length and the readiness whenever the metrics are read."""
        self._waiting.set_function(waiting)
        self._ready.set_function(lambda: float(ready()))

    def began(self) -> None:
        """Count a request that begins."""
        self._open.inc()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered, or whose client is gone."""
        self._open.dec()
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, code: str) -> None:
        """Count a request that got an error."""
        self._refused.labels(code).inc()

    def called(self, framework: str, texts: int, seconds: float) -> None:
        """Count a call of a model."""
        self._batches.labels(framework).observe(texts)
        self._models.labels(framework).inc(seconds)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)
