"""Tests of the evidence: planted numbers reach the matrix with their interval, source and place."""

import copy
import json
import math

import pytest

from bakeoff.common.errors import ReportError
from bakeoff.common.json_report import identify
from decide import report
from decide.criteria.criteria import BY_KEY, MEASURED
from decide.criteria.presets import PRESETS
from decide.criteria.weighting import Weighting
from decide.evidence import caveats, readers
from decide.evidence import reports as decision_evidence
from decide.evidence.comparison import NotMeasured
from decide.evidence.provenance import DERIVATIONS, Place, cell
from decide.evidence.tracing import untraced
from tests.eval.report.test_report import build_planted
from tests.support import decided


def read(key, *contents):
    return readers.measure(decided.evidence(*contents), BY_KEY[key])


def reason(key, *contents):
    """Return why a criterion was not measured."""
    result = read(key, *contents)
    assert isinstance(result, NotMeasured)
    return result.reason


def values(result):
    return tuple(result.cells[name].estimate.value for name in decided.FRAMEWORKS)


@pytest.mark.parametrize(
    ("key", "planted", "pytorch", "tensorflow", "ratio"),
    [
        ("training_step", {"step": 1.5}, 2, 3, 1.5),
        ("training_start", {"start": 5}, 2, 10, 5),
        ("cold_start", {"cold": 2}, 8, 16, 2),
        ("latency", {"short": 2}, 20, 40, 2),
        ("latency_long", {"long": 0.5}, 100, 50, 0.5),
        ("throughput", {"batch": 2}, 30, 15, 0.5),
        ("serving_memory", {"memory": 3}, 1000, 3000, 3),
        ("model_size", {"files": 2}, 90, 180, 2),
        ("install_size", {"packages": 2}, 900, 1700, 1700 / 900),
    ],
)
def test_a_benchmark_is_read_in_the_criterion_s_unit(key, planted, pytorch, tensorflow, ratio):
    result = read(key, decided.benchmark(**planted))
    assert values(result) == pytest.approx((pytorch, tensorflow))
    assert result.compared.estimate.value == pytest.approx(ratio)
    low, high = result.compared.estimate.low, result.compared.estimate.high
    if result.basis == "paired":
        assert sorted((low, high)) == pytest.approx(sorted((ratio * 0.95, ratio * 1.05)), rel=0.01)
    elif result.basis == "exact":
        assert low == high == result.compared.estimate.value
    else:
        assert result.basis == "assumed"
        # The spread is 20 % of each value, combined as squares on the logarithmic axis.
        reach = math.hypot(math.log(1.2), math.log(0.8))
        assert (low, high) == pytest.approx((ratio * math.exp(-reach), ratio * math.exp(reach)))
        assert result.unsettled == "it was measured once, and the spread of repeated measurements is assumed"


def test_an_evaluation_is_read_with_its_paired_differences():
    evaluation = build_planted()
    result = read("accuracy", evaluation)
    assert result.compared.places[0].path == "seeds/metrics/accuracy/difference"
    assert result.note == "3 and 3 trainings"
    seeds = evaluation["seeds"]["metrics"]["accuracy"]
    assert values(result) == pytest.approx(tuple(100 * seeds[key]["value"] for key in ("pytorch", "tensorflow")))
    error = evaluation["calibration"]["PyTorch"]["calibration"]
    gap = 100 * (error["error"]["value"] - error["if_calibrated"]["value"])
    assert values(read("calibration", evaluation))[0] == pytest.approx(gap)
    assert "--no-robustness" in reason("robustness", evaluation)


def test_trainings_give_the_memory_and_without_a_benchmark_the_time():
    runs = [decided.training(name, seed) for name in decided.FRAMEWORKS for seed in (0, 1, 2)]
    result = read("training_memory", *runs)
    assert values(result) == (1001, 1001)
    # Student's t with 2 degrees of freedom: 4.303 / sqrt(3) standard deviations of 1.
    assert result.cells["PyTorch"].estimate.high == pytest.approx(1001 + 4.303 / math.sqrt(3), abs=1e-3)
    assert values(read("training_step", *runs)) == pytest.approx((2.02, 2.02))
    assert values(read("training_step", *runs, decided.benchmark())) == (2, 2)
    assert values(read("training_memory", *runs, decided.benchmark(steps_memory=1.5))) == (2000, 3000)


