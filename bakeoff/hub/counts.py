"""Count the models that the Hub lists for a task, by library, as its model pages show beside their filters.

`HF_ENDPOINT` and `HF_HUB_OFFLINE` work as they do for huggingface_hub. The last counts are kept with their date.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from huggingface_hub import constants
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from bakeoff.common.errors import HubError
from bakeoff.common.files import write_json
from bakeoff.hub.errors import Attempt, one_sentence, retry

# The route behind the page of models. The documented route gives no total, and lists 1,000 models per page.
ROUTE = "models-json"
WAITS = (0.5, 2.0)
SECONDS = 20  # seconds to wait for an answer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """Numbers of public models.

    Attributes:
        models: The number of models per library.
        date: when they were counted, ISO 8601.
        notice: a sentence when the Hub could not be asked and these are kept ones; else empty.
    """

    models: Mapping[str, int]
    date: str
    notice: str = ""


def count_models(task: str, libraries: Sequence[str], cache: Path) -> Counts:
    """Ask the Hub for the numbers of public models; a model may be in several libraries.

    Args:
        task: The task in the Hub's terms, such as `text-classification`.
        libraries: The libraries in the terms of the Hub's filter, such as `transformers`.
        cache: the file that keeps the last counts.

    Raises:
        HubError: the Hub can't be asked, and there are no kept counts of these libraries.
    """
    asked = {"endpoint": constants.ENDPOINT, "task": task, "libraries": list(libraries)}
    try:
        models = {library: _count(task, library) for library in libraries}
    except HubError as error:
        kept = _kept(cache, asked)
        if kept is None:
            raise HubError(f"There are no counts of models: {error}") from None
        return Counts(kept["models"], kept["date"], f"The counts of models are of {kept['date']}: {error}")
    counts = Counts(models, datetime.now(UTC).isoformat(timespec="seconds"))
    _keep(cache, asked | {"models": models, "date": counts.date})
    return counts


def _count(task: str, library: str) -> int:
    if constants.is_offline_mode():
        raise HubError("HF_HUB_OFFLINE is set.")
    url = f"{constants.ENDPOINT}/{ROUTE}"
    wanted = {"pipeline_tag": task, "library": library, "withCount": "true"}
    headers = build_hf_headers(token=False)  # with a token the user's private models would be counted too

    def ask() -> Any:
        answer = get_session().get(url, params=wanted, headers=headers, timeout=SECONDS)
        hf_raise_for_status(answer)
        return answer.json()

    with one_sentence(Attempt("read", "the counts of models", "main", constants.ENDPOINT, token=None)):
        answer = retry(ask, WAITS)
    total = answer.get("numTotalItems") if isinstance(answer, dict) else None
    if type(total) is not int or total < 0:
        raise HubError(f"The Hub at {constants.ENDPOINT} gave no number of models for {library}.")
    return total


def _kept(cache: Path, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the kept counts, if they answer the same question."""
    try:
        kept = json.loads(cache.read_text(encoding="utf-8"))
        fits = all(kept[name] == value for name, value in asked.items()) and set(kept["models"]) == set(
            asked["libraries"]
        )
        return kept if fits and kept["date"] else None
    except (OSError, ValueError, KeyError, TypeError):  # absent, or not ours
        return None


def _keep(cache: Path, counted: Mapping[str, Any]) -> None:
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_json(cache, counted)
    except OSError as error:
        logger.warning("the counts of models are not kept: %s", error)
