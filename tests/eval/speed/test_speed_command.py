"""Test `bakeoff speed` on a tiny pair: real measurements, a stop, and a resumed run."""

import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest

from bakeoff.common import code_digest
from eval.measure import random_models
from eval.speed import __main__ as benchmark
from eval.speed import report, run
from eval.speed.bases import parity
from eval.speed.plan import QUICK
from eval.speed.timed_classifier import Model
from tests.support import tiny

SHORT = replace(QUICK, batch_sizes=(1, 8), latency_tokens=(16, 48), product=256)


def arguments(runs, output, *more: str, basis: str = "tuned") -> list[str]:
    models = [str(runs / framework) for framework in tiny.FRAMEWORKS]
    given = [
        "--basis",
        basis,
        "--quick",
        "--rounds",
        "1",
        "--memory-texts",
        "1200",
        "--threads",
        "1",
        "--output",
        str(output),
    ]
    return ["--models", *models, *given, *more]


def check_figures(figures):
    """Check that every section was measured and that its numbers are in a possible order."""
    assert all(figures[section] for section in ("ceiling", "cold_start", "latency", "throughput", "training"))
    assert figures["growth"] is None  # the tiny pair reads 48 tokens, and two lengths are too few for an exponent
    for row in figures["throughput"]:
        for calls in row["frameworks"].values():
            assert 0 < calls["stages"]["forward"] < calls["seconds"]["p99"]
            assert calls["stages"]["tokenisation"] > 0 and calls["share_of_ceiling"]["value"] > 0
    for name, memory in figures["memory"].items():
        assert 50e6 < memory["loaded"] <= memory["few"] <= memory["many"] <= memory["long"], name
        assert figures["training"]["frameworks"][name]["peak_bytes"] > memory["loaded"] / 2


