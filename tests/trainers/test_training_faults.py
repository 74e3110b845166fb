"""Test failing trainings in real processes: no partial file stays, and one sentence says what happened."""

import resource
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file, save_file

from bakeoff.common.errors import RecipeError, TrainingError
from bakeoff.corpus import corpus
from tests.support import tiny
from tests.support.tiny import FRAMEWORKS, contents, error_sentence, read
from trainers import __main__ as command
from trainers import job
from trainers.monitor import PROGRESS_FILE
from trainers.recipe import preset

pytestmark = pytest.mark.slow
FILE_LIMIT = 50_000  # bytes: less than the weights, more than any other file


def parts(output) -> set[str]:
    """Return the names in the output folder, including hidden files but not an empty checkpoint folder."""
    return {path.name for path in output.iterdir() if path.name != "checkpoint" or contents(path)}


@contextmanager
def full_disk() -> Iterator[None]:
    """Limit the files of this process to FILE_LIMIT bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def interrupted(encoder_folder, tmp_path_factory):
    """Stop two commands: SIGTERM to the parent of both trainings, and Ctrl-C to one training.

    Return the output folder with both checkpoints, and for each command its status, its output and its files.
    """
    output, beside = (tmp_path_factory.mktemp("interrupted") / "runs" for _ in range(2))
    children = []

    def stop(process, folder, name) -> tuple[int, str]:
        tiny.wait_for((folder / PROGRESS_FILE).exists, process)
        children.extend(psutil.Process(process.pid).children())
        process.send_signal(name)
        return tiny.finish(process)

    both = tiny.start(tiny.arguments(encoder_folder, output))
    one = tiny.start(["--framework", "tensorflow", *tiny.arguments(encoder_folder, beside)])
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(stop, one, beside, signal.SIGINT)
        told = {"pytorch": stop(both, output, signal.SIGTERM), "tensorflow": waiting.result()}
    told |= {"children": [child.is_running() for child in children], "left": parts(output) | parts(beside)}
    shutil.copytree(beside / "checkpoint", output / "checkpoint", dirs_exist_ok=True)
    return output, told


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_signal_saves_a_checkpoint_and_ends_the_run(interrupted, framework):
    output, told = interrupted
    status, printed = told[framework]
    assert status == 130
    assert "the checkpoint is saved: run the same command with --resume" in error_sentence(printed)
    done = len(read(output / "checkpoint" / framework / "monitor.json")["losses"])
    assert 1 <= done < 114
    assert f"stopped after step {done} of 114" in printed


def test_a_signal_to_the_parent_ends_its_child_and_starts_no_other(interrupted):
    _, told = interrupted
    assert told["children"] == [False]
    assert "TensorFlow" not in told["pytorch"][1]
    assert told["left"] == {"checkpoint"}


def test_a_signal_to_the_parent_while_a_child_ends_well_starts_no_other(tmp_path, monkeypatch, capsys):
    """Run a script as the child: it records its start, signals its parent and ends with 0."""
    child = tmp_path / "child"
    child.write_text(f"#!/bin/sh\ntrap '' TERM\necho began >> {tmp_path}/log\nkill -TERM $PPID\n")
    child.chmod(0o755)
    monkeypatch.setattr(command.sys, "executable", str(child))
    before = signal.getsignal(signal.SIGTERM)
    assert command.main(["--output", str(tmp_path / "runs")]) == 130
    assert "with --resume to continue" in capsys.readouterr().err
    assert (tmp_path / "log").read_text() == "began\n"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_resume_goes_on_to_the_same_losses_with_dropout(interrupted, encoder_folder, tiny_runs, tmp_path, framework):
    runs = tmp_path / "runs"
    shutil.copytree(interrupted[0] / "checkpoint" / framework, runs / "checkpoint" / framework)
    assert command.main(["--framework", framework, *tiny.arguments(encoder_folder, runs, "--resume")]) == 0
    assert {path.name for path in runs.iterdir()} == {framework}
    resumed, whole = (read(folder / framework / "training.json") for folder in (runs, tiny_runs))
    assert len(resumed["first_step_seconds"]) == 2, "it should resume from the checkpoint"
    assert len(resumed["loss"]) == len(whole["loss"])
    assert np.abs(np.subtract(resumed["loss"], whole["loss"])).max() < 1e-3
    assert resumed["scores"] == pytest.approx(whole["scores"])


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("setting", ["dropout=0", "learning_rate=0.01", "batch_size=4"])
def test_a_checkpoint_of_another_recipe_is_refused(interrupted, encoder_folder, tmp_path, framework, setting):
    shutil.copytree(interrupted[0] / "checkpoint", tmp_path / "checkpoint")
    recipe = preset("small").with_settings([*tiny.SETTINGS, f"encoder={encoder_folder}", setting])
    with pytest.raises(RecipeError, match="another recipe or corpus.*leave out --resume"):
        job.run(job.Job(framework, recipe, corpus.load(), tmp_path), resume=True)
    assert not (tmp_path / framework).exists()


def test_resume_keeps_what_is_finished_of_both(runs_copy, encoder_folder):
    before = contents(runs_copy)
    status, printed = tiny.finish(tiny.start(tiny.arguments(encoder_folder, runs_copy, "--resume")))
    assert (status, printed.count("is finished already")) == (0, len(FRAMEWORKS)), printed
    assert contents(runs_copy) == before


def test_a_loss_that_is_not_finite_names_the_step_and_leaves_the_earlier_models(encoder_copy, runs_copy, capsys):
    weights = load_file(encoder_copy / "model.safetensors")
    weights["embeddings.LayerNorm.bias"][3] = np.inf
    save_file(weights, encoder_copy / "model.safetensors", metadata={"format": "pt"})
    before = contents(runs_copy)
    for framework in FRAMEWORKS:
        assert command.main(["--framework", framework, *tiny.arguments(encoder_copy, runs_copy)]) == 1
        said = error_sentence(capsys.readouterr().err)
        assert "the loss became nan at step 1 of 114" in said and "learning rate that is too high" in said
    assert contents(runs_copy) == before
    assert parts(runs_copy) == set(FRAMEWORKS)


def test_a_full_disk_leaves_the_earlier_models_and_nothing_else(encoder_folder, runs_copy, capsys):
    before = contents(runs_copy)
    arguments = tiny.arguments(encoder_folder, runs_copy, "--set", "epochs=1")
    for framework in FRAMEWORKS:
        with full_disk():
            assert command.main(["--framework", framework, *arguments]) == 1
        said = error_sentence(capsys.readouterr().err)
        assert "an earlier model, if any, is unchanged: make room" in said
    assert contents(runs_copy) == before
    assert parts(runs_copy) == set(FRAMEWORKS)


class TestInThisProcess:
    """Replace the Hub's two calls by functions that record them."""

    @pytest.fixture
    def published(self, monkeypatch) -> list:
        calls = []
        monkeypatch.setattr(command.access, "check_write_access", lambda repo_id, **_: None)
        monkeypatch.setattr(command.publish, "publish", lambda folder, repo_id, **_: calls.append(repo_id))
        return calls

    @pytest.mark.parametrize("settings", [["learning_rate=1e6"], ["learning_rate=1e6", "batch_size=300", "epochs=1"]])
    def test_too_high_a_learning_rate_saves_and_pushes_nothing(
        self, encoder_folder, tmp_path, published, capsys, settings
    ):
        """Ruin the weights, in the second case in the only step. Then no loss shows it, but the logits do."""
        changes = [part for setting in [*settings, "warmup=0"] for part in ("--set", setting)]
        arguments = tiny.arguments(encoder_folder, tmp_path / "runs", *changes, "--push", "user/name")
        assert command.main(["--framework", "pytorch", *arguments]) == 1
        assert "likely cause is a learning rate that is too high" in capsys.readouterr().err
        assert published == []
        assert parts(tmp_path / "runs") == set()

    def test_a_folder_that_can_t_be_written_is_one_sentence(self, encoder_folder, tmp_path, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device\nwhile writing")

        from trainers import train_pytorch

        monkeypatch.setattr(train_pytorch, "save", full)
        recipe = preset("small").with_settings([*tiny.SETTINGS, "epochs=1", f"encoder={encoder_folder}"])
        with pytest.raises(TrainingError, match="No space left on device while writing.*make room") as caught:
            job.run(job.Job("pytorch", recipe, corpus.load(), tmp_path))
        assert "\n" not in str(caught.value)
        assert parts(tmp_path) <= {PROGRESS_FILE}
