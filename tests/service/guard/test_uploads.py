"""Test uploads: files count by their disk blocks, old files are deleted, and killed processes leave none."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from service.guard import uploads
from service.guard.uploads import EMPTY_SECONDS, MAX_AGE_SECONDS, MAX_UPLOADS, PREFIX, NoRoom, Store


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the private folder."""
    made = tmp_path / f"{PREFIX}{os.getpid()}-x"
    made.mkdir()
    monkeypatch.setenv(uploads.VARIABLE, str(made))
    return made


def write(folder, number, content=b"x"):
    path = folder / f"{number}" / "one.csv"
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def test_tiny_files_count_as_the_blocks_they_take(folder):
    store = Store(1000, 100_000)
    for number in range(50):
        write(folder, number)
    assert not store.full
    store.walk()
    assert store.full


def test_old_files_of_visitors_go_and_the_page_s_own_stay(folder):
    store, own = Store(1, 10**9), write(folder, "own")
    with store.watched():
        pass
    old = write(folder, "old")
    store.walk(time.time() + MAX_AGE_SECONDS - 60)
    assert old.exists()
    store.walk(time.time() + MAX_AGE_SECONDS + 60)
    assert not old.exists()
    assert own.exists()
    store.walk(time.time() + MAX_AGE_SECONDS + 60)


def test_a_folder_of_the_operator_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path))
    old = write(tmp_path, "old")
    Store(1, 10**9).walk(time.time() + 2 * MAX_AGE_SECONDS)
    assert old.exists()


def test_what_comes_at_the_same_time_counts_before_it_is_there(folder):
    store = Store(10, 35)
    with store.upload(), store.upload():
        assert not store.full
        with store.upload():
            assert store.full
        store.walk()  # no file exists yet, but two uploads are in progress
        assert not store.full
        with store.upload():
            assert store.full
    many = Store(1, 10**9)
    many._open = MAX_UPLOADS
    assert many.busy


def test_what_is_written_for_visitors_counts_before_it_is_there(folder):
    store, entries = Store(1, 100_000), 2 * uploads.ENTRY_BYTES
    with store.write(100_000 - entries - 1):
        assert not store.full
        with pytest.raises(NoRoom), store.write(1):
            pass
    with pytest.raises(NoRoom), store.write(1):  # assumed to exist, until a walk has looked
        pass
    store.walk()  # it does not exist, because it could not be written
    with store.write(1):
        pass


def test_many_writers_together_pass_no_bound(folder):
    store, most = Store(1, 50 * 3 * uploads.ENTRY_BYTES), 80
    start, refused = threading.Barrier(most), []

    def save(number):
        start.wait()
        try:
            with store.write(uploads.ENTRY_BYTES):
                write(folder, number, b"x" * uploads.ENTRY_BYTES)
        except NoRoom:
            refused.append(number)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(most)]
    for each in threads:
        each.start()
    for _ in range(20):  # walk while the threads write
        store.walk()
    for each in threads:
        each.join()
    store.walk()
    assert len(refused) >= 5  # a file and its folder take two entries, and count as three until a walk has seen them
    assert store._stored <= store._total_bytes
    assert (store._writing, store._unseen) == (0, 0)


def test_a_walk_forgets_nothing_that_is_written_meanwhile(folder, monkeypatch):
    """A walk may have missed a file that is written during the walk."""
    store, paths = Store(1, 100_000), uploads._paths

    def slow():
        found = paths()
        with store.write(50_000):
            write(folder, "late", b"x" * 50_000)
        return found

    with store.write(20_000):
        write(folder, "before", b"x" * 20_000)
    monkeypatch.setattr(uploads, "_paths", slow)
    store.walk()
    with pytest.raises(NoRoom), store.write(30_000):
        pass


def test_empty_files_of_gradio_s_go_and_others_stay(folder):
    """Delete empty folders: Gradio leaves one per file that it passes to a function, and each takes an inode."""
    store, uploaded = Store(1, 10**9), write(folder, "uploaded", b"")
    left, full = folder / "tmpabc", folder / "tmpdef"
    left.touch()
    full.write_bytes(b"x")
    store.walk(time.time() + EMPTY_SECONDS - 10)  # an upload may still be written to it
    assert left.exists()
    assert store._stored >= 4 * uploads.ENTRY_BYTES
    store.walk(time.time() + EMPTY_SECONDS + 10)
    assert not left.exists()
    assert uploaded.exists() and full.exists()


def test_folders_of_dead_processes_are_removed(tmp_path, monkeypatch):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, alive = (tmp_path / f"{PREFIX}{pid}-x" for pid in (ended.pid, os.getppid()))
    other = tmp_path / "bakeoff-uploads"
    for each in (dead, alive, other):
        each.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(uploads.atexit, "register", lambda *_, **__: None)
    monkeypatch.setenv(uploads.VARIABLE, "")
    uploads.use_private_folder()
    assert not dead.exists()
    assert alive.exists() and other.exists()
    assert Path(os.environ[uploads.VARIABLE]).parent == tmp_path
