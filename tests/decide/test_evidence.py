"""From reports to the matrix: what was planted comes out, with its interval, its source and its place."""

import copy
import json
import math

import pytest

from bakeoff.common.errors import ReportError
from bakeoff.common.json_report import identify
from decide import report
from decide.criteria.criteria import MEASURED
from decide.evidence import caveats, readers
from decide.evidence import reports as decision_evidence
from decide.evidence.comparison import untraced
from decide.evidence.provenance import DERIVATIONS, Place, cell
from tests.eval.report.test_report import build_planted
from tests.support import decided


def read(key, *contents):
    return readers.read(decided.evidence(*contents), key)


def values(found):
    return tuple(found.cells[name].estimate.value for name in decided.FRAMEWORKS)


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
    found = read(key, decided.benchmark(**planted))
    assert values(found) == pytest.approx((pytorch, tensorflow))
    assert found.compared.estimate.value == pytest.approx(ratio)
    low, high = found.compared.estimate.low, found.compared.estimate.high
    if found.basis == "paired":
        assert sorted((low, high)) == pytest.approx(sorted((ratio * 0.95, ratio * 1.05)), rel=0.01)
    elif found.basis == "exact":
        assert low == high == found.compared.estimate.value
    else:
        assert found.basis == "assumed"
        # 20 % of each, combined as squares, on the logarithm.
        reach = math.hypot(math.log(1.2), math.log(0.8))
        assert (low, high) == pytest.approx((ratio * math.exp(-reach), ratio * math.exp(reach)))


def test_an_evaluation_is_read_with_its_paired_differences():
    made = build_planted()
    found = read("accuracy", made)
    assert found.compared.places[0].path == "seeds/metrics/accuracy/difference"
    assert found.note == "3 and 3 trainings"
    seeds = made["seeds"]["metrics"]["accuracy"]
    assert values(found) == pytest.approx(tuple(100 * seeds[key]["value"] for key in ("pytorch", "tensorflow")))
    error = made["calibration"]["PyTorch"]["calibration"]
    gap = 100 * (error["error"]["value"] - error["if_calibrated"]["value"])
    assert values(read("calibration", made))[0] == pytest.approx(gap)
    assert "--no-robustness" in read("robustness", made)


def test_trainings_give_the_memory_and_without_a_benchmark_the_time():
    runs = [decided.training(name, seed) for name in decided.FRAMEWORKS for seed in (0, 1, 2)]
    found = read("training_memory", *runs)
    assert values(found) == (1001, 1001)
    # Student's t with 2 degrees of freedom: 4.303 / sqrt(3) standard deviations of 1.
    assert found.cells["PyTorch"].estimate.high == pytest.approx(1001 + 4.303 / math.sqrt(3), abs=1e-3)
    assert values(read("training_step", *runs)) == pytest.approx((2.02, 2.02))
    assert values(read("training_step", *runs, decided.benchmark())) == (2, 2)
    assert values(read("training_memory", *runs, decided.benchmark(steps_memory=1.5))) == (2000, 3000)


def test_formats_are_compared_where_both_were_tried_and_no_way_is_no_success():
    assert values(read("deployability", decided.deployability(pytorch_openvino="fails"))) == (75, 75)
    found = read("deployability", decided.deployability(pytorch_openvino="fails", tensorflow_onnx="not tried"))
    assert values(found) == pytest.approx((200 / 3, 200 / 3)), "ONNX is left out for both"
    assert found.note.startswith("3 formats; PyTorch: works: ONNX")
    assert "not tried: ONNX" in found.note and "no way: TorchScript" in found.note
    few = decided.deployability(tensorflow_onnx="not tried", pytorch_savedmodel="not tried")
    assert read("deployability", few) == "only 2 formats were tried for both; 3 are needed"


def test_explanations_are_compared_article_by_article():
    made = decided.explanations(2.0)
    for key, kind in (("stability", 0.0), ("faithfulness", 0.0), ("explanation_time", 2.0)):
        found = read(key, made)
        assert (found.basis, found.compared.estimate.value) == ("paired", kind)
        assert None not in (found.compared.estimate.low, found.compared.estimate.high)


