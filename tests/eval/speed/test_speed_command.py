"""Test `bakeoff speed` on a tiny pair: real measurements, a stop, and a resumed run."""

import signal
from dataclasses import replace

import pytest

from eval.speed import __main__ as benchmark
from eval.speed import report, run
from eval.speed.plan import QUICK
from eval.speed.timed_classifier import Model
from tests.support import tiny

SHORT = replace(QUICK, batch_sizes=(1, 8), latency_tokens=(16, 48), product=256)


def arguments(runs, output, *more: str) -> list[str]:
    models = [str(runs / framework) for framework in tiny.FRAMEWORKS]
    given = ["--quick", "--rounds", "1", "--memory-texts", "1200", "--threads", "1", "--output", str(output)]
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


def test_no_more_tokens_are_read_than_the_models_have_positions_for(tiny_runs, tmp_path, capsys):
    asked = str(tiny.POSITIONS + 1)
    assert benchmark.main(arguments(tiny_runs, tmp_path / "benchmark.json", "--max-length", asked)) == 2
    assert f"the models read 8 to {tiny.POSITIONS} tokens" in tiny.error_sentence(capsys.readouterr().err)
    longer = Model("pytorch", str(tiny_runs / "pytorch"), max_length=tiny.POSITIONS)
    assert len(longer._classifier.text_encoder.encode(["news " * 100])[0]) == tiny.POSITIONS
