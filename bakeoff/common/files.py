"""Write files and folders that appear complete or not at all: under a temporary name first, then renamed."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bakeoff.common.errors import BakeoffError, InputError


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 and replace the file in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def export(path: Path, text: str, error: type[BakeoffError] = InputError) -> None:
    """Write the output of a command to the file that the user named.

    Args:
        path: the file.
        text: its content.
        error: the type of the error to raise.

    Raises:
        InputError: the file can't be written; `error` may name another type.
    """
    try:
        write_text(path, text)
    except OSError as reason:
        raise error(f"{path} can't be written ({reason.strerror}); name another file.") from reason


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON and replace the file in one step."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """Return a value as the indented JSON that `write_json` writes."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it replaces `path` at the end, and is deleted on an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)  # mkdtemp makes private folders
        if path.exists():
            outgoing = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
            path.rename(outgoing / path.name)
            try:
                temporary.rename(path)
            except OSError:
                (outgoing / path.name).rename(path)
                raise
            finally:
                shutil.rmtree(outgoing)
        else:
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
