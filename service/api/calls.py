"""Asks the models for a request of the API: in the queue, until a deadline, as long as the client waits."""

import asyncio
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.requests import Request

from bakeoff.classifiers.base import Classifier
from explain.lime_text.explanation import Settings
from explain.session import Session, sessions
from service.api.schemas import ExplainRequest, ModelAnswer, Prediction
from service.api.validation import check_label
from service.operate.state import Service
from service.problem import Problem, ProblemError
from service.work.queued_models import QueuedClassifier, answer
from service.work.work_queue import QueueFull, Scored, TooLate

CLIENT_GONE = Problem(400, "The client is gone", "wait for the answer", "client_gone")  # for the log: nobody reads it


class Calls:
    """The calls of one service.

    Args:
        service: whose models are asked.
    """

    def __init__(self, service: Service):
        self._service = service
        self._explaining = 0
        self._threads = ThreadPoolExecutor(service.limits.explanations, thread_name_prefix="explain")

    async def predict(self, request: Request, texts: Sequence[str], framework: str | None) -> list[ModelAnswer]:
        """What the asked models say, PyTorch first.

        Args:
            request: is given up when its client leaves.
            texts: checked ones.
            framework: None for both.

        Raises:
            ModelError: a model that is asked is not ready.
            Refused: the queue is full or closed, or it took too long.
        """
        models, seconds = self._service.models, self._service.limits.predict_seconds
        asked = models.asked(framework)
        parts = [asyncio.wrap_future(each) for each in models.queue.submit(asked, texts, seconds)]
        scored = await _until(request, asyncio.gather(*parts), seconds, lambda: [each.cancel() for each in parts])
        return [_model_answer(each, found) for each, found in zip(asked, scored, strict=True)]

    async def explain(self, request: Request, body: ExplainRequest, text: str, settings: Settings) -> dict[str, Any]:
        """Each asked model's words and weights, as `Findings.to_json` gives them.

        Raises:
            ModelError: a model that is asked is not ready.
            InputError: the class is unknown, or the text has nothing to take away.
            Refused: too many are explained already, or it took too long.
        """
        cancelled = threading.Event()
        models = self._service.models
        asked = models.asked(None if body.framework == "both" else body.framework)
        classifiers = [QueuedClassifier(each, models.queue, cancelled) for each in asked]
        label = check_label(body.label, classifiers[0].labels)
        if self._explaining >= self._service.limits.explanations:
            raise QueueFull("The server is busy, too many texts are explained already: try again in a moment.")
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, self._explained, text, classifiers, label, settings, cancelled
        )
        self._explaining += 1
        work.add_done_callback(self._ended)
        return await _until(request, work, self._service.limits.explain_seconds, cancelled.set)

    def _ended(self, _: asyncio.Future) -> None:
        self._explaining -= 1

    def _explained(
        self,
        text: str,
        classifiers: Sequence[Classifier],
        label: str | None,
        settings: Settings,
        cancelled: threading.Event,
    ) -> dict[str, Any]:
        found: Session | None = None
        for session in sessions(text, classifiers, label, settings):
            found = session
            if cancelled.is_set() or self._service.stopping:  # what was found so far is an answer too
                break
        return finite(found.measure().findings.to_json())


async def _until(request: Request, work: asyncio.Future, seconds: float, give_up: Callable[[], Any]) -> Any:
    """The work's result, unless the client leaves or the time is over before; whatever comes, then it is given up.

    Raises:
        TooLate: the time is over.
        ProblemError: the client left.
    """
    gone = asyncio.ensure_future(_gone(request))
    work.add_done_callback(_seen)
    try:
        done, _ = await asyncio.wait({work, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if work in done:
            return work.result()
        if gone in done:
            raise ProblemError(CLIENT_GONE)
        raise TooLate("The answer was not ready in time: try again, with less at once.")
    finally:
        gone.cancel()
        give_up()


def _seen(work: asyncio.Future) -> None:
    """Look at how it ended, where nobody waits for it any more: asyncio logs an error that nobody has seen."""
    if not work.cancelled():
        work.exception()


def finite(value: Any) -> Any:
    """A JSON value with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _model_answer(classifier: Classifier, scored: Scored) -> ModelAnswer:
    found = answer(classifier, scored)
    predictions = [
        Prediction(label=label, probability=by_label[label], probabilities=by_label)
        for label, by_label in zip(found.predicted, found.by_label, strict=True)
    ]
    return ModelAnswer(
        framework=found.framework,
        revision=classifier.revision,
        predictions=predictions,
        seconds=scored.seconds,
        waited=scored.waited,
        together=scored.together,
    )
