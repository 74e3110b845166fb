"""Test `explain/faithfulness.py`, `agreement.py`, `difference.py` and `trust.py` on planted truth."""

import numpy as np
import pytest

from explain.agreement import agree, stability
from explain.difference import apart, compare
from explain.faithfulness import deletion_curve, faithfulness
from explain.lime_text.explanation import Settings
from explain.lime_text.fit import Surrogate
from explain.lime_text.rounds import explain
from explain.lime_text.trust import judge
from tests.explain.lime_text.test_rounds import FILLER, Planted, mixed
from tests.support.planted import Contrarian, WordCounter


def test_the_words_that_matter_go_first_and_the_answer_falls():
    model = Planted()
    (result,) = explain(mixed(), [model], "tech")
    measured = faithfulness(model, result, counts=(1, 2, 3, 500))
    assert measured.deletion.removed == (0, 1, 2, 3, len(result.parts))
    # Computed by hand: superb, good and fine add up to 7, poor and awful to -4.5.
    expected = [6 * np.tanh(0.5 * total) for total in (2.5, -1.5, -3.5, -4.5, 0)]
    assert measured.deletion.log_odds == pytest.approx(expected, abs=1e-5)
    probabilities = [1 / (1 + np.exp(-each)) for each in expected]
    assert measured.deletion.probability == pytest.approx(probabilities, abs=1e-6)
    drops = np.array(expected[0]) - expected[1:]
    assert measured.comprehensiveness["log-odds"] == pytest.approx(drops.mean(), abs=1e-5)
    only = [6 * np.tanh(0.5 * total) for total in (4, 6, 7, 2.5)]
    assert measured.kept.log_odds[1:] == pytest.approx(only, abs=1e-5)
    assert measured.sufficiency["log-odds"] == pytest.approx(np.mean(expected[0] - np.array(only)), abs=1e-5)
    assert measured.random.log_odds[1] > measured.deletion.log_odds[1]


def test_a_wrong_order_is_less_faithful():
    model = Planted()
    (result,) = explain(mixed(), [model], "tech")
    backwards = sorted(result.parts, key=lambda part: part.weight)
    curve = deletion_curve(model, result, backwards, (1, 2))
    assert curve.log_odds[2] > curve.log_odds[0]


def test_one_word_is_taken_away_once():
    model = Planted()
    (result,) = explain("superb", [model], "tech")
    assert faithfulness(model, result).deletion.removed == (0, 1)


def test_an_explanation_agrees_with_itself_and_not_with_its_opposite():
    (result,) = explain(mixed(), [Planted()], "tech")
    (opposite,) = explain(mixed(), [Planted()], "sport")
    same, against = agree(result, result, 5), agree(result, opposite, 5)
    assert [same.overlap.value, same.rank_correlation.value, same.sign_agreement.value] == pytest.approx([1, 1, 1])
    assert against.overlap.value == 1
    assert against.rank_correlation.value == pytest.approx(-1)
    assert against.sign_agreement.value == 0


def test_agreement_that_is_not_defined_says_why():
    (one,) = explain("word", [Planted()], "tech")
    result = agree(one, one)
    assert result.rank_correlation.reason
    assert result.overlap.reason == "no word has a weight in one of the models"
    (few,) = explain("superb good fine", [Planted()], "tech")
    assert "no more than 3 words" in agree(few, few).overlap.reason
    assert agree(few, few).top == 3
    assert "no more than 3 words" in stability("superb good fine", Planted(), [0, 1], "tech").reason
    assert result.sign_agreement.reason == "no word has a weight"
    (flat,) = explain("three plain words", [Planted()], "tech")
    assert "have the same weight" in agree(flat, flat).rank_correlation.reason


def test_stability_over_seeds():
    assert stability(mixed(), Planted(), range(3), "tech", top=5).value == 1
    with pytest.raises(ValueError, match="two different seeds"):
        stability(mixed(), Planted(), [1, 1])


def test_the_words_that_push_two_models_apart_come_first():
    text = "tech sport contrary " + " ".join(FILLER)
    first, second = explain(text, (WordCounter("PyTorch"), Contrarian("TensorFlow")), "tech")
    rows = compare(first, second)
    assert [row.name for row in rows] == [part.name for part in first.parts]
    assert {row.name for row in apart(rows, 3)} <= {"tech", "sport", "contrary"}
    for row in rows:
        assert row.value == row.second.weight - row.first.weight
        assert row.low <= row.high


def test_equal_models_are_not_pushed_apart():
    first, second = explain(mixed(), (Planted("PyTorch"), Planted("TensorFlow")), "tech")
    rows = compare(first, second)
    assert not any(row.clear for row in rows)
    assert all(row.low == row.value == row.high == 0 for row in rows)


def test_explanations_of_different_texts_are_not_compared():
    (one,), (other,) = explain("one text", [Planted()]), explain("other text", [Planted()])
    with pytest.raises(ValueError, match="same text"):
        compare(one, other)


def surrogate(r2, agreeing):
    """Return 20 parts whose top 10 stay the same in a share of the resamples and change in the rest."""
    weights = np.concatenate([np.ones(10), np.zeros(20)])
    replicates = np.array([weights if row < 100 * agreeing else np.roll(weights, 10) for row in range(100)])
    return Surrogate(weights, replicates, 500, r2, r2)


@pytest.mark.parametrize(
    "r2, agreeing, level",
    [
        (0.9, 0.9, "stable"),
        (0.49, 0.9, "indicative"),
        (0.9, 0.84, "indicative"),
        (0.19, 0.9, "not to be trusted"),
        (0.9, 0.49, "not to be trusted"),
    ],
)
def test_badges_follow_the_stated_rule(r2, agreeing, level):
    trust = judge(surrogate(r2, agreeing), 10)
    assert trust.level == level
    assert trust.overlap == pytest.approx(agreeing)
    assert f"{agreeing:.0%}" in trust.reason
    assert f"{r2:.0%}" in trust.reason


def test_too_few_samples_for_the_words_are_not_to_be_trusted():
    text = " ".join([mixed(), *(f"w{number}" for number in range(60))])
    (result,) = explain(text, [Planted()], "tech", Settings(samples=60))
    assert result.trust.level == "not to be trusted"
    assert result.trust.reason == "60 samples are too few to estimate the weights of 82 parts."
    assert result.trust.overlap is None
    assert result.parts[0].low is None


def test_the_badge_foretells_how_alike_two_seeds_are():
    text = " ".join([mixed(), *(f"w{number}" for number in range(20))])
    runs = [explain(text, [Planted()], "tech", Settings(samples=70, top=5, seed=seed))[0] for seed in range(6)]
    seen = np.mean([agree(runs[0], other, 5).overlap.value for other in runs[1:]])
    assert np.mean([each.trust.overlap for each in runs]) == pytest.approx(seen, abs=0.25)