def test_formats_that_neither_framework_owns_are_compared_and_no_way_counts_as_failure():
    result = read("deployability", decided.deployability(pytorch_openvino="fails", tensorflow_litert="no way"))
    assert values(result) == pytest.approx((200 / 3, 200 / 3))
    assert result.note == "PyTorch: ONNX, LiteRT; TensorFlow: ONNX, OpenVINO"
    own = decided.deployability(pytorch_torchscript="fails", tensorflow_savedmodel="fails")
    assert values(read("deployability", own)) == (100, 100), "own formats have no weight"
    few = decided.deployability(tensorflow_onnx="not tried")
    assert reason("deployability", few) == "of ONNX, LiteRT, OpenVINO, not all were tried for both frameworks"
    every = readers.every_format(decided.evidence(decided.deployability()))
    assert every["measured"]["TensorFlow"]["value"] == 80, "one of five formats has no way there"


def test_times_under_load_settle_nothing_and_sizes_do():
    busy = decided.benchmark(short=2, files=2)
    busy["machine"]["load_average_before"] = 1.5
    unsettled = "other work ran on the machine when the measurement began (load 1.5 on 2 cores)"
    assert read("latency", decided.identified(busy)).unsettled == unsettled
    assert read("model_size", decided.identified(busy)).unsettled == ""
    assert read("latency", decided.benchmark(short=2)).unsettled == ""


def test_packages_are_compared_within_one_variant_and_the_others_are_alternatives():
    sizes = decided.footprint(plain_pip=(4925, 2309), CPU_only_wheels=(902, 1499), runtime_only=(169, 169))
    evidence = decided.evidence(decided.benchmark(), sizes)
    expected = {"plain pip": (4925, 2309), "CPU-only wheels": (902, 1499), "runtime only": (169, 169)}
    assert readers.variants(evidence) == list(expected)
    for variant, numbers in expected.items():
        result = readers.measure(evidence, BY_KEY["install_size"], variant)
        assert values(result) == pytest.approx(numbers)
        assert result.note.startswith(variant) and not result.unsettled
    made = report.build(evidence, Weighting("x", "", {"install_size": 1.0}), "x")
    assert made["result"]["headline"] == "TensorFlow"
    turns = made["result"]["multiverse"]["turns"]
    assert {"choices": {"packages": "CPU-only wheels"}, "recommended": "PyTorch"} in turns
    assert {"choices": {"packages": "runtime only"}, "recommended": "neither"} in turns


def test_an_unknown_size_has_a_reason_and_mixed_builds_settle_nothing():
    sizes = decided.footprint(plain_pip=(4925, None))
    result = readers.measure(decided.evidence(sizes), BY_KEY["install_size"], "plain pip")
    assert result.reason == "TensorFlow, plain pip: no network"
    assert readers.variants(decided.evidence(sizes)) == []
    assert "which builds" in read("install_size", decided.benchmark()).unsettled


def test_the_code_to_write_is_that_of_the_basis():
    benchmark = decided.benchmark()
    assert values(read("code_size", benchmark, decided.code_size())) == (200, 300)
    counts = {
        name: {"statements": n, "files": {"a.py": n}} for name, n in zip(decided.FRAMEWORKS, (22, 34), strict=True)
    }
    result = read("code_size", decided.identified(benchmark | {"statements": counts}), decided.code_size())
    assert values(result) == (22, 34)
    assert result.note.startswith("on the basis “documented”")


def test_explanations_are_compared_article_by_article():
    explanations = decided.explanations(2.0)
    for key, kind in (("stability", 0.0), ("faithfulness", 0.0), ("explanation_time", 2.0)):
        result = read(key, explanations)
        assert (result.basis, result.compared.estimate.value) == ("paired", kind)
        assert None not in (result.compared.estimate.low, result.compared.estimate.high)


def test_explanations_of_a_single_article_settle_only_times():
    explanations = decided.explanations()
    explanations["figures"]["stock_ratio_of_seconds"] = decided.NO_INTERVAL
    ours = explanations["figures"]["ours"]
    ours["difference"] = dict.fromkeys(ours["difference"], decided.NO_INTERVAL)
    ours["models"] = dict.fromkeys(decided.FRAMEWORKS, dict.fromkeys(ours["difference"], decided.NO_INTERVAL))
    assert reason("stability", explanations) == "the report gives no interval: not settled"
    assert read("explanation_time", explanations).basis == "independent"


def test_a_missing_number_has_a_reason():
    assert reason("latency", decided.code_size()) == "no report of `bakeoff speed` was given"
    assert "no energy counters" in reason("energy", decided.benchmark())
    assert "out of reach" in reason("hub_models", decided.adoption())
    assert "Google Trends" in reason("search_interest", decided.adoption())
    trends = {"mean_of_last_year": {"PyTorch": 60.0, "TensorFlow": 30.0}}
    assert values(read("search_interest", decided.adoption(trends=trends))) == (60, 30)
    none = decided.benchmark()
    none["figures"]["training"] = None
    assert reason("training_step", decided.identified(none)) == "the benchmark has no section training"


