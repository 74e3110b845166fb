"""Test the gates: what must hold before any framework is recommended."""

import copy

import pytest

from decide import report
from decide.criteria.presets import PRESETS
from decide.evidence.gates import gates
from tests.eval.report.test_report import build_planted
from tests.support import decided


def with_floor(low: float) -> dict:
    """Return an evaluation whose PyTorch model beats the floor by at least this, at 95 %."""
    evaluation = copy.deepcopy(build_planted())
    difference = {"value": low + 0.02, "low": low, "high": low + 0.04, "reason": ""}
    above = {"value": 0.2, "low": 0.1, "high": 0.3, "reason": ""}
    evaluation["floor"] = {
        "name": "the majority class",
        "accuracy": {"value": 0.51, "low": 0.4, "high": 0.6, "reason": ""},
        "difference": {"PyTorch": difference, "TensorFlow": above},
    }
    return evaluation


@pytest.mark.parametrize(("low", "blocked"), [(-0.01, True), (0.0, True), (0.01, False)])
def test_a_model_that_does_not_beat_the_floor_blocks_the_recommendation(low, blocked):
    sentences = gates(decided.evidence(with_floor(low)))
    assert bool(sentences) == blocked
    if blocked:
        assert sentences[0].startswith("PyTorch does not beat the majority class by more than its 95 % interval")
        assert "neither framework is needed" in sentences[0]
        assert gates(decided.evidence(with_floor(low)), allow_mixed=True) == sentences, "no flag opens this gate"


def test_reports_of_other_models_corpora_or_machines_are_not_combined_unless_asked():
    other = decided.deployability()
    other["models"] = {"PyTorch": "a" * 64, "TensorFlow": "x" * 64}
    evidence = decided.evidence(decided.benchmark(short=3, cold=3), decided.identified(other))
    made = report.build(evidence, PRESETS["api"], "x")
    assert made["result"]["headline"] == "No recommendation"
    assert "--allow-mixed" in made["result"]["sentence"]
    allowed = report.build(evidence, PRESETS["api"], "x", report.Choice(allow_mixed=True))
    assert allowed["gates"] == []
    assert any("different models" in remark for remark in allowed["remarks"])
    corpus = decided.training("PyTorch")
    corpus["corpus"]["digest"] = "d" * 64
    assert "different corpora" in gates(decided.evidence(decided.benchmark(), corpus))[0]
    machine = decided.explanations() | {"machine": {"processor": "another", "cores": 8}}
    assert "different machines" in gates(decided.evidence(decided.benchmark(), machine))[0]
    assert gates(decided.evidence(*decided.everything())) == []