def test_explanations_of_a_single_article_settle_nothing_but_times():
    made = decided.explanations()
    made["figures"]["stock_ratio_of_seconds"] = decided.NO_INTERVAL
    ours = made["figures"]["ours"]
    ours["difference"] = dict.fromkeys(ours["difference"], decided.NO_INTERVAL)
    ours["models"] = dict.fromkeys(decided.FRAMEWORKS, dict.fromkeys(ours["difference"], decided.NO_INTERVAL))
    assert read("stability", made) == "the report gives no interval: not settled"
    assert read("explanation_time", made).basis == "independent"


def test_what_is_missing_says_why():
    assert read("latency", decided.code_size()) == "no report of `bakeoff speed` was given"
    assert "no energy counters" in read("energy", decided.benchmark())
    assert "out of reach" in read("hub_models", decided.adoption())
    assert "Google Trends" in read("search_interest", decided.adoption())
    trends = {"mean_of_last_year": {"PyTorch": 60.0, "TensorFlow": 30.0}}
    assert values(read("search_interest", decided.adoption(trends=trends))) == (60, 30)
    none = decided.benchmark()
    none["figures"]["training"] = None
    assert read("training_step", decided.identified(none)) == "the benchmark has no section training"


def test_every_criterion_has_a_reader_and_every_way_is_used():
    assert list(readers.READERS) == [criterion.key for criterion in MEASURED]
    made = decided.decision(build_planted(), *decided.everything())
    used = {
        row["measured"][name]["how"]
        for row in made["criteria"]
        if row["measured"] is not None
        for name in (*decided.FRAMEWORKS, "compared")
    }
    assert used - {"from both"} == set(DERIVATIONS) - {
        "mean",
        "mean of runs",
    }  # of robustness; where there is no benchmark


def test_a_cell_is_made_from_its_places():
    contents = {"r": {"a": [decided.estimate(2.0), decided.estimate(4.0)]}}
    found = cell(contents, [Place("r", "a/0"), Place("r", "a/1")], "mean", 10).estimate
    assert (found.value, found.low) == pytest.approx((30, 28.5))
    inverse = cell(contents, [Place("r", "a/0")], "one over it", 1000).estimate
    assert (inverse.low, inverse.value) == pytest.approx((1000 / 2.1, 500))
    with pytest.raises(ReportError, match="nothing at a/2"):
        cell(contents, [Place("r", "a/2")])


def test_a_number_without_a_source_is_found():
    reports = decided.everything(short=2)
    made = decided.decision(*reports)
    contents = {each.id: each.content for each in decided.evidence(*reports).sources}
    assert untraced(made, contents) == []

    def faults(change):
        changed = copy.deepcopy(made)
        change(next(row for row in changed["criteria"] if row["key"] == "latency")["measured"])
        return untraced(changed, contents)

    assert faults(lambda row: row["PyTorch"].update(value=21.0)) == [
        "short-text latency, PyTorch: the reports say something else"
    ]
    assert faults(lambda row: row["compared"].update(value=2.1)) == [
        "short-text latency, compared: the reports say something else"
    ]
    memory = next(row for row in made["criteria"] if row["key"] == "serving_memory")["measured"]["compared"]
    assert memory["basis"] == "assumed"
    memory["high"] *= 1.01
    assert untraced(made, contents) == ["serving memory, compared: the reports say something else"]
    memory["high"] /= 1.01
    assert "no source is given" in faults(lambda row: row["TensorFlow"].update({"from": []}))[0]
    assert "is not among the sources" in faults(lambda row: row["compared"]["from"][0].update(source="0" * 16))[0]
    assert "nothing at" in faults(lambda row: row["PyTorch"]["from"][0].update(path="figures/latency/9"))[0]


