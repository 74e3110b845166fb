"""Test figures, report, tables and plot on planted measurements."""

import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict

import numpy as np
import pytest
from rich.console import Console

from bakeoff.common.errors import ReportError
from bakeoff.corpus import corpus
from bakeoff.stats.estimate import Estimate
from eval.measure import machine
from eval.speed import plots, report, tables
from eval.speed.bases.basis import VARIANTS
from eval.speed.bases.variants import break_even
from eval.speed.figures import Ceiling, exponent, figures, rounds
from eval.speed.plan import QUICK, SECTIONS, Case, plan
from eval.speed.texts import Architecture

ARCHITECTURE = Architecture(layers=6, hidden=384, intermediate=1536, classes=5)
MAX_LENGTH = 128
CEILING = {"pytorch": 100e9, "tensorflow": 200e9}  # operations per second
SHARE = {"pytorch": 0.25, "tensorflow": 0.5}  # share of the higher ceiling: TensorFlow takes half as long
SLOWNESS = [1.0, 3.0, 1.0, 1.0, 1.0]  # slowness of the machine in each round


def compiled(framework: str, variant: str, slow: float) -> dict:
    """Return a variant that takes 10 s to prepare and half the plain model's time per call; an export fails."""
    if variant == "torch.export":
        return {"failed": "no graph"}
    load, seconds = (0.5, 0.02) if variant == "plain" else (9.5, 0.01)
    each = {"load": load, "first_call": 0.25, "seconds": [slow * seconds] * 3}
    return {"timings": [{"tokens": tokens, **each} for tokens in (16, 64)]}


def planted(visit) -> dict:
    """Return a measurement in which everything takes the time that CEILING and SHARE imply."""
    slow, name, case = SLOWNESS[visit.round], visit.framework, visit.case
    rate = SHARE[name] * CEILING["tensorflow"] / slow
    if case.section == "ceiling":
        return {"seconds": [slow * 2 * QUICK.product**3 / CEILING[name]] * 3}
    if case.section == "cold_start":
        return {"import": 3.0, "load": 1.0 if name == "pytorch" else 2.0, "first_call": 0.5}
    if case.section == "training":
        lengths = [[20, 30], [40, 50]]
        seconds = [3 * ARCHITECTURE.operations(each) / rate for each in lengths]
        return {"seconds": seconds, "lengths": lengths, "first_step": 9.0, "peak_bytes": 7}
    if case.section == "memory":
        return {"loaded": 1, "few": 2, "many": 3, "long": None, "seconds": 4.0}
    if case.section == "parity":
        same = {"compared_with": "tuned", "largest_difference": 2e-6, "limit": 1e-3, "texts_compared": 30, "texts": 31}
        return same | {"read_differently": ["a literal [SEP]"], "failed": []}
    if case.section == "variants":
        return {variant: compiled(name, variant, slow) for variant in VARIANTS[name]}
    if case.section == "facts":
        return {"version": "1", "device": "cpu", "threads": 2, "onednn": True}
    seconds = case.batch * ARCHITECTURE.operations([case.tokens]) / rate
    parts = {"tokenisation": [0.1 * seconds] * 4, "forward": [0.7 * seconds] * 4}
    return {"seconds": [seconds] * 4, **parts, "joules": 8.0 if name == "pytorch" else None}


@pytest.fixture(scope="module")
def measured():
    return {visit: planted(visit) for visit in plan(QUICK, SECTIONS, MAX_LENGTH)}


@pytest.fixture(scope="module")
def result(measured):
    return figures(measured, QUICK, ARCHITECTURE, MAX_LENGTH, [20, 30, 40, 50])


def test_ratios_and_shares_are_those_planted_though_a_round_was_slow(result):
    assert result["ceiling"]["fastest"] == "TensorFlow"
    assert result["ceiling"]["gigaflops"]["PyTorch"].value == pytest.approx(100)
    for row in (*result["latency"], *result["throughput"], result["training"]):
        assert row["ratio"].value == pytest.approx(0.5)
        assert row["ratio"].low == pytest.approx(0.5) == row["ratio"].high  # rounds are paired
        for framework, share in (("PyTorch", 0.25), ("TensorFlow", 0.5)):
            each = row["frameworks"][framework]["share_of_ceiling"]
            assert (each.value, each.low, each.high) == pytest.approx((share,) * 3)
    assert result["training"]["frameworks"]["PyTorch"]["gigaflops"].value == pytest.approx(50)


def test_training_steps_of_different_length_are_compared_step_by_step(measured):
    training = {visit: each for visit, each in measured.items() if visit.case.section == "training"}
    for visit, each in training.items():
        factor = 1 + 3 * visit.round + visit.turn  # longer steps at a lower rate, equal in both frameworks
        training[visit] = each | {"seconds": [factor * seconds for seconds in each["seconds"]]}
    ratio = figures(training, QUICK, ARCHITECTURE, MAX_LENGTH)["training"]["ratio"]
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((0.5,) * 3)


