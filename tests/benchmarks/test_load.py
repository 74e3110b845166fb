"""Test `benchmarks/load`: its requests, counts and summaries, and its users against a small server."""

import json
from collections import Counter
from itertools import islice

import pytest

from bakeoff.common.errors import ReportError
from benchmarks.load import __main__ as load
from benchmarks.load import lifecycle, server
from benchmarks.load import parts as load_parts
from benchmarks.load.hostile import PATHS, READ, UPLOAD, hostile_requests
from tests.support.hub_server import running_hub
from tests.support.serving import serving
from tests.tabs import test_served_page

SAMPLES = [
    ("/api/v1/predict", 200, 0.1, 1.0),
    ("/api/v1/predict", 200, 0.3, 2.0),
    ("/api/v1/predict", 503, 0.01, 2.0),
    ("/health/live", 200, 0.02, 2.0),
]


def test_equal_seeds_draw_equal_requests_to_every_route():
    first, again, other = (list(islice(hostile_requests(seed), 2000)) for seed in (1, 1, 2))
    assert first == again != other
    assert {sent.path for sent in first} >= {*PATHS, *READ}
    forms = [sent.body for sent in first if sent.path == UPLOAD and b"filename=" in sent.body]
    assert {True, False} == {_is_text(body) for body in forms}, "some are mutated, some are not"
    assert any(len(sent.body) > 2**20 for sent in islice(hostile_requests(3), 2000))


def _is_text(body):
    try:
        return bool(body.decode())
    except UnicodeDecodeError:
        return False


def test_only_what_was_answered_counts():
    found = load_parts._answered(SAMPLES, 4.0)
    assert found["per_second"] == 0.5
    assert found["statuses"] == {"200": 2, "503": 1}
    assert found["answered_ms"] == {"count": 2, "p50": 200.0, "p95": 290.0, "p99": 298.0, "max": 300.0}
    assert server.quantiles([])["p95"] is None


def test_a_part_that_was_measured_is_not_measured_again(monkeypatch, tmp_path, capsys):
    asked = []
    parts = {name: lambda *_, name=name: asked.append(name) or {"figure": len(asked)} for name in ("users", "fuzz")}
    monkeypatch.setattr(load, "PARTS", parts)
    monkeypatch.setattr(load.logits_cache, "weights_digest", lambda folder: f"weights of {folder.name}")
    command = ["--models", "a", "b", "--output", str(tmp_path / "load.json")]
    assert load.main([*command, "--parts", "users"]) == 0
    assert load.main([*command, "--parts", "users", "fuzz"]) == 0
    assert asked == ["users", "fuzz"]
    report = json.loads((tmp_path / "load.json").read_text())
    assert {name: part["figure"] for name, part in report["parts"].items()} == {"users": 1, "fuzz": 2}
    assert all(part["date"] for part in report["parts"].values())
    assert report["models"] == {"PyTorch": "weights of a", "TensorFlow": "weights of b"}
    assert report["command"].startswith("python -m benchmarks.load --models a b")
    assert "figure" in capsys.readouterr().out
    assert load.main([*command, "--seed", "1"]) == 2  # other measurements
    with pytest.raises(ReportError, match="seed"):
        load.MeasurementLog(tmp_path / "load.jsonl", {"seed": 1})


class Asked:
    """A test's server, as the benchmark calls it."""

    def __init__(self, served):
        self._served = served
        self.port, self.url = served.port, served.url

    ask = server.Server.ask
    predict = server.Server.predict


def test_hostile_requests_are_all_answered_and_none_is_a_fault():
    with serving() as served:
        statuses, longest = load_parts._fuzzed(Asked(served), 300, 0)
        assert server.Server.predict(Asked(served), "sport") == 200
    assert statuses.total() == 300
    assert set(statuses) <= {"200", "400", "404", "405", "413", "415", "422", "503"}
    assert 0 < longest < 60


@pytest.mark.slow
def test_a_soak_s_visitors_open_new_sessions_of_the_page(tmp_path):
    with test_served_page.launched() as served:
        load_parts._open_sessions(Asked(served))
        found = server.storm(Asked(served), tmp_path / "samples", 4, 8, 0.2, visits=0.5)
    asked = Counter(name for name, *_ in found)
    assert asked["page"] > 0
    assert asked["visit"] > asked["page"]  # one request for the event and one for its answer
    assert all(status == 200 for _, status, *_ in found)


@pytest.mark.slow
def test_locust_s_users_ask_probe_and_send_hostile_requests(tmp_path):
    with serving() as served:
        found = server.storm(Asked(served), tmp_path / "samples", 4, 8, 0.2, hostile=0.3, probers=1)
    names = {name for name, *_ in found}
    assert {"/api/v1/predict", "/health/live", "hostile"} <= names
    assert all(status == 200 for name, status, *_ in found if name != "hostile")
    assert load_parts._answered(found, 8)["per_second"] > 0


@pytest.mark.slow
def test_both_models_are_published_and_their_folders_stay_as_they_are(tiny_runs, tmp_path):
    models = [str(tiny_runs / framework) for framework in ("pytorch", "tensorflow")]
    before = {path: path.read_bytes() for path in tiny_runs.rglob("*") if path.is_file()}
    with running_hub() as hub:
        environment = hub.env(tmp_path / "home", token=hub.token("alice"))
        flags = lifecycle._published(models, tmp_path / "models", environment)
        assert flags == ["--pytorch-model", "alice/load-pytorch", "--tensorflow-model", "alice/load-tensorflow"]
        assert {"alice/load-pytorch", "alice/load-tensorflow"} <= {repo_id for _, repo_id in hub.repos}
    assert before == {path: path.read_bytes() for path in tiny_runs.rglob("*") if path.is_file()}
