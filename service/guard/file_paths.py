"""Refuses URLs where Gradio takes a file, because Gradio would fetch them from inside the operator's network."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from service.guard import paths
from service.problem import Problem, ProblemError

KEYS = ("path", "url")
SERVED = f"{paths.GRADIO}/file="
FILE = "gradio.FileData"  # the `_type` by which Gradio recognizes a file
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|[/\\]{2}")  # a single letter is a drive of Windows


def checked(body: bytes, value: Any, takes_files: bool) -> bytes:
    """Return the body for Gradio, without the URLs that the page adds to its own uploads.

    Args:
        body: A request body.
        value: The JSON value of the body.
        takes_files: Whether the body may name files that were uploaded before.

    Raises:
        ProblemError: A file is a URL, or the route takes no files.
    """
    changed = False
    for file in _objects(value):
        if not takes_files and _is_file(file):
            raise ProblemError(
                Problem(422, "This route takes no files", "use the page or /gradio_api/call", field="path")
            )
        if _is_served(file):
            del file["url"]  # Gradio derives it from the path
            changed = True
        for key in KEYS:
            if _is_address(file.get(key)):
                what = "The file is a URL, and this server fetches no URLs"
                raise ProblemError(Problem(422, what, "upload the file first and name its path", field=key))
    return json.dumps(value).encode() if changed else body


def _objects(value: Any) -> Iterator[dict]:
    """Yield every object in a JSON value, without recursion."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _is_file(value: dict) -> bool:
    meta = value.get("meta")
    return isinstance(meta, dict) and meta.get("_type") == FILE


def _is_served(file: dict) -> bool:
    """Return whether the URL is the one at which this server serves the file's path, as browsers send it."""
    path, url = file.get("path"), file.get("url")
    if not isinstance(path, str) or not isinstance(url, str):
        return False
    _, marker, name = url.partition("?")[0].partition(SERVED)
    return bool(marker) and path in (name, unquote(name))


def _is_address(value: Any) -> bool:
    """Return whether a string has a scheme or names a host. Blanks and invisible characters do not hide one."""
    if not isinstance(value, str):
        return False
    visible = "".join(filter(str.isprintable, value)).replace(" ", "")
    return bool(ADDRESS.match(visible))
