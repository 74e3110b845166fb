"""Provide fixtures around the test Hub.

`fake_hub`: the server alone. `connected_hub`: this process' client talks to it too. `published_hub`: with two models.
"""

import os
import shutil
import subprocess
import sys

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import disable_progress_bars, enable_progress_bars

from bakeoff.hub import pull
from tests.support import tiny
from tests.support.hub_server import running_hub


@pytest.fixture
def fake_hub():
    """Run a Hub with the users alice and bob. Subprocesses reach it with `env=fake_hub.env(home, token=...)`."""
    with running_hub() as server:
        yield server


@pytest.fixture
def connected_hub(fake_hub, tmp_path, monkeypatch):
    """Connect this process to the Hub: no token, an empty cache under tmp_path, no waiting between attempts."""
    home = tmp_path / "home"
    for name in [name for name in os.environ if name.startswith(("HF_", "HUGGING"))]:
        monkeypatch.delenv(name)
    # huggingface_hub reads its environment at import, so its constants are changed instead.
    monkeypatch.setattr(constants, "ENDPOINT", fake_hub.endpoint)
    template = fake_hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(pull, "LISTING_WAITS", (0, 0))
    monkeypatch.setattr(pull, "DOWNLOAD_WAITS", (0, 0, 0))
    disable_progress_bars()
    yield fake_hub
    enable_progress_bars()


@pytest.fixture(scope="session")
def published_hub(tiny_runs, encoder_folder, tmp_path_factory):
    """Run a Hub to which `bakeoff train --push` published both tiny models. Yield it and the environment to use it."""
    with running_hub() as server:
        runs = shutil.copytree(tiny_runs, tmp_path_factory.mktemp("published") / "runs")
        environment = server.env(tmp_path_factory.mktemp("hub-home"), token=server.token("alice"))
        # Both models are trained: `--resume` keeps them, so the command only pushes.
        command = tiny.arguments(encoder_folder, runs, "--resume", "--push", "alice/tiny", "--private")
        running = {
            framework: subprocess.Popen(
                [sys.executable, "-m", "trainers", "--framework", framework, *command],
                cwd=tiny.ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for framework in tiny.FRAMEWORKS
        }
        for framework, process in running.items():
            _, printed = tiny.finish(process)
            assert f"published {server.endpoint}/alice/tiny-{framework} at v1" in printed, printed
        yield server, environment
