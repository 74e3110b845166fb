"""Uploaded files: a folder that only this process reads, that is bounded, and that vanishes with it."""

import atexit
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

VARIABLE = "GRADIO_TEMP_DIR"  # where Gradio keeps them
PREFIX = "bakeoff-uploads-"
AT_A_TIME = 8  # uploads
LONGEST_SECONDS = 7200.0  # that a file is kept
WALK_SECONDS = 60.0
PAUSE_SECONDS = 1.0  # between two walks
BLOCK_BYTES = 512  # of `st_blocks`, whatever the disk's blocks are


def use_private_folder() -> None:
    """Let Gradio keep files in a new folder that is removed when the process ends; not where the operator chose one."""
    if not os.environ.get(VARIABLE):
        _remove_abandoned(Path(tempfile.gettempdir()))
        folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        os.environ[VARIABLE] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def remove_private_folder() -> None:
    """Remove the folder that `use_private_folder` made, as the end of Python would."""
    if _is_ours():
        shutil.rmtree(os.environ[VARIABLE], ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """The folders of processes that were killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        owner = re.fullmatch(rf"{PREFIX}(\d+)-.*", folder.name)
        if owner and (int(owner[1]) == os.getpid() or not psutil.pid_exists(int(owner[1]))):  # a container reuses ids
            shutil.rmtree(folder, ignore_errors=True)


class Store:
    """The folder's size, as a thread last saw it, and the files that are deleted when they are old.

    Gradio forgets some of the files that it writes: each field of a form, where it knows of one.

    Args:
        file_bytes: of an upload, at most.
        most_bytes: of all together.
    """

    def __init__(self, file_bytes: int, most_bytes: int):
        self._file_bytes = file_bytes
        self._most_bytes = most_bytes
        self._open = 0
        self._stored = self._unseen = 0  # bytes on the disk, and of uploads since the last walk, at most
        self._own: set[Path] = set()  # the page's files
        self._wake, self._ended = threading.Event(), threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Walk through the folder again and again meanwhile; what it holds at the beginning is the page's own."""
        self._own = set(_paths())
        thread = threading.Thread(target=self._run, name="uploads", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._wake.set()

    @property
    def busy(self) -> bool:
        """Whether as many files come as may come at a time."""
        return self._open >= AT_A_TIME

    @property
    def full(self) -> bool:
        """Whether one more might not fit."""
        return self._stored + self._unseen + self._file_bytes > self._most_bytes

    @contextmanager
    def upload(self) -> Iterator[None]:
        """Count a file that comes meanwhile."""
        self._open += 1
        self._unseen += self._file_bytes
        try:
            yield
        finally:
            self._open -= 1
            self._wake.set()

    def walk(self, now: float | None = None) -> None:
        """Delete the old files of visitors and see how much is left.

        Args:
            now: seconds since the epoch; the clock's for None.
        """
        self._unseen = self._open * self._file_bytes
        now, stored = time.time() if now is None else now, 0
        for path in sorted(_paths(), reverse=True):  # files before their folder
            with suppress(OSError):  # deleted meanwhile
                status = path.stat()
                if path not in self._own and now - status.st_mtime > LONGEST_SECONDS and _is_ours():
                    path.rmdir() if path.is_dir() else path.unlink()
                else:
                    stored += _occupied(status)
        self._stored = stored

    def _run(self) -> None:
        while not self._ended.is_set():
            self.walk()
            self._ended.wait(PAUSE_SECONDS)
            self._wake.wait(WALK_SECONDS)
            self._wake.clear()


def _paths() -> list[Path]:
    folder = os.environ.get(VARIABLE)
    return list(Path(folder).rglob("*")) if folder else []


def _occupied(status: os.stat_result) -> int:
    """Bytes on the disk; Windows tells the content's alone."""
    return status.st_blocks * BLOCK_BYTES if hasattr(status, "st_blocks") else status.st_size


def _is_ours() -> bool:
    """Whether the folder holds nothing but this process's files."""
    return Path(os.environ[VARIABLE]).name.startswith(PREFIX)
