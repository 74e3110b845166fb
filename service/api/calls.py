"""Runs the models for an API request: through the queue, until a deadline, and only while the client waits."""

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

CLIENT_GONE = Problem(400, "The client is gone", "wait for the answer", "client_gone")  # only the log shows it


class Calls:
    """The model calls of one service.

    Args:
        service: The service whose models are called.
    """

    def __init__(self, service: Service):
        self._service = service
        self._explaining = 0
        self._threads = ThreadPoolExecutor(service.limits.explanations, thread_name_prefix="explain")

    async def predict(self, request: Request, texts: Sequence[str], framework: str | None) -> list[ModelAnswer]:
        """Return the predictions of the requested models, PyTorch first.

        Args:
            request: The HTTP request. Its work is cancelled when the client disconnects.
            texts: Texts that have been checked.
            framework: `pytorch` or `tensorflow`; None requests both.

        Raises:
            ModelError: A requested model is not ready.
            Refused: The queue is full or closed, or the deadline passed.
        """
        models, seconds = self._service.models, self._service.limits.predict_seconds
        classifiers = models.requested(framework)
        futures = [asyncio.wrap_future(future) for future in models.queue.submit(classifiers, texts, seconds)]
        results = await _until(
            request, asyncio.gather(*futures), seconds, lambda: [future.cancel() for future in futures]
        )
        return [_model_answer(classifier, scored) for classifier, scored in zip(classifiers, results, strict=True)]

    async def explain(self, request: Request, body: ExplainRequest, text: str, settings: Settings) -> dict[str, Any]:
        """Return the words and weights of each requested model, in the form of `Findings.to_json`.

        Raises:
            ModelError: A requested model is not ready.
            InputError: The class is unknown, or the text has no words to remove.
            Refused: Too many explanations are running, or the deadline passed.
        """
        cancelled = threading.Event()
        models = self._service.models
        requested = models.requested(None if body.framework == "both" else body.framework)
        classifiers = [QueuedClassifier(classifier, models.queue, cancelled) for classifier in requested]
        label = check_label(body.label, classifiers[0].labels)
        if self._explaining >= self._service.limits.explanations:
            raise QueueFull("The server is busy, because too many explanations are running: try again in a moment.")
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
        latest: Session | None = None
        for session in sessions(text, classifiers, label, settings):
            latest = session
            if cancelled.is_set() or self._service.stopping:  # the explanation so far is a valid answer
                break
        return finite(latest.measure().findings.to_json())


async def _until(request: Request, work: asyncio.Future, seconds: float, give_up: Callable[[], Any]) -> Any:
    """Return the result of the work, or cancel the work when the client disconnects or the time is over.

    Raises:
        TooLate: The time is over.
        ProblemError: The client disconnected.
    """
    gone = asyncio.ensure_future(_gone(request))
    work.add_done_callback(_retrieve_exception)
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


def _retrieve_exception(work: asyncio.Future) -> None:
    """Retrieve the exception of abandoned work. Otherwise asyncio logs it as never retrieved."""
    if not work.cancelled():
        work.exception()


def finite(value: Any) -> Any:
    """Replace infinities and NaN, which JSON does not have, by null."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _model_answer(classifier: Classifier, scored: Scored) -> ModelAnswer:
    result = answer(classifier, scored)
    predictions = [
        Prediction(label=label, probability=by_label[label], probabilities=by_label)
        for label, by_label in zip(result.predicted, result.by_label, strict=True)
    ]
    return ModelAnswer(
        framework=result.framework,
        revision=classifier.revision,
        predictions=predictions,
        seconds=scored.seconds,
        waited=scored.waited,
        together=scored.together,
    )
