"""What many tests share: a tiny encoder, and one pair of models that the real command trained from it."""

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
    """Where processes share the work, files with slow tests first: none then waits long for the last of another."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Gives the folder of a name; of the processes that run tests, the first to ask makes it for all."""
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
    """A tiny BERT in the transformers format. Tests that change it work on `encoder_copy`."""
    return made_once("tiny-bert", tiny.write_encoder)


@pytest.fixture
def encoder_copy(encoder_folder, tmp_path) -> Path:
    """A copy of the tiny encoder for one test to damage."""
    return shutil.copytree(encoder_folder, tmp_path / "tiny-bert")


@pytest.fixture(scope="session")
def tiny_runs(encoder_folder, made_once) -> Path:
    """`runs/NAME` with a `pytorch` and a `tensorflow` model of the sample corpus. Not to be changed."""

    def train(output: Path) -> None:
        for status, printed in tiny.train_both(encoder_folder, output).values():
            assert status == 0, printed

    return made_once("tiny", train)


@pytest.fixture
def runs_copy(tiny_runs, tmp_path) -> Path:
    """A copy of the trained pair for one test to damage."""
    return shutil.copytree(tiny_runs, tmp_path / "runs")


@pytest.fixture(scope="session")
def pair(tiny_runs):
    """Both models of `tiny_runs`, loaded. A test that sets weights puts them back."""
    from bakeoff.classifiers.pair import load_pair

    return load_pair(str(tiny_runs / "pytorch"), str(tiny_runs / "tensorflow"))
