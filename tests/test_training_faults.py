"""What goes wrong in a training, in real processes: nothing half-done stays, and one sentence says what happened."""

import resource
import shutil
import signal

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file, save_file

import corpus
from errors import RecipeError, TrainingError
from tests import tiny
from tests.tiny import FRAMEWORKS, contents, error_sentence, read
from trainers import __main__ as command
from trainers import job
from trainers.monitor import PROGRESS_FILE
from trainers.recipe import preset

pytestmark = pytest.mark.slow
FILE_LIMIT = 50_000  # bytes: less than the weights, more than any other file


def parts(output) -> set[str]:
    """What stands in the output folder, hidden files too, besides an empty checkpoint folder."""
    return {path.name for path in output.iterdir() if path.name != "checkpoint" or contents(path)}


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))


@pytest.fixture(scope="module")
def interrupted(encoder_folder, tmp_path_factory):
    """A story: both trainings, the first stopped by SIGTERM to the parent; the second stopped by Ctrl-C; all resumed.

    Gives the output folder, what each command printed with its status, and copies of the checkpoints.
    """
    output = tmp_path_factory.mktemp("interrupted") / "runs"
    told = {}

    def begun(framework: str) -> bool:
        try:
            return read(output / PROGRESS_FILE)["framework"].lower() == framework
        except OSError:
            return False

    both = tiny.start(tiny.arguments(encoder_folder, output))
    tiny.wait_for(lambda: begun("pytorch"), both)
    (child,) = psutil.Process(both.pid).children()
    both.send_signal(signal.SIGTERM)
    told["pytorch"] = tiny.finish(both)
    told["child"] = child.is_running()

    one = tiny.start(["--framework", "tensorflow", *tiny.arguments(encoder_folder, output)])
    tiny.wait_for(lambda: begun("tensorflow"), one)
    one.send_signal(signal.SIGINT)
    told["tensorflow"] = tiny.finish(one)

    told["left"] = parts(output)
    checkpoints = shutil.copytree(output / "checkpoint", output.parent / "checkpoints")
    told["resumed"] = tiny.finish(tiny.start(tiny.arguments(encoder_folder, output, "--resume")))
    return output, told, checkpoints


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_signal_saves_a_checkpoint_and_ends_the_run(interrupted, framework):
    _, told, checkpoints = interrupted
    status, printed = told[framework]
    assert status == 2
    assert "the checkpoint is saved: run the same command with --resume" in error_sentence(printed)
    done = len(read(checkpoints / framework / "monitor.json")["losses"])
    assert 1 <= done < 114
    assert f"stopped after step {done} of 114" in printed


def test_a_signal_to_the_parent_ends_its_child_and_starts_no_other(interrupted):
    _, told, _ = interrupted
    assert told["child"] is False
    assert "TensorFlow" not in told["pytorch"][1]
    assert told["left"] == {"checkpoint"}


def test_a_signal_to_the_parent_while_a_child_ends_well_starts_no_other(tmp_path, monkeypatch, capsys):
    """The child here is a script that notes its start, signals its parent and ends with 0."""
    child = tmp_path / "child"
    child.write_text(f"#!/bin/sh\ntrap '' TERM\necho began >> {tmp_path}/log\nkill -TERM $PPID\n")
    child.chmod(0o755)
    monkeypatch.setattr(command.sys, "executable", str(child))
    before = signal.getsignal(signal.SIGTERM)
    assert command.main(["--output", str(tmp_path / "runs")]) == 2
    assert "with --resume to go on" in capsys.readouterr().err
    assert (tmp_path / "log").read_text() == "began\n"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_resume_goes_on_to_the_same_losses_with_dropout(interrupted, tiny_runs, framework):
    output, told, _ = interrupted
    assert told["resumed"][0] == 0, told["resumed"][1]
    assert parts(output) == set(FRAMEWORKS)
    resumed, whole = (read(folder / framework / "training.json") for folder in (output, tiny_runs))
    assert len(resumed["loss"]) == len(whole["loss"])
    assert np.abs(np.subtract(resumed["loss"], whole["loss"])).max() < 1e-3
    assert resumed["scores"] == pytest.approx(whole["scores"])


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("setting", ["dropout=0", "learning_rate=0.01", "batch_size=4"])
def test_a_checkpoint_of_another_recipe_is_refused(interrupted, encoder_folder, tmp_path, framework, setting):
    shutil.copytree(interrupted[2], tmp_path / "checkpoint")
    recipe = preset("small").with_settings([*tiny.SETTINGS, f"encoder={encoder_folder}", setting])
    with pytest.raises(RecipeError, match="another recipe or corpus.*leave out --resume"):
        job.run(job.Job(framework, recipe, corpus.load(), tmp_path), resume=True)
    assert not (tmp_path / framework).exists()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_resume_keeps_what_is_finished(runs_copy, encoder_folder, framework, capsys):
    before = contents(runs_copy)
    arguments = ["--framework", framework, *tiny.arguments(encoder_folder, runs_copy, "--resume")]
    assert command.main(arguments) == 0
    assert "is finished already" in capsys.readouterr().out
    assert contents(runs_copy) == before


def test_a_loss_that_is_not_finite_names_the_step_and_leaves_the_earlier_models(encoder_copy, runs_copy):
    weights = load_file(encoder_copy / "model.safetensors")
    weights["embeddings.LayerNorm.bias"][3] = np.inf
    save_file(weights, encoder_copy / "model.safetensors", metadata={"format": "pt"})
    before = contents(runs_copy)
    for status, printed in tiny.train_both(encoder_copy, runs_copy).values():
        assert status == 2
        assert "the loss became nan at step 1 of 114" in error_sentence(printed)
        assert "learning rate that is too high" in printed
    assert contents(runs_copy) == before
    assert parts(runs_copy) == set(FRAMEWORKS)


def test_a_full_disk_leaves_the_earlier_models_and_nothing_else(encoder_folder, runs_copy):
    before = contents(runs_copy)
    told = tiny.train_both(encoder_folder, runs_copy, "--set", "epochs=1", preexec_fn=limit_file_size)
    for status, printed in told.values():
        assert status == 2, printed
        assert "the one before, if any, is as it was: make room" in error_sentence(printed)
    assert contents(runs_copy) == before
    assert parts(runs_copy) == set(FRAMEWORKS)


@pytest.mark.usefixtures("one_thread")
class TestInThisProcess:
    """With the Hub's two calls replaced by a record of them."""

    @pytest.fixture
    def published(self, monkeypatch) -> list:
        calls = []
        monkeypatch.setattr(command.hub_publish, "check_write_access", lambda repo_id: None)
        monkeypatch.setattr(command.hub_publish, "publish", lambda folder, repo_id, **_: calls.append(repo_id))
        return calls

    @pytest.mark.parametrize("settings", [["learning_rate=1e6"], ["learning_rate=1e6", "batch_size=300", "epochs=1"]])
    def test_too_high_a_learning_rate_saves_and_pushes_nothing(
        self, encoder_folder, tmp_path, published, capsys, settings
    ):
        """In the second case the only step ruins the weights: no loss tells, but the logits do."""
        changes = [part for setting in [*settings, "warmup=0"] for part in ("--set", setting)]
        arguments = tiny.arguments(encoder_folder, tmp_path / "runs", *changes, "--push", "user/name")
        assert command.main(["--framework", "pytorch", *arguments]) == 2
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