def test_a_call_s_figures_fit_each_other(result):
    assert {row["tokens"] for row in result["latency"]} == {16, 64, 128}
    assert {(row["batch"], row["tokens"]) for row in result["throughput"]} == {
        *((1, 64), (8, 64), (32, 64)),
        *((8, 16), (8, 128)),
    }
    for row in result["throughput"]:
        each = row["frameworks"]["PyTorch"]
        assert each["texts_per_second"].value == pytest.approx(row["batch"] / each["seconds"]["p50"])
        assert each["calls"] == 5 * 2 * 4
        stages = np.array(list(each["stages"].values())) / each["seconds"]["p50"]
        assert stages == pytest.approx([0.1, 0.7, 0.2])
        assert each["joules_per_text"] == pytest.approx(8.0 / 4 / row["batch"])
        assert row["frameworks"]["TensorFlow"]["joules_per_text"] is None


def test_an_epoch_s_time_is_that_of_its_operations(result):
    seconds = 3 * ARCHITECTURE.operations([20, 30, 40, 50]) / (SHARE["pytorch"] * CEILING["tensorflow"])
    assert result["training"]["frameworks"]["PyTorch"]["seconds_per_epoch"].value == pytest.approx(seconds)


def test_a_library_has_no_stages(measured):
    whole = {
        visit: {key: value for key, value in each.items() if key not in ("tokenisation", "forward")}
        for visit, each in measured.items()
    }
    found = figures(whole, QUICK, ARCHITECTURE, MAX_LENGTH)
    assert found["latency"][0]["frameworks"]["PyTorch"]["stages"] is None
    assert "Time of a call by stage" not in tables.markdown(build(found))


def test_the_latency_s_line_is_found_with_an_interval_over_rounds(measured):
    line = {"pytorch": (4, 0.03), "tensorflow": (11, 0.02)}  # fixed milliseconds, and milliseconds per token
    drawn = np.random.default_rng(0)
    latencies = {}
    for visit, each in measured.items():
        if visit.case.section == "latency":
            fixed, slope = line[visit.framework]
            seconds = (fixed + slope * visit.case.tokens + drawn.normal(0, 0.02)) / 1000
            latencies[visit] = each | {"seconds": [seconds] * 3, "tokenisation": [0] * 3, "forward": [0] * 3}
    found = figures(latencies, QUICK, ARCHITECTURE, MAX_LENGTH)["scale"]
    assert found["tokens"] == [16, 64, 128]
    for framework, (fixed, slope) in (("PyTorch", line["pytorch"]), ("TensorFlow", line["tensorflow"])):
        each = found["frameworks"][framework]
        assert each["fixed_milliseconds"].value == pytest.approx(fixed, abs=0.05)
        assert each["milliseconds_per_token"].value == pytest.approx(slope, abs=0.001)
        for estimate in (each["fixed_milliseconds"], each["milliseconds_per_token"]):
            assert estimate.low < estimate.value < estimate.high
        assert 0 < each["largest_residual_milliseconds"] < 0.1


def test_a_variant_pays_after_the_calls_that_make_up_its_preparation(result):
    xla = result["variants"]["TensorFlow"]["XLA"]
    assert xla["preparation_seconds"].value == pytest.approx(10)
    first, second = xla["latency"]
    assert (first["tokens"], second["tokens"]) == (16, 64)
    assert first["ratio_to_plain"].value == pytest.approx(0.5)
    assert first["break_even_calls"] == 900  # 9 s longer to prepare, 10 ms less per call
    assert result["variants"]["PyTorch"]["torch.export"]["failed"] == "no graph"
    assert result["variants"]["PyTorch"]["plain"]["latency"][0]["seconds"].value == pytest.approx(0.02)


@pytest.mark.parametrize(("extra", "gain", "calls"), [(9, 0.01, 900), (9, 0, None), (9, -1, None), (-1, 0.1, 0)])
def test_a_slower_call_never_makes_up_for_anything(extra, gain, calls):
    assert break_even(extra, gain) == calls


def test_cold_starts_are_summed_over_their_stages(result):
    assert result["cold_start"]["frameworks"]["TensorFlow"]["total"].value == 5.5
    assert result["cold_start"]["ratio"].value == pytest.approx(5.5 / 4.5)
    assert result["cold_start"]["ratio"].low is None  # QUICK has only one round of cold starts


def test_the_exponent_of_a_power_is_found():
    tokens = np.array([16, 32, 64, 128, 256])
    exact = exponent(tokens, 3e-5 * tokens**1.5)
    assert (exact.value, exact.low, exact.high) == pytest.approx((1.5,) * 3)
    noise = np.random.default_rng(0).normal(1, 0.05, len(tokens))
    rough = exponent(tokens, 3e-5 * tokens**1.5 * noise)
    assert rough.low < 1.5 < rough.high and rough.high - rough.low > 0.02


