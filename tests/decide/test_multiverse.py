"""Test the defensible definitions: every planted turn is found and named on the first page."""

import pytest

from decide import answers, report
from decide.criteria.weighting import Weighting
from decide.evidence.reports import Evidence
from decide.pages import view
from tests.support import decided

LATENCY = Weighting("planted", "", {"latency": 1.0})
FORMATS = Weighting("planted", "", {"deployability": 1.0})


def decision(weighting: Weighting, evidence: Evidence, **choice):
    return report.build(evidence, weighting, "x", report.Choice(**choice))


def two_bases(documented: float, tuned: float) -> Evidence:
    """Return benchmarks of two bases with these ratios TensorFlow ÷ PyTorch of a short text's latency."""
    other = decided.benchmark(short=tuned)
    other["settings"]["basis"] = "tuned"
    return decided.evidence(decided.benchmark(short=documented), decided.identified(other))


def test_another_basis_that_turns_the_headline_is_named_on_the_first_page():
    made = decision(LATENCY, two_bases(documented=3, tuned=1 / 3))
    assert made["result"]["headline"] == "PyTorch"
    turns = made["result"]["multiverse"]["turns"]
    assert {"choices": {"basis": "tuned"}, "recommended": "TensorFlow"} in turns
    first_page = view.render(made).split("<h2>Why</h2>")[0]
    assert "basis “tuned” (then TensorFlow)" in first_page
    swapped = decision(LATENCY, two_bases(documented=3, tuned=1 / 3), basis="tuned")
    assert swapped["result"]["headline"] == "TensorFlow"
    assert {"choices": {"basis": "documented"}, "recommended": "PyTorch"} in swapped["result"]["multiverse"]["turns"]


def test_a_basis_that_agrees_turns_nothing():
    made = decision(LATENCY, two_bases(documented=3, tuned=3.5))
    assert all("basis" not in turn["choices"] for turn in made["result"]["multiverse"]["turns"])
    assert made["result"]["multiverse"]["recommended"]["TensorFlow"] == 0


def test_another_list_of_formats_that_turns_the_headline_is_named():
    made = decision(FORMATS, decided.evidence(decided.deployability()))
    assert made["result"]["headline"] == "No reason to choose", "both export to every format that neither owns"
    turns = made["result"]["multiverse"]["turns"]
    assert {"choices": {"formats": "every format tried"}, "recommended": "PyTorch"} in turns
    assert "formats “every format tried” (then PyTorch)" in view.render(made).split("<h2>Why</h2>")[0]


def test_two_choices_that_turn_it_only_together_are_named():
    """A factor of 1.3 leads by little: wider ranges shrink the lead, and the frameworks' own formats take the rest."""
    weights = Weighting("planted", "", {"latency": 1.0, "deployability": 0.2})
    formats = decided.deployability(pytorch_torchscript="fails", pytorch_savedmodel="fails")
    made = decision(weights, decided.evidence(decided.benchmark(short=1.3), formats))
    turns = made["result"]["multiverse"]["turns"]
    together = {"formats": "every format tried", "range": "2 times as wide"}
    assert [turn for turn in turns if set(turn["choices"]) & set(together)] == [
        {"choices": together, "recommended": "neither"}
    ]
    first_page = view.render(made).split("<h2>Why</h2>")[0]
    assert "formats “every format tried” together with range “2 times as wide” (then neither)" in first_page


def test_the_lead_ranges_over_scales_ranges_and_weights():
    made = decision(
        Weighting("planted", "", {"latency": 2.0, "model_size": 1.0}),
        decided.evidence(decided.benchmark(short=2, files=0.3)),
    )
    result = made["result"]
    low, high = result["multiverse"]["lead"]
    assert low < result["outcome"]["lead"] < high
    assert result["multiverse"]["universes"] == 2 * 3 * 2 * 21  # scales, ranges, sharing, weightings
    assert f"{low:+.1f} and {high:+.1f} points" in result["definitions"]
    assert sum(result["multiverse"]["recommended"].values()) == pytest.approx(1)


def test_an_exchange_rate_moves_the_score_by_one_point_of_accuracy():
    made = decided.decision()
    weights = {"accuracy": 0.5, "latency": 0.25, "stability": 0.25}
    rates = {rate["key"]: rate["worth"] for rate in answers.exchange_rates(made["criteria"], weights)}
    # A point of accuracy is 1/20 of its range, so 1/10 of the others', which have half the weight.
    assert rates == {"latency": "a factor of 1.58 in ms", "stability": "5 percentage points"}
    assert answers.exchange_rates(made["criteria"], {"latency": 1.0}) == []
