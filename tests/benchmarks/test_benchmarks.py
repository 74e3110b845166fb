"""Test `benchmarks/`: the stock contenders are the same models, and the figures match the measurements."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from bakeoff.classifiers.base import predict_proba
from bakeoff.common.errors import CorpusError
from benchmarks.evaluate import __main__ as evaluate
from benchmarks.explain import __main__ as benchmark
from benchmarks.explain import figures as explain_figures
from benchmarks.memory import peak_extra_megabytes
from tests.explain.lime_text.test_rounds import Planted, mixed
from tests.support.planted import WordCounter

PAIR = (Planted("PyTorch"), Planted("TensorFlow"))


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_the_stock_libraries_give_our_probabilities(framework, tiny_runs, pair):
    from benchmarks.stock.calls import STOCK

    texts = ["shares fell as profits slid", "the striker scored twice", "a new phone " * 40]
    ours = dict(zip(("pytorch", "tensorflow"), pair, strict=True))[framework]
    stock = STOCK[framework](tiny_runs / framework, ours.text_encoder.max_length)
    assert np.allclose(stock(texts), predict_proba(ours, texts), atol=1e-4)


def predict(texts):
    return predict_proba(PAIR[0], texts)


def test_all_contenders_are_measured_and_summarised():
    jobs = {"ours": benchmark.ours}
    for number, name in enumerate(("PyTorch", "TensorFlow")):
        jobs[f"stock lime, {name}"] = benchmark.stock_lime(name, number, 1001, predict)
    measured = {(number, name): job(mixed(), PAIR) for number in range(2) for name, job in jobs.items()}
    json.dumps(list(measured.values()), allow_nan=False)
    figures = explain_figures.summarize(measured)
    ours, stock = figures["ours"], figures["stock"]["stock lime, PyTorch"]
    assert ours["articles"] == ours["articles_indicative_or_stable"] == stock["articles"] == 2
    assert ours["models"]["PyTorch"]["overlap_of_two_seeds"]["value"] <= 1
    assert stock["calls"] == 1001
    assert stock["ours_mean_drop_read"] == ours["models"]["PyTorch"]["mean_drop_read"]
    assert stock["median_ratio_of_seconds_ours_for_both_models_to_stock"]["value"] > 0
    lines = explain_figures.lines(figures)
    assert any(line.strip().startswith("overlap of two seeds:") for line in lines)


def test_frameworks_are_compared_article_by_article():
    """Check that the interval of the difference is narrow if articles vary but the frameworks' difference does not."""

    def ours(number):
        models = {
            name: {
                "overlap": 0.5,
                "expected_overlap": None,
                "trust": "stable",
                "drops": {"read": [drop], "whole": [1.0]},
            }
            for name, drop in (("PyTorch", 10.0 * number), ("TensorFlow", 10.0 * number + 1))
        }
        times = {"seconds": 2.0, "first_round_seconds": 1.0, "seconds_to_indicative": None, "calls": 9}
        return times | {"calls_to_indicative": None, "models": models}

    def stock(name, seconds):
        drops = {"read": [1.0], "whole": [1.0]}
        return {"framework": name, "seconds": seconds, "calls": 9, "overlap_of_halves": 0.5, "overlap_at_500": None} | {
            "drops": drops
        }

    measured = {(number, "ours"): ours(number) for number in range(6)}
    measured |= {(number, "stock lime, PyTorch"): stock("PyTorch", 10.0 + number) for number in range(6)}
    measured |= {(number, "stock lime, TensorFlow"): stock("TensorFlow", 20.0 + 2 * number) for number in range(1, 6)}
    figures = explain_figures.summarize(measured)
    single, both = (
        figures["ours"]["models"]["PyTorch"]["mean_drop_read"],
        figures["ours"]["difference"]["mean_drop_read"],
    )
    assert single["high"] - single["low"] > 20
    assert both == pytest.approx({"value": 1.0, "low": 1.0, "high": 1.0, "reason": ""})
    ratio = figures["stock_ratio_of_seconds"]
    assert (ratio["value"], ratio["low"], ratio["high"]) == pytest.approx((2, 2, 2))
    assert figures["ours"]["median_seconds_to_indicative"] is None
    alone = explain_figures.summarize({key: measured[key] for key in ((0, "ours"), (0, "stock lime, PyTorch"))})
    assert alone["stock_ratio_of_seconds"] is None
    assert alone["ours"]["difference"]["mean_drop_read"]["reason"] == "one article"
    assert alone["ours"]["models"]["PyTorch"]["overlap_expected_by_the_badge"] is None, "unknown is not 0"


