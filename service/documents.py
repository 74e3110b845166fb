"""JSON documents that are made elsewhere and served as they are: the evaluation and the decision."""

import json
from pathlib import Path

from starlette.responses import Response

from service.problem import Problem, ProblemError

MAX_BYTES = 64_000_000


def document(path: Path | None, what: str, how: str) -> Response:
    """The file's content.

    Args:
        path: where it is, or the folder that has it as `<what>.json`; None where none was named.
        what: it is, for a sentence.
        how: to make one.

    Raises:
        ProblemError: there is none yet, or the file holds none.
    """
    if path is None:
        raise ProblemError(Problem(404, f"There is no {what} here", how))
    path = path / f"{what}.json" if path.is_dir() else path
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        raise ProblemError(Problem(404, f"There is no {what} here yet", how)) from None
    if not _is_object(content):
        raise ProblemError(Problem(503, f"The {what} of this server can't be read", how, "unreadable"))
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-cache"})


def _is_object(content: bytes) -> bool:
    try:
        return len(content) <= MAX_BYTES and isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
