"""Test the published results: numbers only, valid for the current code, and quoted correctly in the documentation."""

import json
import re

import pytest

from bakeoff.common.root import ROOT
from eval.report import report
from eval.speed import report as benchmark_report

RESULTS = ROOT / "results"
TRAININGS = sorted(RESULTS.glob("*/seed-*/*/training.json"))
PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIELDS = {
    "framework",
    "finished",
    "identity",
    "corpus",
    "encoder",
    "batch_plan",
    "steps",
    "loss",
    "first_step_seconds",
    "seconds_per_epoch",
    "tokens_per_second",
    "peak_memory_megabytes",
    "peak_device_megabytes",
    "environment",
    "load_average_before",
    "seconds",
    "scores",
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_there_are_results():
    assert TRAININGS


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: "/".join(path.parts[-4:-1]))
def test_a_training_report_has_every_field(path):
    training = read(path)
    assert set(training) == FIELDS
    assert len(training["loss"]) == training["steps"]
    assert training["identity"]["recipe"]["seed"] == int(path.parts[-3].removeprefix("seed-"))


def test_both_frameworks_of_a_seed_were_trained_on_the_same_batches():
    for folder in {path.parent.parent for path in TRAININGS}:
        one, other = (read(folder / framework / "training.json") for framework in ("pytorch", "tensorflow"))
        assert one["batch_plan"] == other["batch_plan"]
        assert one["identity"] == other["identity"]


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*/report.json")), ids=lambda path: path.parent.name)
def test_an_evaluation_report_keeps_the_schema(path):
    made = report.read(path)
    assert len(made["predictions"]["PyTorch"]) == made["corpus"]["texts"]


def test_the_page_quotes_the_reports():
    study = RESULTS / "bbc-minilm" / "seed-0"
    for framework in ("pytorch", "tensorflow"):
        training = read(study / framework / "training.json")
        row = re.search(rf"^\| {training['framework']} \|(.+)\|$", PAGE, re.MULTILINE)[1]
        cells = [cell.strip() for cell in row.split("|")]
        assert cells == [
            f"{training['scores']['accuracy']:.4f}",
            f"{training['scores']['macro_f1']:.4f}",
            ", ".join(f"{seconds:.0f}" for seconds in training["seconds_per_epoch"]),
            f"{training['first_step_seconds'][0]:.1f}",
            f"{training['tokens_per_second']:,.0f}",
            f"{training['peak_memory_megabytes']:,}",
        ]
    rows = read(RESULTS / "bbc-minilm" / "parity.json")["rows"]
    largest = max(row["value"] for row in rows if "largest" in row["name"])
    assert f"{largest:.1e}" in PAGE


def test_no_article_is_published():
    for path in RESULTS.rglob("*"):
        if path.is_file():
            assert path.suffix in {".json", ".md", ".html", ".svg"}
            longest = max((len(text) for text in re.findall(r'"([^"]*)"', path.read_text(encoding="utf-8"))), default=0)
            assert longest < 700 or path.suffix == ".svg", path  # whose curves are long


def test_the_page_quotes_the_verdict():
    made = report.read(RESULTS / "bbc-minilm" / "report.json")
    assert made["id"] in PAGE
    assert f"**Verdict: {made['comparison']['headline']}.**" in PAGE
    assert made["comparison"]["explanation"] in PAGE
    assert made["seeds"]["explanation"] in PAGE