def test_a_decision_with_a_number_without_a_source_is_refused():
    made = decided.decision()
    row = next(row for row in made["criteria"] if row["key"] == "latency")
    for broken in ([], [{"source": "unknown", "path": "x"}]):
        row["measured"]["PyTorch"]["from"] = broken
        with pytest.raises(ReportError, match="no decision of|without a source"):
            report.check(made | {"id": identify(made)}, "it")


def test_reports_are_found_in_folders_and_told_apart(tmp_path):
    reports = [build_planted(), *decided.everything()]
    folder = decided.write(tmp_path / "reports", *reports, {"kind": "something else"}, ["no object"])
    found = decision_evidence.gather([folder])
    kinds = [each.kind for each in found.sources]
    assert kinds == sorted(kinds, key=decision_evidence.KINDS.index)
    assert set(kinds) == set(decision_evidence.KINDS)
    assert kinds.count("training") == 4
    again = decision_evidence.gather([folder, folder / "0.json"])
    assert again.sources == found.sources, "a report that is named twice counts once"


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
def test_what_is_no_evidence_gets_a_sentence(tmp_path, contents, named, sentence):
    folder = decided.write(tmp_path / "reports", *contents)
    with pytest.raises(ReportError, match=sentence):
        decision_evidence.gather([folder / named])


def test_a_file_that_is_no_json_gets_a_sentence(tmp_path):
    (tmp_path / "x.json").write_text('{"a": NaN}', encoding="utf-8")
    for path in (tmp_path / "x.json", tmp_path / "absent.json"):
        with pytest.raises(ReportError, match="can't be read as JSON"):
            decision_evidence.gather([path])


def remarks(*contents):
    """On all of them, each of which gave a number."""
    evidence = decided.evidence(*contents)
    return caveats.remarks(evidence, {source.id for source in evidence.sources})


def test_reports_of_other_models_and_corpora_are_named():
    other = decided.deployability()
    other["models"] = {"PyTorch": "a" * 16, "TensorFlow": "x" * 64}  # the first is the same digest, cut off
    told = ["deployability.json is about another TensorFlow model than the evaluation."]
    assert remarks(decided.benchmark(), other) == told
    unnamed = {key: value for key, value in decided.explanations().items() if key != "models"}
    told = ["These reports don't say which models they are of: explanations.json."]
    assert remarks(decided.benchmark(), unnamed) == told
    elsewhere = decided.training("PyTorch")
    elsewhere["corpus"]["digest"] = "d" * 64
    assert "another corpus" in remarks(decided.benchmark(), elsewhere)[0]


def test_reports_that_began_beside_other_work_are_counted():
    busy = decided.benchmark()
    told = "Other work ran on the machine when 1 of 1 reports of `bakeoff speed` began (load up to 1.5 on 2 "
    for load, said in ((1.0, []), (1.5, [told + "cores): their times may be too long."])):
        busy["machine"]["load_average_before"] = load
        assert remarks(busy) == said


def test_nothing_is_said_of_reports_that_gave_no_number():
    training = decided.training("PyTorch") | {"environment": {"load_average_before": 9.0, "cores": 2}}
    other = decided.training("TensorFlow")
    assert "Other work" in "".join(decided.decision(training, other)["remarks"])
    assert decided.decision(training, other, decided.benchmark())["remarks"] == []


def test_a_decision_is_stale_where_a_model_changed():
    made = decided.decision()
    assert caveats.stale(made, decided.DIGESTS) == ""
    stale = caveats.stale(made, decided.DIGESTS | {"TensorFlow": "e" * 64})
    assert "TensorFlow was bbbbbbbbbbbb, is eeeeeeeeeeee" in stale
    assert "PyTorch" not in stale


def test_a_decision_is_json_that_comes_back(tmp_path):
    made = decided.decision()
    report.write(tmp_path / "decision.json", made)
    assert report.read(tmp_path / "decision.json") == made
    changed = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))
    changed["result"]["headline"] = "TensorFlow"
    (tmp_path / "decision.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(ReportError, match="was changed"):
        report.read(tmp_path / "decision.json")
