"""Serves JSON documents that other commands wrote: the evaluation and the decision."""

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

# Per file: its modification time and size, and whether it holds a JSON object.
_validity: dict[Path, tuple[tuple[int, int], bool]] = {}


def evaluation(path: Path | None) -> Response:
    """Return the evaluation report, byte for byte as in its file.

    Args:
        path: The file; None if the service has no report.

    Raises:
        ProblemError: There is no report yet, or the file is not a JSON object.
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
    if _validity.get(path, (None, False))[0] != version:
        _validity[path] = version, _is_object(content)
    if not _validity[path][1]:
        raise _unreadable("evaluation", NO_EVALUATION)
    return _json(content)


def decision(path: Path | None, loaded: Iterable[BertClassifier]) -> Response:
    """Return the decision that the page shows first. It says so if it is about other models than are served.

    Args:
        path: A decision, or a folder of reports to decide from; None for the first published decision.
        loaded: The models that are served.

    Raises:
        ProblemError: There is no decision, or it can't be read or made.
    """
    path = path or next(iter(report.published().values()), None)
    if path is None or not path.exists():
        raise _absent("decision", NO_DECISION)
    try:
        opened = report.open_decision(path)
    except ReportError:
        raise _unreadable("decision", NO_DECISION) from None
    return _json(_marked(opened, caveats.other_models(opened.document, provenance.digests(loaded))))


@lru_cache(maxsize=4)
def _marked(opened: report.Opened, other_models: str) -> bytes:
    document = report.marked(opened.document, other_models) if other_models else opened.document
    return json_text(document).encode()


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-cache"})


def _absent(what: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(404, f"This server has no {what} yet", remedy))


def _unreadable(what: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(503, f"This server's {what} can't be read", remedy, "unreadable"))


def _is_object(content: bytes) -> bool:
    try:
        return len(content) <= MAX_BYTES and isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
