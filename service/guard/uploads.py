"""Keeps the files that visitors upload or download in a private, bounded folder that is removed with the process."""

import atexit
import os
import re
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

import psutil

from bakeoff.common.errors import BakeoffError

VARIABLE = "GRADIO_TEMP_DIR"  # names the folder in which Gradio keeps files
PREFIX = "bakeoff-uploads-"
MAX_UPLOADS = 8  # concurrent uploads
MAX_AGE_SECONDS = 7200.0  # the time for which a file is kept
WALK_SECONDS = 10.0  # between two walks if no change is known
PAUSE_SECONDS = 1.0  # the minimum between two walks
PAUSE_WALKS = 9  # the minimum between two walks, as a multiple of the last walk's duration
EMPTY_SECONDS = 60.0  # the time after which an empty file of Gradio is deleted; no upload stays empty for so long
BLOCK_BYTES = 512  # the unit of `st_blocks`, whatever the block size of the disk is
ENTRY_BYTES = 4096  # the minimum size counted for a file or folder, because it takes an entry in the file system


def use_private_folder() -> None:
    """Let Gradio keep files in a new folder that is removed at exit, unless the operator chose a folder."""
    if not os.environ.get(VARIABLE):
        _remove_abandoned(Path(tempfile.gettempdir()))
        folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        os.environ[VARIABLE] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def remove_private_folder() -> None:
    """Remove the folder that `use_private_folder` made, as a normal exit of Python would."""
    if _is_ours():
        shutil.rmtree(os.environ[VARIABLE], ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of processes that were killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        owner = re.fullmatch(rf"{PREFIX}(\d+)-.*", folder.name)
        if owner and (int(owner[1]) == os.getpid() or not psutil.pid_exists(int(owner[1]))):  # a container reuses ids
            shutil.rmtree(folder, ignore_errors=True)


class NoRoom(BakeoffError):
    """An error because the folder of visitors' files is full."""


def write(size: int) -> AbstractContextManager[None]:
    """Reserve room for a file that is written during the block, if this process watches a folder.

    Args:
        size: The size of the file in bytes.

    Raises:
        NoRoom: The file does not fit.
    """
    return _watched[-1].write(size) if _watched else nullcontext()


class Store:
    """The watched folder of visitors' files: a thread measures its size and deletes old files.

    Gradio does not delete all files that it writes: it forgets those of additional form fields.

    Args:
        file_bytes: The maximum size of an upload.
        total_bytes: The maximum size of all files together.
    """

    def __init__(self, file_bytes: int, total_bytes: int):
        self._file_bytes = file_bytes
        self._total_bytes = total_bytes
        self._open = 0
        self._lock = threading.Lock()  # files are written by many threads
        self._stored = 0  # bytes on the disk at the last walk
        self._writing = 0  # upper bound of the bytes that are being written
        self._unseen = 0  # `_writing` and the bytes that were written since the last walk
        self._own: set[Path] = set()  # the page's files
        self._wake, self._ended = threading.Event(), threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the folder during the block. Files that exist at its start are the page's own and stay."""
        self._own = set(_paths())
        thread = threading.Thread(target=self._run, name="uploads", daemon=True)
        thread.start()
        _watched.append(self)
        try:
            yield
        finally:
            _watched.remove(self)
            self._ended.set()
            self._wake.set()

    @property
    def busy(self) -> bool:
        """Return whether the limit on concurrent uploads is reached."""
        return self._open >= MAX_UPLOADS

    @property
    def full(self) -> bool:
        """Return whether another upload might not fit."""
        return not self._fits(self._file_bytes)

    @contextmanager
    def upload(self) -> Iterator[None]:
        """Reserve room for a file that a visitor uploads during the block."""
        self._open += 1
        try:
            with self._counted(self._file_bytes):
                yield
        finally:
            self._open -= 1

    @contextmanager
    def write(self, size: int) -> Iterator[None]:
        """Reserve room for a file that is written during the block for a visitor to download.

        Raises:
            NoRoom: The file does not fit.
        """
        with self._counted(size + 2 * ENTRY_BYTES, must_fit=True):  # also counts its last block and its folder
            yield

    @contextmanager
    def _counted(self, size: int, must_fit: bool = False) -> Iterator[None]:
        with self._lock:
            if must_fit and not self._fits(size):
                raise NoRoom("The server has no room for more files to download: try again later.")
            self._writing += size
            self._unseen += size
        try:
            yield
        finally:
            with self._lock:
                self._writing -= size
            self._wake.set()

    def _fits(self, size: int) -> bool:
        return self._stored + self._unseen + size <= self._total_bytes

    def walk(self, now: float | None = None) -> None:
        """Delete old files of visitors and measure the rest.

        Args:
            now: Seconds since the epoch, or None for the current time.
        """
        with self._lock:
            settled = self._unseen - self._writing  # these bytes are on the disk and are counted below
        now, stored = time.time() if now is None else now, 0
        for path in sorted(_paths(), reverse=True):  # files before their folder
            with suppress(OSError):  # the file was deleted in the meantime
                status = path.stat()
                if path not in self._own and _is_over(path, status, now) and _is_ours():
                    path.rmdir() if path.is_dir() else path.unlink()
                else:
                    stored += _occupied(status)
        with self._lock:
            self._stored = stored
            self._unseen -= settled

    def _run(self) -> None:
        while not self._ended.is_set():
            start = time.monotonic()
            self.walk()
            self._ended.wait(max(PAUSE_SECONDS, PAUSE_WALKS * (time.monotonic() - start)))
            self._wake.wait(WALK_SECONDS)
            self._wake.clear()


_watched: list[Store] = []  # the stores of this process; the last one counts the page's files


def _paths() -> list[Path]:
    folder = os.environ.get(VARIABLE)
    return list(Path(folder).rglob("*")) if folder else []


def _is_over(path: Path, status: os.stat_result, now: float) -> bool:
    """Return whether a file is to be deleted. Gradio leaves an empty file per file that it passes to a function."""
    age = now - status.st_mtime
    left_over = stat.S_ISREG(status.st_mode) and status.st_size == 0 and path.parent == Path(os.environ[VARIABLE])
    return age > MAX_AGE_SECONDS or (left_over and age > EMPTY_SECONDS)


def _occupied(status: os.stat_result) -> int:
    """Return the bytes on the disk, at least those of an entry. Windows reports the content's size only."""
    content = status.st_blocks * BLOCK_BYTES if hasattr(status, "st_blocks") else status.st_size
    return max(content, ENTRY_BYTES)


def _is_ours() -> bool:
    """Return whether the folder holds only files of this process."""
    return Path(os.environ[VARIABLE]).name.startswith(PREFIX)
