"""Tests of the claims: each answer follows from evidence that was planted for it."""

import itertools

import pytest

from decide import claims, trainer_diff
from tests.eval.report.test_report import build_planted
from tests.support import decided

CODE = trainer_diff.side_by_side()


def answers(*contents):
    return {claim["key"]: claim for claim in claims.check(decided.evidence(*contents), CODE)}


@pytest.mark.parametrize(
    ("planted", "key", "answer", "because"),
    [
        ({"files": 0.8}, "smaller_files", "confirmed", "TensorFlow is ahead (TensorFlow's is 0.80 times PyTorch's)"),
        ({"files": 1.2}, "smaller_files", "refuted", "PyTorch is ahead"),
        ({"files": 1.005}, "smaller_files", "no difference", "no difference worth acting on"),
        ({"step": 0.8}, "trains_faster", "confirmed", "times PyTorch's, spread assumed)"),
        ({"step": 1.02}, "trains_faster", "no difference", "no difference worth acting on"),
        (
            {"step": 1.05},
            "trains_faster",
            "not settled: between 1.00 and 1.10 times PyTorch's",
            "ahead beyond the noise",
        ),
        ({"step": 1.3}, "trains_faster", "refuted", "PyTorch is ahead"),
        (
            {"step": 0.8, "start": 5},
            "trains_faster",
            "confirmed",
            "In the first step neither is ahead beyond the noise",
        ),
        (
            {"short": 0.7, "long": 0.8, "batch": 0.7},
            "predicts_faster",
            "confirmed",
            "TensorFlow is ahead for one text of 16",
        ),
        ({"short": 1.5}, "predicts_faster", "refuted", "PyTorch is ahead for one text of 16 tokens. There"),
        ({}, "predicts_faster", "no difference", "There is no difference worth acting on for one text of 16"),
        (
            {"short": 2, "batch": 0.8},
            "predicts_faster",
            "depends on how many texts there are and how long they are",
            "TensorFlow is ahead for 64 texts of 128 tokens, in a batch.",
        ),
        ({"step": 0.8, "files": 0.8}, "longer_larger", "confirmed", "TensorFlow is ahead"),
        ({"step": 1.3, "files": 1.2}, "longer_larger", "refuted", "PyTorch is ahead"),
        ({}, "longer_larger", "no difference", "no difference worth acting on"),
        ({"files": 1.2}, "longer_larger", "depends on which half is meant", "in files PyTorch is ahead"),
    ],
)
def test_speed_and_size(planted, key, answer, because):
    claim = answers(decided.benchmark(**planted))[key]
    assert claim["answer"] == answer
    assert because in claim["because"]
    assert all(figure["measured"] for figure in claim["figures"])


def test_a_slower_first_step_is_made_up_after_some_steps():
    """PyTorch: 2 s, then 2 s a step; TensorFlow: 10 s, then 1.6 s: level after 20 steps."""
    benchmark = decided.benchmark(step=0.8)
    for name, seconds in zip(decided.FRAMEWORKS, (2.0, 10.0), strict=True):
        row = benchmark["figures"]["training"]["frameworks"][name]
        row["first_step_seconds"] = decided.estimate(seconds)  # from several fresh processes
    claim = answers(decided.identified(benchmark))["trains_faster"]
    assert claim["answer"] == "depends on how long the training is"
    assert "after about 20 steps" in claim["because"]


@pytest.mark.parametrize(("times", "answer"), [(1.1, "not settled"), (0.5, "confirmed"), (2.0, "refuted")])
def test_lime(times, answer):
    assert answers(decided.explanations(times))["lime"]["answer"] == answer


def test_lime_may_depend_on_the_question():
    mixed = decided.explanations(2.0)
    mixed["figures"]["ours"]["difference"]["mean_drop_read"] |= {"value": 3.0, "low": 2.0, "high": 4.0}
    mixed["figures"]["ours"]["difference"]["overlap_of_two_seeds"] = decided.NO_INTERVAL
    mixed["figures"]["ours"]["models"] = dict.fromkeys(
        decided.FRAMEWORKS, {"mean_drop_read": decided.estimate(4.0), "overlap_of_two_seeds": decided.NO_INTERVAL}
    )
    answer = answers(mixed)["lime"]
    assert answer["answer"] == "depends on what is asked of an explanation"
    assert "Stability of explanations: the report gives no interval: not settled." in answer["because"]


def test_accuracy():
    evaluation = build_planted()
    claim = answers(evaluation)["similar_accuracy"]
    assert claim["answer"].startswith("not settled: between -")
    assert evaluation["seeds"]["explanation"] in claim["because"]
    evaluation["seeds"]["verdict"] = "equivalent within the margin"
    metrics = evaluation["seeds"]["metrics"]
    for low, answer in ((0.9, "confirmed"), (0.89, "similar, but not high")):
        for name, framework in itertools.product(("accuracy", "macro_f1"), ("pytorch", "tensorflow")):
            metrics[name][framework] |= {"value": 0.95, "low": 0.91, "high": 0.99}
        metrics["macro_f1"]["tensorflow"]["low"] = low
        assert answers(evaluation)["similar_accuracy"]["answer"] == answer
    evaluation["seeds"]["verdict"] = "PyTorch better"
    evaluation["seeds"]["metrics"]["accuracy"]["difference"] |= {"low": -0.2, "high": -0.1, "value": -0.15}
    assert answers(evaluation)["similar_accuracy"]["answer"] == "refuted"


def test_claims_without_measurements_are_not_answered():
    by_key = answers(decided.code_size())
    for key in ("smaller_files", "trains_faster", "predicts_faster", "lime", "longer_larger", "similar_accuracy"):
        assert by_key[key]["answer"] == "not measured"
        assert by_key[key]["because"]


def test_skills_are_judged_by_the_two_trainers():
    answer = answers(decided.code_size(200, 300))["skills"]
    assert answer["figures"][0]["measured"]["compared"]["value"] == pytest.approx(1.5)
    assert f"{1 - CODE['same_lines']:.0%} of their lines are other ones" in answer["because"]
    functions = {function["name"]: function["same_lines"] for function in CODE["functions"]}
    assert {"build_model", "build_optimizer", "fit", "logits", "save"} <= set(functions)
    assert functions["planned_batches"] is None, "only TensorFlow's has it"


def test_two_files_side_by_side(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    return 1\n\n\ndef g():\n    pass\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("def f():\n    return 2\n", encoding="utf-8")
    comparison = trainer_diff.side_by_side({"PyTorch": "a.py", "TensorFlow": "b.py"}, tmp_path)
    assert comparison["functions"] == [{"name": "f", "same_lines": 0.5}, {"name": "g", "same_lines": None}]
    assert comparison["same_lines"] == pytest.approx(2 / 6)
    assert [row["left"] for row in comparison["rows"] if row["left"] is not None] == (
        (tmp_path / "a.py").read_text(encoding="utf-8").splitlines()
    )
    assert [row["right"] for row in comparison["rows"] if row["same"]] == ["def f():"]