def test_every_criterion_has_a_reader_and_every_derivation_is_used():
    assert list(readers.READERS) == [criterion.key for criterion in MEASURED]
    decision = decided.decision(build_planted(), *decided.everything())
    used = {
        row["measured"][name]["how"]
        for row in decision["criteria"]
        if row["measured"] is not None
        for name in (*decided.FRAMEWORKS, "compared")
    }
    assert used - {"from both"} == set(DERIVATIONS) - {
        "mean",
        "mean of runs",
        "sum of the parts",
    }  # used for robustness, for trainings without a benchmark, and for packages without a footprint


def test_a_cell_is_derived_from_its_places():
    contents = {"r": {"a": [decided.estimate(2.0), decided.estimate(4.0)]}}
    result = cell(contents, [Place("r", "a/0"), Place("r", "a/1")], "mean", 10).estimate
    assert (result.value, result.low) == pytest.approx((30, 28.5))
    inverse = cell(contents, [Place("r", "a/0")], "one over it", 1000).estimate
    assert (inverse.low, inverse.value) == pytest.approx((1000 / 2.1, 500))
    with pytest.raises(ReportError, match="nothing at a/2"):
        cell(contents, [Place("r", "a/2")])


def test_a_number_that_does_not_follow_from_its_source_is_reported():
    reports = decided.everything(short=2)
    decision = decided.decision(*reports)
    contents = {source.id: source.content for source in decided.evidence(*reports).sources}
    assert untraced(decision, contents) == []

    def faults(change):
        changed = copy.deepcopy(decision)
        change(next(row for row in changed["criteria"] if row["key"] == "latency")["measured"])
        return untraced(changed, contents)

    assert faults(lambda row: row["PyTorch"].update(value=21.0)) == [
        "short-text latency, PyTorch: the reports say something else"
    ]
    assert faults(lambda row: row["compared"].update(value=2.1)) == [
        "short-text latency, compared: the reports say something else"
    ]
    memory = next(row for row in decision["criteria"] if row["key"] == "serving_memory")["measured"]["compared"]
    assert memory["basis"] == "assumed"
    memory["high"] *= 1.01
    assert untraced(decision, contents) == ["serving memory, compared: the reports say something else"]
    memory["high"] /= 1.01
    assert "no source is given" in faults(lambda row: row["TensorFlow"].update({"from": []}))[0]
    assert "is not among the sources" in faults(lambda row: row["compared"]["from"][0].update(source="0" * 16))[0]
    assert "nothing at" in faults(lambda row: row["PyTorch"]["from"][0].update(path="figures/latency/9"))[0]


def test_a_decision_with_a_number_without_a_source_is_refused():
    decision = decided.decision()
    row = next(row for row in decision["criteria"] if row["key"] == "latency")
    for broken in ([], [{"source": "unknown", "path": "x"}]):
        row["measured"]["PyTorch"]["from"] = broken
        with pytest.raises(ReportError, match="no decision of|without a source"):
            report.check(decision | {"id": identify(decision)}, "it")


def test_reports_are_found_in_folders_and_told_apart(tmp_path):
    reports = [build_planted(), *decided.everything()]
    folder = decided.write(tmp_path / "reports", *reports, {"kind": "something else"}, ["no object"])
    result = decision_evidence.gather([folder])
    kinds = [source.kind for source in result.sources]
    assert kinds == sorted(kinds, key=decision_evidence.KINDS.index)
    assert set(kinds) == set(decision_evidence.KINDS)
    assert kinds.count("training") == 4
    again = decision_evidence.gather([folder, folder / "0.json"])
    assert again.sources == result.sources, "a report that is named twice should count once"


@pytest.mark.parametrize(
    ("contents", "named", "sentence"),
    [
        ([{"kind": "something else"}], "0.json", "holds no evidence"),
        ([{"kind": "something else"}], "", "no evidence was found"),
        ([decided.benchmark(), decided.benchmark(cold=2)], "", "2 reports of `bakeoff speed`"),
        ([decided.benchmark() | {"id": "0" * 16}], "", "was changed after it was written"),
        ([decided.code_size() | {"id": "0" * 16}], "", "was changed after it was written"),
        ([decided.identified(decided.benchmark() | {"figures": {}})], "", "is not a report of `bakeoff speed`"),
    ],
)
def test_invalid_evidence_gets_a_sentence(tmp_path, contents, named, sentence):
    folder = decided.write(tmp_path / "reports", *contents)
    with pytest.raises(ReportError, match=sentence):
        decision_evidence.gather([folder / named])


