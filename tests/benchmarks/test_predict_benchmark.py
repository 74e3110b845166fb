"""Test `benchmarks.predict`: every contender is the same model, and the figures match the measurements."""

import json

import numpy as np
import pytest

from benchmarks.predict import __main__ as predict
from benchmarks.predict import figures as predict_figures

MINE, OTHER = "ours, PyTorch", "transformers.pipeline, batch 32"
SPEED = {MINE: 1.0, OTHER: 2.0}  # seconds for the articles


def planted(rounds: int) -> dict:
    """Return rounds with one speed per contender, slower in the last round, and matrix products of 0.1 and 0.2 s."""
    visits = {}
    for number in range(rounds):
        slow = 3 if number == rounds - 1 else 1
        for name, seconds in SPEED.items():
            probabilities = [[0.5 + 0.01 * (name == MINE), 0.5]]
            visits["articles", number, 0, name] = {"seconds": slow * seconds, "probabilities": probabilities}
            visits["headlines", number, 0, name] = {
                "seconds": [0.01 * seconds] * 99 + [1],
                "probabilities": probabilities,
            }
        visits["product", number, 0, "PyTorch"], visits["product", number, 0, "TensorFlow"] = [0.2] * 3, [0.1] * 3
    return visits


def test_rates_shares_and_ratios_are_those_of_the_timings():
    figures = predict_figures.summarize(planted(5), operations=40, product=10, rivals={MINE: [OTHER, "absent"]})
    json.dumps(figures, allow_nan=False)
    assert figures["ceiling_operations_per_second"] == pytest.approx({"PyTorch": 50, "TensorFlow": 100})
    mine = figures["contenders"][MINE]
    assert mine["articles_seconds"]["value"] == 1
    assert mine["share_of_ceiling"] == pytest.approx(0.4)
    assert mine["headline_seconds"]["p50"] == pytest.approx(0.01)
    assert mine["headline_seconds"]["p90"] == pytest.approx(0.01)
    (ratio,) = figures["ratios"].values()
    assert ratio["articles"] | {"reason": ""} == {
        "value": 2, "low": 2, "high": 2, "reason": "", "too_noisy_to_call": False,
    }  # fmt: skip
    assert ratio["largest_probability_difference"] == pytest.approx(0.01)
    assert f"{OTHER} / {MINE}: articles 2 [2, 2], headlines 2 [2, 2]" in predict_figures.lines(figures)


def test_a_run_that_was_stopped_gives_what_it_has():
    measured = planted(2)
    del measured["articles", 1, 0, OTHER]
    figures = predict_figures.summarize(measured, operations=40, product=10, rivals={MINE: [OTHER]})
    assert figures["ratios"][f"{OTHER} / {MINE}"]["articles"]["too_noisy_to_call"], "one round tells nothing"
    nothing = predict_figures.summarize({}, operations=40, product=10, rivals={MINE: [OTHER]})
    assert nothing["contenders"] == nothing["ratios"] == {}
    assert predict_figures.lines(nothing)


def test_each_round_visits_all_and_headlines_both_ways():
    visits = list(predict.visits(rounds=2, seed=0))
    assert len(visits) == len(set(visits)) == 2 * (4 + 3 * len(predict.contenders()))
    for number in range(2):
        headlines = [name for what, each, _, name in visits if (what, each) == ("headlines", number)]
        assert headlines == headlines[::-1]
        articles = [name for what, each, _, name in visits if (what, each) == ("articles", number)]
        assert sorted(articles) == sorted(predict.contenders())


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_all_contenders_give_one_answer(framework, tiny_runs):
    from benchmarks.predict.predictors import Predictor

    texts = ["shares fell as profits slid", "the striker scored twice", "a new phone " * 40]
    kinds = dict.fromkeys(each.kind for each in predict.CONTENDERS.values() if each.framework == framework)
    answers = [Predictor(kind, str(tiny_runs / framework), 48, 2).hold(texts) for kind in kinds]
    assert len(answers) == {"pytorch": 3, "tensorflow": 3}[framework]
    for other in answers[1:]:
        np.testing.assert_allclose(answers[0], other, atol=1e-4)


@pytest.mark.slow
def test_the_command_measures_and_goes_on(tiny_runs, tmp_path, monkeypatch, capsys):
    """Run two contenders in separate processes, on texts of the sample corpus."""
    monkeypatch.setattr(predict, "CONTENDERS", {name: predict.CONTENDERS[name] for name in SPEED})
    monkeypatch.setattr(predict, "HEADLINES", 2)
    monkeypatch.setattr(predict, "PRODUCT", 64)
    monkeypatch.setattr(predict, "PROBES", {"PyTorch": predict.PROBES["PyTorch"]})
    output = tmp_path / "predict.json"
    command = ["--models", str(tiny_runs / "pytorch"), str(tiny_runs / "tensorflow"), "--max-length", "32"]
    command += ["--texts", "4", "--threads", "1", "--output", str(output)]
    command += ["--rounds", "1"]
    assert predict.main(command) == 0
    log, start, started = output.with_suffix(".jsonl"), predict._start, []
    *kept, last = log.read_text().splitlines(keepends=True)
    log.write_text("".join(kept))  # simulates a stop before the last visit
    monkeypatch.setattr(predict, "_start", lambda name, *more: started.append(name) or start(name, *more))
    assert predict.main(command) == 0
    *first, again = log.read_text().splitlines(keepends=True)
    visit, again_visit = (json.loads(line)[0] for line in (last, again))
    assert (first, again_visit, started) == (kept, visit, [visit[-1]]), "only what is missing should be measured"
    ratio = json.loads(output.read_text())["figures"]["ratios"][f"{OTHER} / {MINE}"]
    assert ratio["largest_probability_difference"] < 1e-4
    assert ratio["articles"]["value"] > 0
    assert f"{OTHER} / {MINE}" in capsys.readouterr().out
