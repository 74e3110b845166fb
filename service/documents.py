"""JSON documents that are made elsewhere and served as they are: the evaluation and the decision."""

import json
import os
from pathlib import Path

from starlette.responses import Response

from service.problem import Problem, ProblemError

MAX_BYTES = 64_000_000

_judged: dict[Path, tuple[tuple[int, int], bool]] = {}  # a file's time and size, and whether it holds an object


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
            status = os.fstat(file.fileno())
            content = file.read(MAX_BYTES + 1)
    except OSError:
        raise ProblemError(Problem(404, f"There is no {what} here yet", how)) from None
    version = status.st_mtime_ns, status.st_size
    if _judged.get(path, (None, False))[0] != version:
        _judged[path] = version, _is_object(content)
    if not _judged[path][1]:
        raise ProblemError(Problem(503, f"The {what} of this server can't be read", how, "unreadable"))
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-cache"})


def _is_object(content: bytes) -> bool:
    try:
        return len(content) <= MAX_BYTES and isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
