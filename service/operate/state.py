"""Holds the state of one service: the models behind their queue, the settings and the counts."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from bakeoff.common.limits import Limits, current
from service.guard.clients import FailedLogins, RateLimit
from service.guard.uploads import Store
from service.operate.memory import MemoryRelease
from service.operate.metrics import Metrics
from service.operate.settings import Settings
from service.work.model_loader import ModelLoader
from service.work.queued_models import QueuedModels
from service.work.work_queue import WorkQueue

FINISH_SECONDS = 13.0  # the time to finish accepted work after the signal to stop


@dataclass(eq=False)
class Service:
    """The state that page and API share.

    Attributes:
        models: The models behind the one work queue.
        settings: The operator's settings.
        limits: The limits of the process when the service was created.
        metrics: The counts so far.
        logins: The failed logins per client.
        rate: The limit on requests per minute.
        stopping: Whether new work is refused because the server stops.
        logged_in: A function that tells by the headers whether a request has a login of the page, if one is required.
        is_own: A function that tells by the headers whether the server's own MCP server sent a request.
        working: The number of requests that are not answered yet.
        memory: Returns memory to the system after answers.
        uploads: The files of visitors.
    """

    models: QueuedModels
    settings: Settings
    limits: Limits
    metrics: Metrics
    logins: FailedLogins
    rate: RateLimit
    stopping: bool = False
    logged_in: Callable[[Headers], bool] = lambda _: True
    is_own: Callable[[Headers], bool] = lambda _: False
    working: int = 0
    memory: MemoryRelease = field(init=False)
    uploads: Store = field(init=False)

    def __post_init__(self) -> None:
        """Create the parts that depend on the limits and on the running work."""
        self.uploads = Store(self.limits.upload_bytes, self.limits.stored_bytes)
        self.memory = MemoryRelease(lambda: self.working > 0)

    @classmethod
    def of(cls, loader: ModelLoader, settings: Settings | None = None) -> "Service":
        """Return a service for the loader's models with the limits of the process."""
        settings, limits, metrics = settings or Settings(), current(), Metrics()
        models = QueuedModels(loader, WorkQueue(limits, metrics.called))
        metrics.watch(lambda: len(models.queue), models.ready)
        return cls(models, settings, limits, metrics, FailedLogins(), RateLimit(settings.requests_per_minute))

    def stop(self) -> None:
        """Refuse new work. Accepted work has some seconds to finish; after that, its clients get an error."""
        if not self.stopping:
            self.stopping = True
            timer = threading.Timer(FINISH_SECONDS, self.models.queue.close)
            timer.daemon = True
            timer.start()

    def ready(self) -> bool:
        """Return whether both models answer and new work is accepted."""
        return not self.stopping and self.models.ready()