def test_the_page_quotes_the_explanations():
    figures = read(RESULTS / "bbc-minilm" / "explain.json")["figures"]
    ours, stock = figures["ours"], [figures["stock"][f"stock lime, {name}"] for name in ("PyTorch", "TensorFlow")]
    for row, digits in (
        ([found["overlap_of_two_seeds"] for found in ours["models"].values()], 2),
        ([found["overlap_of_two_halves"] for found in stock], 2),
        ([found["overlap_of_draws_of_500"] for found in stock], 2),
        ([found["ours_mean_drop_read"] for found in stock], 2),
        ([found["mean_drop_read"] for found in stock], 2),
        ([found["median_seconds"] for found in stock], 0),
        ([found["median_ratio_of_seconds_ours_for_both_models_to_stock"] for found in stock], 3),
        ([found["median_ratio_of_seconds_ours_to_indicative_to_stock"] for found in stock], 3),
    ):
        assert f"| {' | '.join(interval(each, digits) for each in row)} |" in PAGE
    assert f"{interval(ours['difference']['overlap_of_two_seeds'])} in the shared part of the top 10" in PAGE
    assert f"{interval(ours['difference']['mean_drop_read'])} in the log-odds lost" in PAGE
    assert f"over KerasHub takes {interval(figures['stock_ratio_of_seconds'])} times as long" in PAGE
    assert {found["articles"] for found in (ours, *stock)} == {ours["articles"]}
    assert f"The texts are {ours['articles']} BBC articles" in PAGE
    assert f"median of {ours['median_seconds_to_indicative']['value']:.1f} s" in PAGE
    assert f"{ours['median_seconds_both_models']['value']:.1f} s to the end" in PAGE
    assert f"adds {figures['peak_extra_megabytes']:.0f} MB to the memory" in PAGE
    assert max(figures["largest_difference_to_stock_weights"].values()) < 1e-8, "as the page says"


def interval(found: dict, digits: int = 2) -> str:
    """Return an estimate as the page writes it."""
    return f"{found['value']:,.{digits}f} [{found['low']:,.{digits}f}, {found['high']:,.{digits}f}]"


def ratio(found: dict) -> str:
    """Return a ratio as the page writes it."""
    return interval(found, 2 if found["value"] < 20 else 0)


def test_the_page_quotes_the_speed_of_all_contenders():
    figures = read(RESULTS / "bbc-minilm" / "predict.json")["figures"]
    for name, found in figures["contenders"].items():
        headline = found["headline_seconds"]
        cells = [interval(found["articles_seconds"], 1), f"{found['share_of_ceiling']:.0%}"]
        cells += [f"{1e3 * headline['p50']:.1f}", f"{1e3 * headline['p99']:.1f}"]
        assert f"| {name} | {' | '.join(cells)} |" in PAGE
    for name, rival in (
        ("ours, PyTorch", "transformers.pipeline, batch 32"),
        ("ours, PyTorch", "ONNX Runtime"),
        ("ours, TensorFlow", "KerasHub predict"),
    ):
        found = figures["ratios"][f"{rival} / {name}"]
        assert ratio(found["articles"]) in PAGE
        assert ratio(found["headlines"]) in PAGE
        assert found["largest_probability_difference"] < 1e-4, "contenders should be one model"
    assert f"{max(figures['ceiling_operations_per_second'].values()) / 1e9:.0f} GFLOP/s" in PAGE


def test_the_page_quotes_how_cost_grows():
    made = benchmark_report.read(RESULTS / "bbc-minilm" / "benchmark.json")
    figures = made["figures"]
    for name in ("PyTorch", "TensorFlow"):
        assert f"{ratio(figures['growth']['frameworks'][name])} in {name}" in PAGE
        memory = [f"{figures['memory'][name][point] / 1e6:,.0f}" for point in ("few", "many", "long")]
        assert all(size in PAGE for size in memory)
        step = figures["training"]["frameworks"][name]
        share = "{value:.0%} [{low:.0%}, {high:.0%}]".format(**step["share_of_ceiling"])
        assert f"{name} {ratio(step['seconds_per_step'])} s and {share} of the ceiling" in PAGE
    assert made["settings"]["memory_texts"] == 100_000
    page = (RESULTS / "bbc-minilm" / "benchmark.md").read_text(encoding="utf-8")
    assert made["id"] in page


def test_the_page_quotes_the_training_of_all_contenders():
    figures = read(RESULTS / "bbc-minilm" / "train.json")["figures"]
    assert not figures["extrapolated"]
    for name, found in figures["contenders"].items():
        cells = [interval(found["seconds"], 0), f"{found['tokens_per_second']:,.0f}"]
        cells += [f"{found['share_of_ceiling']:.0%}", f"{found['peak_memory_bytes'] / 1e6:,.0f}"]
        right = {end: 100 * value for end, value in figures["accuracy"]["of"][name].items() if end != "reason"}
        assert f"| {name} | {' | '.join([*cells, interval(right, 1)])} |" in PAGE
    for found in figures["ratios"].values():
        assert f"{ratio(found)} times" in PAGE
    for name, found in figures["accuracy"]["differences"].items():
        low, high = (f"{100 * found[end]:+.1f}" for end in ("low", "high"))
        assert f"{name.replace(' - ', ' − ')} {100 * found['value']:+.1f} [{low}, {high}] points" in PAGE


