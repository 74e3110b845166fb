"""Fixtures that many tests share: a tiny encoder, and one pair of models that the real command trains from it."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bakeoff.common.processors import THREAD_VARIABLES

# Before numpy or a framework is imported, here or in a process that a test starts. The models are tiny: more threads
# would only spin while they wait for one another, on the processor that the other half of the tests needs.
os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))

from tests.support import tiny
from tests.support.hub_fixtures import connected_hub, fake_hub, published_hub  # noqa: F401  fixtures for all


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start files with slow tests first if several processes run the tests, so that all end at about the same time."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return a function that gives the folder of a name. The first process that needs it fills it for all."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        with (root / f"{name}.made").open("a+") as made:
            fcntl.flock(made, fcntl.LOCK_EX)
            if not made.seek(0, os.SEEK_END):
                make(root / name)
                made.write("yes")
        return root / name

    return folder


@pytest.fixture(scope="session")
def encoder_folder(made_once) -> Path:
    """Return a tiny BERT in the transformers format. Tests that change it use `encoder_copy`."""
    return made_once("tiny-bert", tiny.write_encoder)


@pytest.fixture
def encoder_copy(encoder_folder, tmp_path) -> Path:
    """Return a copy of the tiny encoder that a test may change."""
    return shutil.copytree(encoder_folder, tmp_path / "tiny-bert")


@pytest.fixture(scope="session")
def tiny_runs(encoder_folder, made_once) -> Path:
    """Return `runs/NAME` with a `pytorch` and a `tensorflow` model of the sample corpus. Tests must not change it."""

    def train(output: Path) -> None:
        for status, printed in tiny.train_both(encoder_folder, output).values():
            assert status == 0, printed

    return made_once("tiny", train)


@pytest.fixture
def runs_copy(tiny_runs, tmp_path) -> Path:
    """Return a copy of the trained pair that a test may change."""
    return shutil.copytree(tiny_runs, tmp_path / "runs")


@pytest.fixture(scope="session")
def pair(tiny_runs):
    """Return both loaded models of `tiny_runs`. A test that sets weights must restore them."""
    from bakeoff.classifiers.pair import load_pair

    return load_pair(str(tiny_runs / "pytorch"), str(tiny_runs / "tensorflow"))
