"""JSON documents that are made elsewhere and served as they are: the evaluation and the decision."""

import json
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response

from bakeoff.classifiers.base import BertClassifier
from bakeoff.common.errors import ReportError
from bakeoff.common.files import json_text
from decide import report
from decide.evidence import caveats
from eval.report import provenance
from service.problem import Problem, ProblemError

MAX_BYTES = 64_000_000
NO_EVALUATION = "make one with `bakeoff evaluate` and start the server with --report FILE"
NO_DECISION = "make one with `bakeoff decide` and start the server with --decision FILE"

_judged: dict[Path, tuple[tuple[int, int], bool]] = {}  # a file's time and size, and whether it holds an object


def evaluation(path: Path | None) -> Response:
    """The evaluation report, as its file has it.

    Args:
        path: where it is; None where there is none.

    Raises:
        ProblemError: there is none yet, or the file holds none.
    """
    if path is None:
        raise _absent("evaluation", NO_EVALUATION)
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(MAX_BYTES + 1)
    except OSError:
        raise _absent("evaluation", NO_EVALUATION) from None
    version = status.st_mtime_ns, status.st_size
    if _judged.get(path, (None, False))[0] != version:
        _judged[path] = version, _is_object(content)
    if not _judged[path][1]:
        raise _unreadable("evaluation", NO_EVALUATION)
    return _json(content)


def decision(path: Path | None, loaded: Iterable[BertClassifier]) -> Response:
    """The decision that the page shows first, marked stale where other models are served than it is about.

    Args:
        path: a decision, or a folder of reports that one is made from; None for the first published one.
        loaded: the models that are served.

    Raises:
        ProblemError: there is none, or it can't be read or made.
    """
    path = path or next(iter(report.published().values()), None)
    if path is None or not path.exists():
        raise _absent("decision", NO_DECISION)
    try:
        opened = report.open_decision(path)
    except ReportError:
        raise _unreadable("decision", NO_DECISION) from None
    return _json(_marked(opened, caveats.stale(opened.document, provenance.digests(loaded))))


@lru_cache(maxsize=4)
def _marked(opened: report.Opened, stale: str) -> bytes:
    made = report.marked(opened.document, stale) if stale else opened.document
    return json_text(made).encode()


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-cache"})


def _absent(what: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(404, f"There is no {what} here yet", remedy))


def _unreadable(what: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(503, f"The {what} of this server can't be read", remedy, "unreadable"))


def _is_object(content: bytes) -> bool:
    try:
        return len(content) <= MAX_BYTES and isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