def test_the_page_quotes_the_decision():
    result = read(RESULTS / "bbc-minilm" / "decision.json")["result"]
    assert f"**{result['headline']}.** {result['sentence']}" in PAGE
    assert result["everywhere"] in PAGE


def test_the_page_quotes_the_start():
    made = read(RESULTS / "bbc-minilm" / "start.json")
    for name, row in (
        ("app: page", "the page is served"),
        ("app: first", "the first framework answers"),
        ("app: both", "both frameworks answer"),
    ):
        assert f"| {row} | {interval(made['seconds'][name], 1)} |" in PAGE
    for name in ("page", "both_to_loaded"):
        assert ratio(made["ratios"][name]) in PAGE


def test_the_page_quotes_the_load():
    parts = read(RESULTS / "bbc-minilm" / "load.json")["parts"]
    users, overload, fuzz, soak = (parts[name] for name in ("users", "overload", "fuzz", "soak"))
    grown = soak["last"]["megabytes"] - soak["first_settled"]["megabytes"]
    for quoted in (
        f"p95 {users['answered_ms']['p95']:,.0f} ms",
        f"{overload['share_of_peak']:.0%} of the peak of {overload['peak_per_second']:.1f}",
        f"p95 {overload['answered_ms']['p95']:,.0f} ms",
        f"{parts['together']['ratio']:.2f} times the answers of one at a time",
        f"{fuzz['requests']:,} requests, {fuzz['faults']} with status 500",
        f"memory {fuzz['grown_megabytes']:+.0f} MB",
        f"memory {grown:+.0f} MB from the fifth minute to the end",
        f"{soak['grown_megabytes']:+.0f} MB at its highest moment",
        f"handles {soak['grown_handles']:+.0f}",
        *(f"{parts['stop'][name]['lost']} lost" for name in ("launch", "uvicorn")),
        f"offline {' and '.join(f'{each:.1f}' for each in parts['start']['offline_seconds'])} s",
    ):
        assert quoted in PAGE


def test_the_page_quotes_the_sliders():
    figures = read(RESULTS / "bbc-minilm" / "decide.json")["figures"]
    changed, drawn = figures["changed_ms"], figures["drawn_ms"]
    assert f"| the recommendation has changed | {changed['p50']:.0f} | {changed['p95']:.0f} |" in PAGE
    assert f"| the change is drawn | {drawn['p50']:.0f} | {drawn['p95']:.0f} |" in PAGE
    assert f"| {drawn['count']} moves in Chromium" in PAGE


def test_the_readme_quotes_three_numbers_with_their_scope():
    report = read(RESULTS / "bbc-minilm" / "report.json")
    accuracy = report["seeds"]["metrics"]["accuracy"]
    low, high = (f"{100 * accuracy['difference'][end]:+.2f}" for end in ("low", "high"))
    assert f"{100 * accuracy['difference']['value']:+.2f} [{low}, {high}] points: **no difference shown**" in README
    assert float(low) < 0 < float(high)
    speed = read(RESULTS / "bbc-minilm" / "benchmark.json")
    latency = next(row for row in speed["figures"]["latency"] if row["tokens"] == 16)["ratio"]
    for found in (latency, speed["figures"]["cold_start"]["ratio"]):
        assert f"TensorFlow ÷ PyTorch {ratio(found)}: **PyTorch faster**" in README
        assert found["low"] > 1
    for fact in (
        speed["machine"]["processor"],
        *(speed["machine"]["versions"][name] for name in ("torch", "tensorflow")),
    ):
        assert fact in README
    assert f"{speed['corpus']['train']:,} articles to train, {report['corpus']['texts']} to test" in README
