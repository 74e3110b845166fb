"""Uploaded files: a folder that only this process reads, that is bounded, and that vanishes with it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "GRADIO_TEMP_DIR"  # where Gradio keeps them


def use_private_folder() -> None:
    """Let Gradio keep files in a new folder that is removed when the process ends; not where the operator chose one."""
    if not os.environ.get(VARIABLE):
        folder = tempfile.mkdtemp(prefix="bakeoff-uploads-")
        os.environ[VARIABLE] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def stored_bytes() -> int:
    """The size of all files that are kept now."""
    folder = os.environ.get(VARIABLE)
    return sum(_size(path) for path in Path(folder).rglob("*")) if folder else 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # deleted meanwhile
        return 0
