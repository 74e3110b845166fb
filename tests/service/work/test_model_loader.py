"""Test `service/work/model_loader.py`: each framework serves as soon as it is ready, independently of the other."""

import gc
import threading

import pytest

from bakeoff.classifiers.pair import load_classifier, may_be_on_hub
from bakeoff.common.errors import HubError, HubUnreachable, ModelError
from bakeoff.common.paused_gc import paused_gc
from service.work import model_loader
from service.work.model_loader import ModelLoader
from tests.support.planted import Contrarian, WordCounter
from tests.support.serving import serving

PLANTED = {"pytorch": WordCounter("PyTorch"), "tensorflow": Contrarian("TensorFlow")}
GONE = ModelError("there is no folder gone; check the name.")


@pytest.fixture
def loading(monkeypatch):
    """Start a loader that gets each framework's model when the test provides a classifier or an error."""
    come = {framework: threading.Event() for framework in PLANTED}
    given, collected = {}, []

    def load_classifier(framework, model):
        assert come[framework].wait(60)
        collected.append(gc.isenabled())
        if isinstance(given[framework], Exception):
            raise given[framework]
        return given[framework]

    def give(framework, found=None):
        given[framework] = found or PLANTED[framework]
        come[framework].set()

    monkeypatch.setattr(model_loader, "load_classifier", load_classifier)
    monkeypatch.setattr(model_loader, "Pair", lambda **models: tuple(models.values()))
    loader = ModelLoader({"pytorch": "a", "tensorflow": "b"}).start()
    loader.collected = collected
    yield loader, give
    for framework in PLANTED:
        if not come[framework].is_set():
            give(framework)
    loader._thread.join(60)


