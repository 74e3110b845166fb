"""One service: the models behind their queue, who may use them, and what is counted."""

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

FINISH_SECONDS = 13.0  # for the work under way when the server is told to stop


@dataclass(eq=False)
class Service:
    """What page and API share.

    Attributes:
        models: behind the one work queue.
        settings: the operator's.
        limits: those of the process when it was made.
        metrics: what was counted so far.
        logins: failed ones.
        rate: requests a minute.
        stopping: no new work is taken.
        logged_in: whether a request carries a login of the page, by its headers; all do where none is asked for.
        is_own: whether the server's own MCP server sent a request, by its headers.
        working: requests that were taken and are not answered yet.
        memory: given back after them.
        uploads: the files of visitors.
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
        """Watch its own work."""
        self.uploads = Store(self.limits.upload_bytes, self.limits.stored_bytes)
        self.memory = MemoryRelease(lambda: self.working > 0)

    @classmethod
    def of(cls, loader: ModelLoader, settings: Settings | None = None) -> "Service":
        """The service of a loader's models, with the process's limits."""
        settings, limits, metrics = settings or Settings(), current(), Metrics()
        models = QueuedModels(loader, WorkQueue(limits, metrics.called))
        metrics.watch(lambda: len(models.queue), models.ready)
        return cls(models, settings, limits, metrics, FailedLogins(), RateLimit(settings.requests_a_minute))

    def stop(self) -> None:
        """Take no new work; what was taken has some seconds to be finished, then it is told to go elsewhere."""
        if not self.stopping:
            self.stopping = True
            timer = threading.Timer(FINISH_SECONDS, self.models.queue.close)
            timer.daemon = True
            timer.start()

    def ready(self) -> bool:
        """Whether both models answer, and new work is taken."""
        return not self.stopping and self.models.ready()