def test_drops_are_those_of_deleted_words():
    model = Planted()
    falls = benchmark.drops(
        model, "superb good so fine", 19, [("superb", 2.0), ("good", 1.0), ("fine", 0.5), ("so", 0.0)]
    )
    whole = 6 * np.tanh(0.5 * 7)
    assert falls["read"] == pytest.approx([whole] * 4, abs=1e-5)
    cut = benchmark.drops(model, "superb good so fine", 6, [("superb", 2.0), ("good", 1.0)])
    assert cut["read"] == pytest.approx([6 * np.tanh(2.0)] * 4, abs=1e-5)
    assert cut["whole"] == pytest.approx([whole - 6 * np.tanh(0.5)] * 4, abs=1e-5)


def test_overlap_of_draws_is_one_for_a_clear_truth():
    rng = np.random.default_rng(0)
    kept = np.vstack([np.ones(30, bool), rng.random((999, 30)) < 0.5])
    target = kept[:, :10] @ np.arange(10, 20.0)
    assert benchmark._overlap(kept, target, 500) == 1
    assert benchmark._overlap(kept, target, 250) == 1


def test_our_weights_equal_stock_limes():
    assert max(benchmark.equality(mixed(), PAIR).values()) < 1e-9


def test_the_order_is_random_within_an_article_and_the_same_again():
    names = ["a", "b", "c"]
    plan = benchmark.plan(20, names, 0)
    assert plan == benchmark.plan(20, names, 0)
    assert [number for number, _ in plan] == sorted(number for number, _ in plan)
    assert len({tuple(name for number, name in plan if number == article) for article in range(20)}) > 3


def test_the_command_goes_on_after_a_stop_and_mixes_no_settings(tmp_path, monkeypatch, capsys):
    explained, ours = [], benchmark.ours

    def explain(text, pair):
        explained.append(text)
        if len(explained) == 2:
            raise KeyboardInterrupt
        return ours(text, pair)

    pair = [Planted(name) for name in ("PyTorch", "TensorFlow")]
    pair[0].text_encoder = SimpleNamespace(max_length=512)
    monkeypatch.setattr(benchmark, "ours", explain)
    monkeypatch.setattr(benchmark, "STOCK", {})
    monkeypatch.setattr(benchmark, "load_pair", lambda *_: pair)
    monkeypatch.setattr(benchmark.logits_cache, "weights_digest", lambda folder: folder.name)
    texts, output = tmp_path / "texts.csv", tmp_path / "explain.json"
    texts.write_text("\n".join(["text", *(mixed([f"word{number}"]) for number in range(3))]), encoding="utf-8")
    command = ["--models", "a", "b", "--corpus", str(texts), "--words", "20", "40", "--output", str(output)]
    for measured in (1, 3):  # stopped in the second text, then the two remaining ones
        assert benchmark.main(command) == 0
        assert json.loads(output.read_text(encoding="utf-8"))["figures"]["ours"]["articles"] == measured
    first, stopped, *rest = explained
    assert len({first, *rest}) == len(explained) - 1 == 3 and rest[0] == stopped
    assert benchmark.main([*command, "--stock", "200"]) == 2
    assert "has measurements with different stock; name another --output" in capsys.readouterr().err


def test_articles_of_the_wished_length():
    arguments = benchmark.parser().parse_args(["--models", "a", "b", "--words", "20", "40", "--articles", "3"])
    falls = benchmark.articles(arguments)
    assert len(falls) == 3
    assert all(20 <= len(text.split()) <= 40 for text in falls)
    with pytest.raises(CorpusError, match="change --words"):
        benchmark.articles(benchmark.parser().parse_args(["--models", "a", "b", "--words", "9000", "9001"]))


def test_a_report_is_timed(capsys, monkeypatch):
    monkeypatch.setattr(evaluate, "REPEATS", 1)
    monkeypatch.setattr(evaluate, "RIVAL_ROUNDS", 2)
    assert evaluate.main(["--texts", "300", "--rounds", "100"]) == 0
    assert "whole report (300 texts, 2 models, 100 rounds): " in capsys.readouterr().out


def test_memory_at_its_peak():
    def work():
        block = np.ones(10_000_000)  # 80 MB
        for _ in range(5):
            block += 1

    assert 60 < peak_extra_megabytes(work) < 200
    assert peak_extra_megabytes(lambda: WordCounter("PyTorch").logits(["tech"])) < 20