def test_a_file_that_is_not_json_gets_a_sentence(tmp_path):
    (tmp_path / "x.json").write_text('{"a": NaN}', encoding="utf-8")
    for path in (tmp_path / "x.json", tmp_path / "absent.json"):
        with pytest.raises(ReportError, match="can't be read as JSON"):
            decision_evidence.gather([path])


def remarks(*contents):
    """Return the remarks on all reports, as if a number was taken from each."""
    evidence = decided.evidence(*contents)
    return caveats.remarks(evidence, {source.id for source in evidence.sources})


def test_reports_of_other_models_and_corpora_are_named():
    other = decided.deployability()
    other["models"] = {"PyTorch": "a" * 16, "TensorFlow": "x" * 64}  # the first is the same digest, cut off
    expected = ["deployability.json is about another TensorFlow model than the evaluation."]
    assert remarks(decided.benchmark(), other) == expected
    unnamed = {key: value for key, value in decided.explanations().items() if key != "models"}
    expected = ["These reports don't say which models they are of: explanations.json."]
    assert remarks(decided.benchmark(), unnamed) == expected
    elsewhere = decided.training("PyTorch")
    elsewhere["corpus"]["digest"] = "d" * 64
    assert "another corpus" in remarks(decided.benchmark(), elsewhere)[0]


def test_reports_that_began_beside_other_work_are_counted():
    busy = decided.benchmark()
    sentence = "Other work ran on the machine when 1 of 1 reports of `bakeoff speed` began (load up to 1.5 on 2 "
    for load, expected in (
        (1.0, []),
        (1.5, [sentence + "cores): their times may be too long and count as not settled."]),
    ):
        busy["machine"]["load_average_before"] = load
        assert remarks(busy) == expected


def test_reports_without_a_number_get_no_remark():
    training = decided.training("PyTorch") | {"environment": {"load_average_before": 9.0, "cores": 2}}
    other = decided.training("TensorFlow")
    assert "Other work" in "".join(decided.decision(training, other)["remarks"])
    assert decided.decision(training, other, decided.benchmark())["remarks"] == []


def test_a_decision_about_other_models_says_so_without_alarm():
    decision = decided.decision()
    assert caveats.other_models(decision, decided.DIGESTS) == ""
    sentence = caveats.other_models(decision, decided.DIGESTS | {"TensorFlow": "e" * 64})
    assert "TensorFlow bbbbbbbbbbbb there, eeeeeeeeeeee here" in sentence
    assert "PyTorch" not in sentence


def test_a_row_is_stale_where_its_code_has_changed_since():
    fresh = decided.explanations()
    changed = decided.explanations()
    changed["code"] = changed["code"] | {"classifiers": "0" * 16}
    for report_, expected in ((fresh, []), (changed, ["classifiers"])):
        decision = decided.decision(decided.identified(report_))
        row = next(row for row in decision["criteria"] if row["key"] == "stability")
        assert row["stale"] == expected
        assert decision["sources"][0]["changed_code"] == expected
        weighted = report.Opened.of(decision).result(Weighting("x", "", {"stability": 1.0}))
        assert ("Stale: > 99.9 % of the weight" in weighted["sentence"]) == bool(expected)


def test_benchmarks_of_two_bases_are_never_mixed():
    tuned, documented = decided.benchmark(short=2), decided.benchmark(short=3)
    tuned["settings"]["basis"] = "tuned"
    evidence = decided.evidence(decided.identified(tuned), documented)
    assert evidence.bases() == ["documented", "tuned"]
    for basis, ratio in (("", 3), ("documented", 3), ("tuned", 2)):
        decision = report.build(evidence, PRESETS["api"], "x", report.Choice(basis=basis))
        row = next(row for row in decision["criteria"] if row["key"] == "latency")
        assert row["measured"]["compared"]["value"] == ratio
        assert (row["basis"], decision["basis"]) == (basis or "documented",) * 2
    assert any("the basis “tuned”; the registered one is “documented”" in line for line in decision["remarks"])
    alternative = next(row for row in decision["alternatives"] if row["choice"] == "basis")
    assert alternative["name"] == "documented"
    assert {row["key"] for row in alternative["rows"]} >= {"latency"}


def test_a_decision_is_json_that_comes_back(tmp_path):
    decision = decided.decision()
    report.write(tmp_path / "decision.json", decision)
    assert report.read(tmp_path / "decision.json") == decision
    changed = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))
    changed["result"]["headline"] = "TensorFlow"
    (tmp_path / "decision.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(ReportError, match="was changed"):
        report.read(tmp_path / "decision.json")
