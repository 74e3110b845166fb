"""Test `app.py` and the model loader: the served models, the page's progress, and the command line."""

import json
import shutil
import threading

import pytest

import app
from bakeoff.common.errors import BakeoffError, ModelError
from bakeoff.common.json_report import identify
from bakeoff.corpus import corpus
from eval.report import catalog, in_memory, report
from service.operate import options
from service.work import model_loader
from service.work.model_loader import ModelLoader, Progress
from tests.support import tiny
from tests.support.planted import planted_pair


def test_both_models_must_be_named_or_neither():
    with pytest.raises(BakeoffError, match="only one model was named"):
        app.loader_for("runs/demo/pytorch", None)


def test_a_pair_s_folder_names_both_models(tmp_path):
    for framework in ("pytorch", "tensorflow"):
        (tmp_path / framework).mkdir()
    arguments = app.parser().parse_args(["--models", str(tmp_path), "--pytorch-model", "a/b"])
    assert app.named_models(arguments) == (str(tmp_path / "pytorch"), str(tmp_path / "tensorflow"))
    assert app.named_models(app.parser().parse_args(["--pytorch-model", "a/b"])) == ("a/b", None)


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
        options.credentials(text)


def test_auth_may_hold_colons_in_the_password():
    assert options.credentials("user:a:b") == ("user", "a:b")
    assert options.credentials(None) is None


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


def test_a_named_report_is_read_at_the_start(tmp_path):
    published = next(iter(catalog.published().values()))
    assert app.loader_for("a/b", "a/c", published).report == published
    assert app.loader_for("a/b", "a/c").report is None
    with pytest.raises(BakeoffError, match="can't be read as a report"):
        app.loader_for("a/b", "a/c", tmp_path / "absent.json")


def test_only_the_demo_pair_is_evaluated_unasked(monkeypatch, tmp_path):
    monkeypatch.setattr(app, "DEMO", tmp_path)
    loader = app.loader_for(None, None)
    assert (loader.report, loader._evaluate) == (tmp_path / "report.json", True)
    published = next(iter(catalog.published().values()))
    assert app.loader_for(None, None, published)._evaluate is False
    assert app.loader_for("a/b", "a/c")._evaluate is False


@pytest.fixture
def evaluating(encoder_folder, tmp_path, monkeypatch):
    """Start a loader of planted models that makes a report, and return it when it has finished."""
    monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "cache"))
    labels = corpus.load().labels
    by_name = dict(zip(tiny.FRAMEWORKS, planted_pair(encoder_folder, tmp_path / "models", labels), strict=True))
    monkeypatch.setattr(model_loader, "load_classifier", lambda framework, _: by_name[framework])
    monkeypatch.setattr(model_loader, "Pair", lambda **models: tuple(models.values()))

    def run(wait=True):
        path = tmp_path / "report.json"
        loader = ModelLoader({"pytorch": "a", "tensorflow": "b"}, report=path, evaluate=True).start()
        if wait:
            loader.wait(60)
        return loader

    return run


def test_the_pair_is_evaluated_once_and_again_for_other_weights(evaluating, tmp_path):
    loader = evaluating()
    assert loader.progress() == Progress("Both models are ready.", finished=True)
    first = report.read(tmp_path / "report.json")
    assert first["corpus"]["digest"] == corpus.load().digest
    written = (tmp_path / "report.json").stat().st_mtime_ns
    evaluating()
    assert (tmp_path / "report.json").stat().st_mtime_ns == written
    (tmp_path / "report.json").write_text("{", encoding="utf-8")
    evaluating()
    assert report.read(tmp_path / "report.json")["predictions"] == first["predictions"]
    other = first | {"models": {name: model | {"weights": "0" * 64} for name, model in first["models"].items()}}
    report.write(tmp_path / "report.json", other | {"id": identify(other)})
    evaluating()
    assert report.read(tmp_path / "report.json")["models"] == first["models"]


def test_the_page_answers_while_the_pair_is_evaluated(evaluating, monkeypatch):
    begun, released = threading.Event(), threading.Event()

    def evaluate(pair, data, **_):
        yield in_memory.Step(0.5, "PyTorch: 50 of 100 texts")
        begun.set()
        released.wait(60)
        raise OSError("the disk is full")

    monkeypatch.setattr(in_memory, "evaluate", evaluate)
    loader = evaluating(wait=False)
    assert begun.wait(60)
    progress = loader.progress()
    assert "Both models are ready. Evaluating them on the sample's test split: PyTorch: 50 of 100" in progress.text
    assert (progress.share, progress.finished) == (0.5, False)
    assert len(loader.pair()) == len(loader.classifiers()) == 2
    released.set()
    loader.wait(60)
    assert loader.progress().text == "Both models are ready. They could not be evaluated: the disk is full"
    assert not loader.progress().failed


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
