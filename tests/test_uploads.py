"""`service/uploads.py`: what is stored counts as the disk counts it, what is old goes, dead processes leave none."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from service import uploads
from service.uploads import AT_A_TIME, LONGEST_SECONDS, PREFIX, Store


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The private one."""
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
    store.walk(time.time() + LONGEST_SECONDS - 60)
    assert old.exists()
    store.walk(time.time() + LONGEST_SECONDS + 60)
    assert not old.exists()
    assert own.exists()
    store.walk(time.time() + LONGEST_SECONDS + 60)


def test_a_folder_of_the_operator_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path))
    old = write(tmp_path, "old")
    Store(1, 10**9).walk(time.time() + 2 * LONGEST_SECONDS)
    assert old.exists()


def test_what_comes_at_the_same_time_counts_before_it_is_there(folder):
    store = Store(10, 35)
    with store.upload(), store.upload():
        assert not store.full
        with store.upload():
            assert store.full
        store.walk()  # nothing is there, but two are on their way
        assert not store.full
    many = Store(1, 10**9)
    many._open = AT_A_TIME
    assert many.busy


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
