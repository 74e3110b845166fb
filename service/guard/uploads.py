"""The files of visitors, uploaded or made for them: a private folder that is bounded and vanishes with the process."""

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

VARIABLE = "GRADIO_TEMP_DIR"  # where Gradio keeps them
PREFIX = "bakeoff-uploads-"
AT_A_TIME = 8  # uploads
LONGEST_SECONDS = 7200.0  # that a file is kept
WALK_SECONDS = 10.0  # between two walks where nothing is known to have changed
PAUSE_SECONDS = 1.0  # between two walks, at least
PAUSE_WALKS = 9  # the same, in durations of the last walk
EMPTY_SECONDS = 60.0  # until an empty file of Gradio's is deleted: an upload has none for as long
BLOCK_BYTES = 512  # of `st_blocks`, whatever the disk's blocks are
ENTRY_BYTES = 4096  # that a file or folder counts as, at least: it takes a place in the disk's tables


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


class NoRoom(BakeoffError):
    """The folder of visitors' files is full."""


def write(size: int) -> AbstractContextManager[None]:
    """Count a file of so many bytes that is written meanwhile to the folder that this process watches, if one is.

    Raises:
        NoRoom: it would not fit.
    """
    return _watched[-1].write(size) if _watched else nullcontext()


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
        self._lock = threading.Lock()  # files are written by many threads
        self._stored = 0  # bytes on the disk, as the last walk saw them
        self._coming = 0  # bytes that are being written, at most
        self._unseen = 0  # the same, and those that were written since the last walk
        self._own: set[Path] = set()  # the page's files
        self._wake, self._ended = threading.Event(), threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Walk through the folder again and again meanwhile; what it holds at the beginning is the page's own."""
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
        """Whether as many files come as may come at a time."""
        return self._open >= AT_A_TIME

    @property
    def full(self) -> bool:
        """Whether one more might not fit."""
        return not self._fits(self._file_bytes)

    @contextmanager
    def upload(self) -> Iterator[None]:
        """Count a file that a visitor uploads meanwhile."""
        self._open += 1
        try:
            with self._counted(self._file_bytes):
                yield
        finally:
            self._open -= 1

    @contextmanager
    def write(self, size: int) -> Iterator[None]:
        """Count a file of so many bytes that is written meanwhile, for a visitor to download.

        Raises:
            NoRoom: it would not fit.
        """
        with self._counted(size + 2 * ENTRY_BYTES, must_fit=True):  # its last block and its folder
            yield

    @contextmanager
    def _counted(self, size: int, must_fit: bool = False) -> Iterator[None]:
        with self._lock:
            if must_fit and not self._fits(size):
                raise NoRoom("No room is left on this server for files to download: try again later.")
            self._coming += size
            self._unseen += size
        try:
            yield
        finally:
            with self._lock:
                self._coming -= size
            self._wake.set()

    def _fits(self, size: int) -> bool:
        return self._stored + self._unseen + size <= self._most_bytes

    def walk(self, now: float | None = None) -> None:
        """Delete the old files of visitors and see how much is left.

        Args:
            now: seconds since the epoch; the clock's for None.
        """
        with self._lock:
            settled = self._unseen - self._coming  # these bytes are on the disk, and counted below
        now, stored = time.time() if now is None else now, 0
        for path in sorted(_paths(), reverse=True):  # files before their folder
            with suppress(OSError):  # deleted meanwhile
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


_watched: list[Store] = []  # by this process; the last one counts what the page writes


def _paths() -> list[Path]:
    folder = os.environ.get(VARIABLE)
    return list(Path(folder).rglob("*")) if folder else []


def _is_over(path: Path, status: os.stat_result, now: float) -> bool:
    """Return whether a file has had its time. Gradio leaves an empty one for each file that it hands to a function."""
    age = now - status.st_mtime
    left_over = stat.S_ISREG(status.st_mode) and status.st_size == 0 and path.parent == Path(os.environ[VARIABLE])
    return age > LONGEST_SECONDS or (left_over and age > EMPTY_SECONDS)


def _occupied(status: os.stat_result) -> int:
    """Bytes on the disk, at least those of an entry; Windows tells the content's alone."""
    content = status.st_blocks * BLOCK_BYTES if hasattr(status, "st_blocks") else status.st_size
    return max(content, ENTRY_BYTES)


def _is_ours() -> bool:
    """Whether the folder holds nothing but this process's files."""
    return Path(os.environ[VARIABLE]).name.startswith(PREFIX)
