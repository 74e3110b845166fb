"""`app.py` and `model_loader.py`: which models are served, what the page says meanwhile, and the command line."""

import json
import shutil

import pytest

import app
import model_loader
from errors import BakeoffError, ModelError
from model_loader import ModelLoader, Progress
from tests import tiny
from tests.planted import ReadyLoader


def test_both_models_must_be_named_or_neither():
    with pytest.raises(BakeoffError, match="only one model was named"):
        app.loader_for("runs/demo/pytorch", None)


def test_named_models_are_served_without_any_training():
    loader = app.loader_for("a/b@v1", "a/c")
    assert loader.models == {"pytorch": "a/b@v1", "tensorflow": "a/c"}
    assert loader._demo is None


def test_the_environment_names_the_models_as_a_space_does(monkeypatch):
    monkeypatch.setenv("BAKEOFF_PYTORCH_MODEL", "a/b")
    monkeypatch.setenv("BAKEOFF_TENSORFLOW_MODEL", "a/c")
    arguments = app.parser().parse_args([])
    assert (arguments.pytorch_model, arguments.tensorflow_model) == ("a/b", "a/c")
    assert app.parser().parse_args(["--pytorch-model", "x/y"]).pytorch_model == "x/y"


def test_the_demo_is_trained_only_where_it_is_absent(monkeypatch, tmp_path):
    monkeypatch.setattr(app, "DEMO", tmp_path)
    assert app.loader_for(None, None)._demo == tmp_path
    for framework in tiny.FRAMEWORKS:
        (tmp_path / framework).mkdir()
        tiny.write(tmp_path / framework / "training.json", {})
    assert app.loader_for(None, None)._demo is None


@pytest.mark.parametrize("text", ["user", "user:", ":password"])
def test_auth_needs_a_user_and_a_password(text):
    with pytest.raises(BakeoffError, match="USER:PASSWORD"):
        app.credentials(text)


def test_auth_may_hold_colons_in_the_password():
    assert app.credentials("user:a:b") == ("user", "a:b")
    assert app.credentials(None) is None


def test_the_status_line_escapes_what_it_shows():
    class Failed(ReadyLoader):
        def progress(self):
            return Progress("<script>x</script>", finished=True, failed=True)

    line = app.status_line(Failed())
    assert "&lt;script&gt;" in line
    assert "<script>" not in line
    assert 'role="status"' in line


def test_a_missing_model_becomes_a_sentence(tmp_path):
    loader = ModelLoader({"pytorch": str(tmp_path), "tensorflow": str(tmp_path)}).start()
    with pytest.raises(ModelError, match="labels.json"):
        loader.wait(60)
    assert loader.progress().failed
    with pytest.raises(ModelError, match="labels.json"):
        loader.classifiers()


def test_before_anything_is_ready_visitors_are_asked_to_wait():
    loader = ModelLoader({"pytorch": "a", "tensorflow": "b"})
    with pytest.raises(ModelError, match="not ready yet"):
        loader.classifiers()
    with pytest.raises(ModelError, match="not ready yet"):
        loader.pair()
    assert not loader.progress().finished


def test_training_progress_counts_both_frameworks(tmp_path):
    loader = ModelLoader({}, demo=tmp_path)
    report = {"framework": "TensorFlow", "step": 5, "steps": 10, "loss": 1.0, "seconds_left": 12.3}
    (tmp_path / model_loader.PROGRESS_FILE).write_text(json.dumps(report), encoding="utf-8")
    progress = loader._training_progress()
    assert progress.share == 0.75
    assert "TensorFlow, step 5 of 10, about 12 s left" in progress.text


def test_a_training_that_fails_becomes_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    loader = ModelLoader({"pytorch": "a", "tensorflow": "b"}, demo=tmp_path / "file").start()
    with pytest.raises(ModelError, match="exit status"):
        loader.wait(120)


@pytest.mark.slow
def test_models_that_can_not_be_compared_are_refused(tiny_runs, tmp_path):
    other = shutil.copytree(tiny_runs / "tensorflow", tmp_path / "tensorflow")
    labels = ["arts", *tiny.read(other / "labels.json")[1:]]
    tiny.write(other / "labels.json", labels)
    config = tiny.read(other / "config.json")
    tiny.write(other / "config.json", config | {"id2label": dict(enumerate(labels))})
    loader = ModelLoader({"pytorch": str(tiny_runs / "pytorch"), "tensorflow": str(other)}).start()
    with pytest.raises(ModelError, match="their classes differ"):
        loader.wait(120)
    with pytest.raises(ModelError, match="their classes differ"):
        loader.classifiers()