def test_growth_is_that_of_the_operations_where_the_rate_is_constant(result):
    for each in result["growth"]["frameworks"].values():
        assert each.value == pytest.approx(result["growth"]["operations"])
    assert 1.0 < result["growth"]["operations"] < 1.1


def test_a_round_that_was_cut_short_does_not_count(measured):
    case = Case("throughput", 8, 64)
    last = max(visit for visit in measured if visit.case == case)
    cut = {visit: each for visit, each in measured.items() if visit != last}
    assert sorted(rounds(cut, case)) == [0, 1, 2, 3]
    row = next(row for row in figures(cut, QUICK, ARCHITECTURE, MAX_LENGTH)["throughput"] if row["batch"] == 8)
    assert row["ratio"].low is None and "4 rounds are too few" in row["ratio"].reason


def test_without_a_ceiling_there_is_no_share():
    share = Ceiling({}, 64).share({0: {}}, np.ones((1, 2)))
    assert share.value is None and share.reason


def build(result) -> dict:
    model = {"revision": "local", "weights": "0" * 64, "recipe": {}}
    facts = {"version": "1", "cuda": None, "device": "cpu", "threads": 2, "onednn": True}
    return report.build(
        command="bakeoff speed",
        data=corpus.load(),
        models={"PyTorch": model, "TensorFlow": model},
        machine=machine.record(),
        settings=asdict(QUICK) | {"threads": 2, "quick": True},
        frameworks={"PyTorch": facts, "TensorFlow": None},
        statements=None,
        figures=result
        | {
            "model_bytes": {"PyTorch": 5_000_000, "TensorFlow": 6_000_000},
            "install_bytes": {"shared": {"numpy": 1}, "PyTorch": {"torch": 2}, "TensorFlow": {"tensorflow": 3}},
        },
    )


@pytest.fixture
def document(result):
    return build(result)


def test_a_report_is_read_back_and_a_changed_one_is_refused(document, tmp_path):
    path = tmp_path / "benchmark.json"
    report.write(path, document)
    assert report.read(path) == document
    document["figures"]["training"]["ratio"]["value"] = 0.4
    for changed in (json.dumps(document), json.dumps(document | {"figures": {}}), "[]", "{", "NaN"):
        path.write_text(changed)
        with pytest.raises(ReportError, match="make it"):
            report.read(path)
    with pytest.raises(ReportError, match="make it with"):
        report.read(tmp_path / "absent.json")


def test_the_tables_show_every_section(document):
    screen = Console(file=io.StringIO(), width=200)
    tables.show(screen, document)
    page = tables.markdown(document)
    for printed in (screen.file.getvalue(), page):
        for words in (
            "GFLOP/s",
            "Cold start",
            "A single text",
            "Batches",
            "Energy",
            "exponent",
            "An epoch over the corpus: PyTorch",
            "Training",
            "Memory",
            "Parity",
            "a literal [SEP]",
            "fixed, ms",
            "break-even",
            "900",
            "failed",
        ):
            assert words in printed
        assert "TensorFlow 2.00 × [2.00, 2.00]" in printed and "50 % [50, 50]" in printed and "unknown" in printed
        assert "Faster: too noisy to call: too few rounds." in printed
        assert " ".join(printed.split()).count("PyTorch: CPU-only wheels, TensorFlow: plain pip") == 3
    assert "PyTorch 1 (torch.version.cuda=None) on cpu" in page
    rows = [line.count("|") for line in page.splitlines() if line.startswith("|")]
    assert len(rows) > 40 and min(rows) > 2


def test_what_was_not_measured_has_no_table():
    empty = build(figures({}, QUICK, ARCHITECTURE, MAX_LENGTH))
    assert [table.title for table in tables.tables(empty)] == ["Disk usage, in MB"]
    with pytest.raises(ReportError, match="no throughputs"):
        plots.growth(empty)


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (Estimate(2.0, 1.5, 2.5), "PyTorch 2.00 × [1.50, 2.50]"),
        (Estimate(0.5, 0.4, 0.8), "TensorFlow 2.00 × [1.25, 2.50]"),
        (Estimate(1.1, 0.9, 1.3), "too noisy to call [0.90, 1.30]"),
        (Estimate(3.0, reason="few"), "too noisy to call: too few rounds"),
    ],
)
def test_the_verdict_names_the_faster_or_none(estimate, said):
    assert tables.verdict(estimate.to_json()) == said


def test_the_plot_is_an_svg_of_both_frameworks(document):
    drawn = plots.growth(document)
    ElementTree.fromstring(drawn)
    assert "PyTorch, seconds" in drawn and "TensorFlow, seconds" in drawn and drawn == plots.growth(document)