@pytest.mark.slow
@pytest.mark.timeout(900)  # starts eight processes, half of which import TensorFlow
def test_everything_is_measured_once(tiny_runs, tmp_path, capsys, monkeypatch):
    output, taken, starts = tmp_path / "benchmark.json", [], {}
    take = run.Runner.take
    monkeypatch.setattr(benchmark, "QUICK", SHORT)

    def take_short(runner, visit):
        """Reuse a framework's first cold start for its second one, because each cold start is a new process."""
        taken.append(visit.case.section)
        if visit.case.section != "cold_start":
            return take(runner, visit)
        starts[visit.framework] = starts.get(visit.framework) or take(runner, visit)
        return starts[visit.framework]

    def take_and_stop(runner, visit):
        if visit.case.section == "memory":
            signal.raise_signal(signal.SIGINT)
        return take_short(runner, visit)

    monkeypatch.setattr(run.Runner, "take", take_and_stop)
    assert benchmark.main(arguments(tiny_runs, output)) == 0
    assert "stopped" in capsys.readouterr().err and report.read(output)["figures"]["memory"] is None
    log = output.with_suffix(".jsonl").read_text()

    taken.clear()
    monkeypatch.setattr(run.Runner, "take", take_short)
    written = [str(tmp_path / name) for name in ("page.md", "plot.svg")]
    assert benchmark.main(arguments(tiny_runs, output, "--markdown", written[0], "--plot", written[1])) == 0
    assert output.with_suffix(".jsonl").read_text().startswith(log) and taken == ["memory", "memory"]
    document, printed = report.read(output), capsys.readouterr().out
    assert str(tmp_path) not in document["command"] + printed.replace(str(output), "")
    figures = document["figures"]
    assert document["settings"]["basis"] == "tuned" and document["code"] == code_digest.of_kind("benchmark")
    assert figures["parity"]["PyTorch"]["compared_with"] == "documented" and figures["variants"] is None
    check_figures(figures)
    assert document["frameworks"]["TensorFlow"]["threads"] == document["frameworks"]["PyTorch"]["threads"] == 1
    assert document["frameworks"]["TensorFlow"]["onednn"] and "Training steps" in printed

    monkeypatch.setattr(run.Runner, "take", lambda *_: pytest.fail("measured again"))
    assert benchmark.main(arguments(tiny_runs, output)) == 0
    assert report.read(output)["figures"] == figures
    assert benchmark.main(arguments(tiny_runs, output, "--only", "latency")) == 0
    assert report.read(output)["figures"] == figures | {
        "cold_start": None, "throughput": [], "growth": None, "training": None, "memory": None,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_library_is_measured_as_it_is_documented(tiny_runs, tmp_path, monkeypatch, capsys):
    """Compiled variants are planted for PyTorch, because compiling takes minutes on a busy machine."""
    output, starting = tmp_path / "benchmark.json", run.Runner._start
    monkeypatch.setattr(benchmark, "QUICK", SHORT)

    def start(runner, basis, framework, **options):
        planted = {"variant": "plain"} if framework == "pytorch" and "variant" in options else {}
        return starting(runner, basis, framework, **options | planted)

    monkeypatch.setattr(run.Runner, "_start", start)
    only = ("--only", "latency", "training", "variants", "memory")
    assert benchmark.main(arguments(tiny_runs, output, *only, basis="documented")) == 0
    document, printed = report.read(output), capsys.readouterr().out
    assert document["settings"]["basis"] == "documented" and "Basis: documented" in printed
    figures = document["figures"]
    for name, parts in figures["parity"].items():
        assert parts["largest_difference"] < 1e-4 and parts["compared_with"] == "tuned"
        assert document["statements"][name]["statements"] > 10
        trained = figures["training"]["frameworks"][name]
        assert trained["seconds_per_epoch"]["value"] > trained["seconds_per_step"]["value"] > 0
        assert figures["memory"][name]["long"] >= figures["memory"][name]["loaded"] > 50e6
        assert figures["scale"]["frameworks"][name]["milliseconds_per_token"]["value"] is not None
        for variant in figures["variants"][name].values():
            assert variant["failed"] is None and variant["preparation_seconds"]["value"] > 0
            assert [row["tokens"] for row in variant["latency"]] == [16, 48]
    assert {row["tokens"] for row in figures["latency"]} == {16, 48}
    assert figures["latency"][0]["frameworks"]["PyTorch"]["stages"] is None


def test_a_basis_that_computes_something_else_is_refused_before_anything_is_timed(
    tiny_runs, tmp_path, monkeypatch, capsys
):
    output = tmp_path / "benchmark.json"
    monkeypatch.setattr(parity, "LIMIT", 0.0)
    monkeypatch.setattr(run.Runner, "_facts", lambda *_: pytest.fail("measured in spite of it"))
    assert benchmark.main(arguments(tiny_runs, output, basis="documented")) == 2
    said = tiny.error_sentence(capsys.readouterr().err)
    assert (
        said.startswith("PyTorch: documented gives logits that differ from tuned by ") and "nothing was timed" in said
    )
    assert len(output.with_suffix(".jsonl").read_text().splitlines()) == 1 and not output.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_encoder_of_a_size_has_the_same_random_weights_in_both_frameworks(tmp_path, monkeypatch, capsys):
    output, small = tmp_path / "benchmark.json", random_models.Size(1, 32, 2, 64, positions=64)
    monkeypatch.setattr(random_models, "SIZES", {"bert-base": small})
    monkeypatch.setattr(benchmark, "QUICK", replace(SHORT, latency_tokens=(16, 32)))
    built, build = [], random_models.build

    def build_and_copy(*given):
        built.append(build(*given))
        shutil.copytree(given[-1], tmp_path / "copy")
        return built[-1]

    monkeypatch.setattr(random_models, "build", build_and_copy)
    command = ["--size", "bert-base", "--quick", "--rounds", "1", "--threads", "1", "--only", "latency"]
    assert benchmark.main([*command, "--output", str(output)]) == 0
    document = report.read(output)
    assert document["settings"]["size"] == "bert-base" and document["models"]["PyTorch"]["revision"] == "local"
    assert "random weights of the size of bert-base" in capsys.readouterr().out
    assert not built[0]["pytorch"].exists(), "the scratch folder is removed"
    texts = ["shares fell", "the striker scored twice"]
    first, second = (Model(name, str(tmp_path / "copy" / name)).logits(texts) for name in tiny.FRAMEWORKS)
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert np.abs(first).max() > 1e-3


def test_models_or_a_size_are_named_but_not_both(tiny_runs, tmp_path, capsys):
    assert benchmark.main(["--output", str(tmp_path / "benchmark.json")]) == 2
    assert benchmark.main(arguments(tiny_runs, tmp_path / "benchmark.json", "--size", "bert-base")) == 2
    assert capsys.readouterr().err.count("name either --models or --size") == 2


def test_a_run_with_other_settings_does_not_mix_with_the_first(tiny_runs, tmp_path, capsys, monkeypatch):
    output = tmp_path / "benchmark.json"
    monkeypatch.setattr(run.Runner, "take", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert benchmark.main(arguments(tiny_runs, output)) == 130
    assert benchmark.main(arguments(tiny_runs, output, "--seed", "1")) == 2
    assert tiny.error_sentence(capsys.readouterr().err.replace("stopped", "")).endswith(
        "has measurements with different settings; name another --output, or remove the file."
    )
    assert benchmark.main(arguments(tiny_runs, output, "--rounds", "0")) == 2


def test_measuring_leaves_the_classifier_as_it_was(pair, tiny_runs):
    model = Model("pytorch", str(tiny_runs / "pytorch"))
    before = dict(vars(model._classifier)), dict(vars(model._classifier.text_encoder))
    times = model.measure([["a headline"], ["another one", "and one more"]], calls=3, seconds=0.0)
    assert {name: len(each) for name, each in times.items()} == {"seconds": 3, "tokenisation": 3, "forward": 3}
    assert all(0 < t + f < s for s, t, f in zip(*times.values(), strict=True))
    assert (vars(model._classifier), vars(model._classifier.text_encoder)) == before


def test_measuring_nothing_is_an_error(tiny_runs):
    with pytest.raises(ValueError, match="expected at least one batch of texts, received none"):
        Model("pytorch", str(tiny_runs / "pytorch")).measure([], calls=1, seconds=0.0)


def test_no_more_tokens_are_read_than_the_models_have_positions_for(tiny_runs, tmp_path, capsys):
    asked = str(tiny.POSITIONS + 1)
    assert benchmark.main(arguments(tiny_runs, tmp_path / "benchmark.json", "--max-length", asked)) == 2
    assert f"the models read 8 to {tiny.POSITIONS} tokens" in tiny.error_sentence(capsys.readouterr().err)
    longer = Model("pytorch", str(tiny_runs / "pytorch"), max_length=tiny.POSITIONS)
    assert len(longer._classifier.text_encoder.encode(["news " * 100])[0]) == tiny.POSITIONS
