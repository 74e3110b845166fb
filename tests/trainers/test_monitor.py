"""Test the monitor: losses and times, progress, signals, checkpoints."""

import os
import signal

import numpy as np
import pytest

from bakeoff.common.errors import RecipeError, TrainingError
from tests.support.tiny import read
from trainers import monitor as monitor_module
from trainers.batches import TrainingData, plan_batches
from trainers.monitor import PROGRESS_FILE, STATE_FILE, Monitor

IDENTITY = {"recipe": {"seed": 0}, "corpus": "abc"}


@pytest.fixture
def data():
    """Return six texts of three tokens, for two epochs of three steps."""
    ids = [np.zeros(3, np.int32)] * 6
    return TrainingData(ids, np.zeros(6, np.int64), plan_batches([3] * 6, 2, epochs=2, seed=0), pad_id=0)


@pytest.fixture
def monitor(data, tmp_path):
    monitor = Monitor("PyTorch", data, tmp_path, IDENTITY)
    monitor.begin()
    yield monitor
    monitor.close()


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_not_finite_names_the_step_and_the_likely_cause(monitor, loss):
    monitor.end_step(1.5)
    with pytest.raises(TrainingError, match="at step 2 of 6.*learning rate that is too high"):
        monitor.end_step(loss)
    assert monitor.losses == [1.5]


def test_the_summary_counts_what_was_trained(monitor):
    for loss in (6, 5, 4, 3, 2, 1):
        monitor.end_step(loss)
    monitor.seconds = [9.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    assert monitor.summary() == {
        "loss": [6, 5, 4, 3, 2, 1],
        "first_step_seconds": [9.0],
        "seconds_per_epoch": [11.0, 6.0],
        "tokens_per_second": round(5 * 6 / 8, 1),  # the first step is left out: it has the compilation
    }


def test_a_single_step_has_no_tokens_per_second(tmp_path):
    data = TrainingData([np.zeros(3, np.int32)], np.zeros(1, np.int64), plan_batches([3], 2, 1, seed=0), pad_id=0)
    monitor = Monitor("PyTorch", data, tmp_path, IDENTITY)
    monitor.begin()
    monitor.end_step(1.0)
    assert monitor.summary()["tokens_per_second"] is None


def test_progress_is_written_at_the_start_and_at_the_end(monitor, tmp_path):
    nothing_yet = {"framework": "PyTorch", "step": 0, "steps": 6, "loss": None, "seconds_left": None}
    assert read(tmp_path / PROGRESS_FILE) == nothing_yet
    for loss in (6, 5, 4, 3, 2, 1):
        monitor.end_step(loss)
    assert read(tmp_path / PROGRESS_FILE) == nothing_yet | {"step": 6, "loss": 1, "seconds_left": 0}


def test_a_run_that_is_over_shows_no_progress(monitor, tmp_path):
    assert (tmp_path / PROGRESS_FILE).exists()
    monitor.close()
    assert not (tmp_path / PROGRESS_FILE).exists()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop_and_makes_a_checkpoint_due(monitor, name):
    before = signal.getsignal(name)
    with monitor.catching_signals():
        assert not monitor.checkpoint_due
        os.kill(os.getpid(), name)
        assert monitor.stop_requested
        assert monitor.checkpoint_due
    assert signal.getsignal(name) is before


def test_handlers_come_back_after_an_error(monitor):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TrainingError), monitor.catching_signals():
        raise TrainingError("stop")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_checkpoint_is_due_from_time_to_time_without_stopping(monitor, monkeypatch):
    assert not monitor.checkpoint_due
    monkeypatch.setattr(monitor_module, "CHECKPOINT_SECONDS", -1)
    assert monitor.checkpoint_due
    assert not monitor.stop_requested


def test_a_restored_monitor_goes_on_where_the_other_stopped(monitor, data, tmp_path):
    monitor.end_step(3.0)
    monitor.end_step(2.5)
    monitor.save(tmp_path)
    other = Monitor("PyTorch", data, tmp_path, IDENTITY)
    other.restore(tmp_path)
    assert (other.step, other.losses, other.seconds) == (2, [3.0, 2.5], monitor.seconds)
    other.begin()
    for loss in (2, 2, 2, 2):
        other.end_step(loss)
    other.seconds = [9.0, 1.0, 8.0, 1.0, 1.0, 1.0]
    other.close()
    assert other.summary()["first_step_seconds"] == [9.0, 8.0]
    assert other.summary()["tokens_per_second"] == 4 * 6 / 4


def test_a_checkpoint_of_another_recipe_or_corpus_is_refused(monitor, data, tmp_path):
    monitor.save(tmp_path)
    for identity in (IDENTITY | {"corpus": "xyz"}, IDENTITY | {"recipe": {"seed": 1}}):
        with pytest.raises(RecipeError, match="another recipe or corpus.*--resume"):
            Monitor("PyTorch", data, tmp_path, identity).restore(tmp_path)


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_checkpoint_that_can_t_be_read_is_refused(monitor, tmp_path, content):
    if content:
        (tmp_path / STATE_FILE).write_text(content)
    with pytest.raises(RecipeError, match="leave out --resume to start again"):
        monitor.restore(tmp_path)


def test_the_first_step_of_each_process_is_not_counted_as_speed(monitor, tmp_path):
    for seconds in (9.0, 1.0):
        monitor._clock -= seconds
        monitor.end_step(1.0)
    monitor.save(tmp_path)
    resumed = Monitor("PyTorch", monitor._data, tmp_path, monitor._identity)
    resumed.restore(tmp_path)
    resumed.begin()
    resumed._clock -= 8.0
    resumed.end_step(1.0)
    assert resumed.first_steps == [0, 2]
    resumed.close()