def wait_for(condition):
    """Wait until the condition holds. The test's time limit ends the wait otherwise."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.01)


def names(loader):
    try:
        return [each.framework for each in loader.classifiers()]
    except ModelError:
        return []


def test_the_first_answers_while_the_second_loads_and_both_come_in_order(loading):
    loader, give = loading
    with pytest.raises(ModelError, match="not ready yet"):
        loader.classifiers()
    give("pytorch")
    wait_for(lambda: names(loader))
    assert names(loader) == ["PyTorch"]
    assert loader.failures == {}
    assert "PyTorch is ready; loading TensorFlow from b" in loader.progress().text
    with pytest.raises(ModelError, match="Both models are needed"):
        loader.pair()
    give("tensorflow")
    assert loader.wait(60) == tuple(PLANTED.values())
    assert names(loader) == ["PyTorch", "TensorFlow"]
    assert loader.progress().finished


def test_the_second_answers_where_the_first_fails(loading):
    loader, give = loading
    give("pytorch", GONE)
    wait_for(lambda: loader.progress().failed)
    assert loader.progress().text == "PyTorch could not be loaded; loading TensorFlow from b …"
    assert loader.failures == {"PyTorch": "there is no folder gone; check the name."}
    assert not loader.progress().finished
    give("tensorflow")
    with pytest.raises(ModelError, match="PyTorch: there is no folder gone; check the name. TensorFlow answers alone."):
        loader.wait(60)
    assert names(loader) == ["TensorFlow"]
    assert (loader.progress().failed, loader.progress().finished) == (True, True)


def test_the_first_goes_on_to_answer_where_the_second_has_a_fault(loading, caplog):
    loader, give = loading
    give("pytorch")
    give("tensorflow", RuntimeError("out of range"))
    with pytest.raises(ModelError, match="TensorFlow: it could not be loaded because of a fault in the program"):
        loader.wait(60)
    assert names(loader) == ["PyTorch"]
    assert "out of range" in caplog.text


def test_two_failures_are_both_told(loading):
    loader, give = loading
    give("pytorch", GONE)
    give("tensorflow", GONE)
    with pytest.raises(ModelError, match="PyTorch: there is no folder.*TensorFlow: there is no folder"):
        loader.wait(60)
    with pytest.raises(ModelError, match="PyTorch: there is no folder"):
        loader.classifiers()


def test_garbage_is_searched_for_again_once_the_models_are_loaded(loading):
    loader, give = loading
    give("pytorch", GONE)
    give("tensorflow")
    loader._thread.join(60)
    assert loader.collected == [False, False]
    assert gc.isenabled()


def test_garbage_is_searched_for_again_after_an_error():
    frozen = gc.get_freeze_count()
    with pytest.raises(OSError, match="gone"), paused_gc():
        kept = [[]]
        raise OSError("gone")
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen
    assert not any(each is kept for each in gc.get_objects())
    gc.unfreeze()


def test_a_hub_that_is_down_is_asked_again_and_the_server_is_live_meanwhile(monkeypatch):
    """Both models are pulled as soon as the Hub answers. A loaded model serves in the meantime."""
    asked, back = [], threading.Event()

    def load_classifier(framework, model):
        asked.append(framework)
        if framework == "tensorflow" and not back.is_set():
            raise HubUnreachable(
                "The Hub at http://hub.example could not be reached and nothing is cached: connect once."
            )
        return PLANTED[framework]

    monkeypatch.setattr(model_loader, "load_classifier", load_classifier)
    monkeypatch.setattr(model_loader, "Pair", lambda **models: tuple(models.values()))
    monkeypatch.setattr(model_loader, "HUB_WAITS", (0.05, 0.1))
    loader = ModelLoader({"pytorch": "a/b", "tensorflow": "a/c"})
    with serving(loader=loader) as server:
        loader.start()
        wait_for(lambda: asked.count("tensorflow") > 2)
        assert server.get("/health/live").status == 200
        assert server.get("/health/ready").error["code"] == "not_ready"
        assert server.post("/api/v1/pytorch/predict", {"text": "sport"}).status == 200
        assert server.post("/api/v1/predict", {"text": "sport"}).error["code"] == "not_ready"
        progress = loader.progress()
        assert "The Hub at http://hub.example could not be reached" in progress.text
        assert (progress.failed, progress.finished) == (True, False)
        back.set()
        wait_for(lambda: loader.progress().finished)
        assert server.get("/health/ready").status == 200
        back.clear()  # the Hub is down again, but nothing contacts it
        before = len(asked)
        assert server.post("/api/v1/predict", {"text": "sport"}).status == 200
        assert len(asked) == before
    assert asked.count("pytorch") == 1


def test_nobody_waits_for_the_hub_once_the_app_stops(monkeypatch):
    def load_classifier(framework, model):
        raise HubUnreachable("out of reach")

    monkeypatch.setattr(model_loader, "load_classifier", load_classifier)
    loader = ModelLoader({"pytorch": "a/b", "tensorflow": "a/c"}).start()
    wait_for(lambda: "trying again" in loader.progress().text)
    loader.stop()
    with pytest.raises(ModelError, match="out of reach"):
        loader.wait(10)


@pytest.mark.parametrize(
    ("error", "lasting"),
    [
        (HubUnreachable("out of reach"), False),
        (HubError("nobody/x is gated"), True),
        (ModelError("there is no folder gone"), True),
        (ValueError("a fault"), True),
    ],
)
def test_only_a_hub_out_of_reach_is_asked_again(monkeypatch, caplog, error, lasting):
    asked, failed = [], threading.Event()

    def load(framework, model):
        asked.append(framework)
        if framework == "tensorflow":
            raise error
        return PLANTED[framework]

    monkeypatch.setattr(model_loader, "load_classifier", load)
    monkeypatch.setattr(model_loader, "HUB_WAITS", (0.01,))
    loader = ModelLoader({"pytorch": "a/b", "tensorflow": "a/c"}).start(failed.set)
    if lasting:
        assert failed.wait(60)
        loader._thread.join(60)
        assert asked.count("tensorflow") == 1
        assert loader.progress().failed and loader.progress().finished
    else:
        wait_for(lambda: asked.count("tensorflow") > 2)
        assert not failed.is_set()
        loader.stop()
        loader._thread.join(60)
    (first, *_) = [record for record in caplog.records if record.name == "service.work.model_loader"]
    assert "TensorFlow" in first.getMessage()
    assert first.levelname == ("ERROR" if lasting else "WARNING")


def test_a_lasting_failure_is_told_though_the_other_model_is_awaited(monkeypatch):
    failed = threading.Event()

    def load(framework, model):
        raise HubUnreachable("out of reach") if framework == "pytorch" else ModelError("no folder")

    monkeypatch.setattr(model_loader, "load_classifier", load)
    loader = ModelLoader({"pytorch": "a/b", "tensorflow": "./c"}).start(failed.set)
    assert failed.wait(60)
    loader.stop()


def test_where_a_model_may_be():
    assert may_be_on_hub("user/name") and may_be_on_hub("user/name@v1")
    assert not any(map(may_be_on_hub, ("tests", "gone", "./gone/x", "/gone/x", "a/b/c", "~/x")))
    assert not ModelLoader({"pytorch": "gone", "tensorflow": "/gone"}).from_hub
    assert ModelLoader({"pytorch": "gone", "tensorflow": "user/name"}).from_hub


@pytest.mark.parametrize(("status", "kind"), [(500, True), (503, True), (429, True), (404, False), (403, False)])
def test_the_hub_s_answer_says_whether_another_try_makes_sense(connected_hub, status, kind):
    connected_hub.faults.statuses["GET /api/models"] = (status, 1000)
    with pytest.raises(HubError) as caught:
        load_classifier("pytorch", "alice/x")
    assert isinstance(caught.value, HubUnreachable) == kind
