"""Tests of outcomes: who is ahead in how many draws, what would change the leader, and the role of missing evidence."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import wording as words
from decide.criteria.criteria import BY_KEY, MEASURED
from decide.criteria.presets import PRESETS
from decide.criteria.weighting import Weighting
from decide.evidence.compared import Compared
from decide.score.sensitivity import Matrix

KEYS = [criterion.key for criterion in MEASURED]
SHARES = st.floats(0.05, 0.95)


def compared(key: str, pytorch: float, tensorflow: float, reach: float = 0.0, settled: bool = True) -> Compared:
    """Return a criterion with these positions; `reach` is the reach of the gap's interval, in positions."""
    scale = BY_KEY[key].scale
    values = (scale.value(pytorch), scale.value(tensorflow))
    gap = scale.axis(values[1]) - scale.axis(values[0])
    width = reach * abs(scale.axis(scale.best) - scale.axis(scale.worst))
    return Compared(key, scale, values, gap, gap - width, gap + width, settled)


def weighting(**weights: float) -> Weighting:
    return Weighting("planted", "", weights)


def test_the_lead_is_the_weighted_difference_and_missing_evidence_is_left_out():
    matrix = Matrix([compared("accuracy", 0.8, 0.6), compared("latency", 0.3, 0.5)])
    outcome = matrix.outcome(weighting(accuracy=3, latency=1, energy=4))
    assert outcome.coverage == pytest.approx(0.5)
    assert outcome.missing == ("energy",)
    assert outcome.totals == pytest.approx({"PyTorch": 67.5, "TensorFlow": 57.5})
    assert outcome.contributions == pytest.approx({"accuracy": 15, "latency": -5})
    assert outcome.leader == "PyTorch"
    # The result is the same as without that weight: missing evidence counts neither as zero nor as average.
    without = matrix.outcome(weighting(accuracy=3, latency=1))
    assert without.totals == outcome.totals
    assert without.coverage == 1


def test_a_criterion_counts_with_the_mean_of_its_draws_and_is_said_to_be_open():
    matrix = Matrix([compared("accuracy", 0.7, 0.5, reach=0.21), compared("latency", 0.5, 0.4)])
    outcome = matrix.outcome(weighting(accuracy=1, latency=1))
    assert outcome.contributions == pytest.approx({"accuracy": 10, "latency": 5}, abs=0.1)
    assert outcome.lead == pytest.approx(sum(outcome.contributions.values()))
    assert outcome.totals["PyTorch"] - outcome.totals["TensorFlow"] == pytest.approx(outcome.lead)
    assert matrix.ahead("accuracy") == "tie"
    assert (outcome.unsettled, outcome.settled) == (("accuracy",), 0.5)
    assert 0.95 < outcome.ahead["PyTorch"] <= 1
    # Half of the weight is open, so the headline has a reservation, and the sentence names what is open.
    headline, sentence = words.recommendation(outcome, "x")
    assert headline == "Rather PyTorch"
    assert "50 % of the weight is not settled: accuracy." in sentence


def test_what_was_measured_once_or_under_load_settles_nothing():
    rows = [compared("accuracy", 0.9, 0.5, settled=False), compared("latency", 0.9, 0.8)]
    outcome = Matrix(rows).outcome(weighting(accuracy=1, latency=1))
    assert outcome.unsettled == ("accuracy",)
    assert outcome.ahead["PyTorch"] == 1
    assert words.headline(outcome) == "Rather PyTorch"
    assert [flip.key for flip in outcome.flips] == ["latency"]


def test_correlated_criteria_share_a_weight_in_every_weighting():
    rows = [compared("latency", 0.9, 0.5), compared("throughput", 0.9, 0.5), compared("accuracy", 0.5, 0.9)]
    rows = [replace(row, measures=BY_KEY[row.key].measures) for row in rows]
    outcome = Matrix(rows).outcome(weighting(latency=5, throughput=5, accuracy=5))
    assert outcome.shares == pytest.approx({"accuracy": 0.5, "latency": 0.25, "throughput": 0.25})
    assert outcome.lead == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("gate", ["PyTorch does not beat the floor."])
def test_a_gate_allows_no_recommendation(gate):
    outcome = Matrix([compared("accuracy", 0.9, 0.1)]).outcome(weighting(accuracy=1))
    assert words.recommendation(outcome, "x", [gate]) == ("No recommendation", gate)


def test_a_wider_interval_of_a_tie_makes_the_result_less_certain():
    def outcome(reach: float):
        rows = [compared("accuracy", 0.5, 0.55, reach=reach), compared("latency", 0.6, 0.4)]
        return Matrix(rows).outcome(weighting(accuracy=1, latency=1))

    spans = [np.ptp(outcome(reach).drawn_lead) for reach in (0.06, 0.2, 0.6)]
    assert spans == sorted(spans) and spans[0] < spans[2]
    shares = [outcome(reach).ahead["PyTorch"] for reach in (0.06, 0.2, 0.6)]
    assert shares == sorted(shares, reverse=True) and shares[2] < 0.95
    assert words.recommendation(outcome(0.6), "x")[0] == "Rather PyTorch"
    low, high = outcome(0.6).drawn_lead
    assert f"between {low:+.1f} and {high:+.1f} points" in words.recommendation(outcome(0.6), "x")[1]


def test_a_difference_that_may_exceed_the_margin_is_not_settled():
    outcome = Matrix([compared("accuracy", 0.5, 0.5, reach=0.1)]).outcome(weighting(accuracy=1))
    assert outcome.unsettled == ("accuracy",)
    headline, sentence = words.recommendation(outcome, "x")
    assert headline == "No reason to choose"
    assert "which is open" in sentence and "is not settled: accuracy" in sentence
    small = Matrix([compared("accuracy", 0.5, 0.5, reach=0.005)]).outcome(weighting(accuracy=1))
    headline, sentence = words.recommendation(small, "x")
    assert headline == "No reason to choose"
    assert "The lead is smaller in > 99.9 % of the draws" in sentence


@pytest.mark.parametrize(
    ("share", "headline"),
    [
        (0.49, "Not enough evidence"),
        (0.5, "Rather PyTorch"),
        (0.79, "Rather PyTorch"),
        (0.8, "PyTorch"),
    ],
)
def test_the_headline_says_how_much_is_known(share, headline):
    matrix = Matrix([compared("accuracy", 0.8, 0.4)])
    outcome = matrix.outcome(weighting(accuracy=100 * share, energy=100 - 100 * share))
    assert words.recommendation(outcome, "x")[0] == headline


def test_intervals_are_carried_through_to_a_share_of_the_draws():
    matrix = Matrix([compared("accuracy", 0.8, 0.6, reach=0.15), compared("latency", 0.3, 0.5, reach=0.15)])
    outcome = matrix.outcome(weighting(accuracy=1, latency=1))
    assert outcome.lead == pytest.approx(0, abs=0.3)
    assert outcome.ahead["PyTorch"] == pytest.approx(0.5, abs=0.03)
    assert words.recommendation(outcome, "planted")[0] == "No reason to choose"
    open_ = matrix.outcome(weighting(accuracy=1.15, latency=1))
    assert words.recommendation(open_, "planted")[0] == "Not settled"
    tilted = matrix.outcome(weighting(accuracy=1.4, latency=1))
    assert 0.67 < tilted.ahead["PyTorch"] < 0.95
    assert tilted.drawn_lead[0] < 0 < tilted.drawn_lead[1]
    assert words.recommendation(tilted, "planted")[0] == "Rather PyTorch"


def test_over_all_weightings_the_larger_difference_wins_more_often():
    # For uniform weights (w, 1 - w), PyTorch is ahead if 0.3 w > 0.1 (1 - w), which holds for three quarters of them.
    matrix = Matrix([compared("accuracy", 0.8, 0.5), compared("latency", 0.4, 0.5)])
    outcome = matrix.outcome(weighting(accuracy=1))
    assert outcome.anywhere["PyTorch"] == pytest.approx(0.75, abs=0.03)
    # They are less than a point apart if |0.3 w - 0.1 (1 - w)| < 0.01, which holds for a twentieth of them.
    assert outcome.level_anywhere == pytest.approx(0.05, abs=0.02)


def test_over_all_weightings_noise_stays_noise():
    outcome = Matrix([compared("accuracy", 0.5, 0.5, reach=0.2)]).outcome(weighting(accuracy=1))
    assert outcome.anywhere["PyTorch"] == outcome.anywhere["TensorFlow"] == 0.5
    # An opinion does not count there.
    rated = Matrix([compared("accuracy", 0.5, 0.5, reach=0.2)]).outcome(
        Weighting("x", "", {"skills": 1}, {"skills": 2})
    )
    assert rated.anywhere == outcome.anywhere


def test_a_flip_makes_both_level():
    rows = {"accuracy": (0.9, 0.6), "latency": (0.3, 0.5), "cold_start": (0.5, 0.5)}
    weights = weighting(accuracy=2, latency=1, cold_start=1)
    outcome = Matrix([compared(key, *row) for key, row in rows.items()]).outcome(weights)
    assert outcome.leader == "PyTorch"
    assert [flip.key for flip in outcome.flips] == ["accuracy", "latency"]  # the tie is left out
    for flip in outcome.flips:
        scale = BY_KEY[flip.key].scale
        for part, value in (("behind", flip.behind), ("leader", flip.leader)):
            if value is not None:
                at = float(scale.positions(scale.axis(value)))
                moved = (rows[flip.key][0], at) if part == "behind" else (at, rows[flip.key][1])
                again = Matrix([compared(key, *row) for key, row in (rows | {flip.key: moved}).items()])
                assert again.outcome(weights).lead == pytest.approx(0, abs=1e-9)
        if flip.weight is not None:
            others = sum(weight for key, weight in weights.weights.items() if key != flip.key)
            level = weighting(**(dict(weights.weights) | {flip.key: others * flip.weight / (1 - flip.weight)}))
            again = Matrix([compared(key, *row) for key, row in rows.items()]).outcome(level)
            assert again.lead == pytest.approx(0, abs=1e-9)
    flips = {flip.key: flip for flip in outcome.flips}
    assert flips["latency"].leader is None  # a position 0.4 below 0.3 is beyond the worst end


def test_a_noisy_tie_and_a_move_into_the_noise_are_no_flips():
    rows = [
        compared("accuracy", 0.9, 0.6, reach=0.1),
        compared("latency", 0.5, 0.53),
        compared("cold_start", 0.5, 0.6, 0.3),
    ]
    flips = {flip.key: flip for flip in Matrix(rows).outcome(weighting(accuracy=1, latency=1, cold_start=1)).flips}
    assert set(flips) == {"accuracy", "latency"}
    # Accuracy brings +0.3, and the other two -0.13: level where it brings 0.13, beyond its noise of 0.1.
    assert flips["accuracy"].behind == pytest.approx(BY_KEY["accuracy"].scale.value(0.77), abs=0.1)


def test_swings_are_the_lead_without_a_criterion_and_with_twice_its_weight():
    matrix = Matrix([compared("accuracy", 0.9, 0.6), compared("latency", 0.3, 0.5)])
    outcome = matrix.outcome(weighting(accuracy=1, latency=1))
    for key in ("accuracy", "latency"):
        for weight, lead in zip((0, 2), outcome.swings[key], strict=True):
            weights = weighting(**({"accuracy": 1, "latency": 1} | {key: weight}))
            assert matrix.outcome(weights).lead == pytest.approx(lead)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.tuples(SHARES, SHARES, SHARES), min_size=1), st.randoms())
def test_neither_order_nor_names_make_a_difference(rows, random):
    weights = weighting(**{key: row[2] for key, row in rows.items()})
    outcome = Matrix([compared(key, *row[:2]) for key, row in rows.items()]).outcome(weights)
    shuffled = list(rows.items())
    random.shuffle(shuffled)
    assert Matrix([compared(key, *row[:2]) for key, row in shuffled]).outcome(weights) == outcome
    swapped = Matrix([compared(key, row[1], row[0]) for key, row in rows.items()]).outcome(weights)
    assert swapped.lead == pytest.approx(-outcome.lead, abs=1e-9)
    for part in ("ahead", "anywhere", "totals"):
        one, other = getattr(outcome, part), getattr(swapped, part)
        assert one["PyTorch"] == pytest.approx(other["TensorFlow"])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.tuples(SHARES, st.floats(0.0, 0.3), SHARES), min_size=1))
def test_a_dominated_framework_never_wins_and_equals_tie(rows):
    weights = weighting(**{key: row[2] for key, row in rows.items()})
    better = Matrix([compared(key, row[0], row[0] - row[1], reach=row[1] / 4) for key, row in rows.items()])
    outcome = better.outcome(weights)
    assert outcome.ahead["TensorFlow"] == outcome.anywhere["TensorFlow"] == 0
    assert outcome.leader != "TensorFlow"
    equal = Matrix([compared(key, row[0], row[0]) for key, row in rows.items()]).outcome(weights)
    assert equal.leader is None
    assert equal.ahead["tie"] == equal.anywhere["tie"] == 1
    assert words.recommendation(equal, "x")[0] == "No reason to choose"


def test_an_opinion_counts_where_it_is_set_and_lowers_coverage_where_it_is_not():
    matrix = Matrix([compared("accuracy", 0.8, 0.6)])
    weights = {"accuracy": 1.0, "skills": 1.0}
    unset = matrix.outcome(Weighting("x", "", weights))
    assert (unset.coverage, unset.missing, unset.leader) == (0.5, ("skills",), "PyTorch")
    rated = matrix.outcome(Weighting("x", "", weights, {"skills": 2}))
    assert (rated.coverage, rated.leader) == (1, "TensorFlow")
    assert rated.totals == pytest.approx({"PyTorch": 58.75, "TensorFlow": 61.25})
    assert words.against_opinion(rated, matrix.outcome(weighting(accuracy=1))).startswith(
        "That is the team's opinion: without it, PyTorch is ahead by 20.0 points"
    )


def test_with_too_little_evidence_nothing_is_recommended():
    matrix = Matrix([compared("accuracy", 0.9, 0.1)])
    headline, sentence = words.recommendation(matrix.outcome(PRESETS["edge"]), "edge device")
    assert headline == "Not enough evidence"
    assert "cold start" in sentence
    assert words.recommendation(Matrix([]).outcome(PRESETS["edge"]), "x")[0] == "Not enough evidence"


def test_a_lead_of_less_than_a_point_is_no_reason_to_choose():
    matrix = Matrix([compared("latency", 0.8, 0.792)])
    headline, sentence = words.recommendation(matrix.outcome(weighting(latency=1)), "x")
    assert headline == "No reason to choose"
    assert "less than 1 point is no reason to choose" in sentence


def test_no_share_of_draws_is_called_all_or_none():
    assert [words.percent(share) for share in (1.0, 0.9996, 0.998, 0.5, 0.004, 0.0)] == [
        "> 99.9 %",
        "> 99.9 %",
        "99.8 %",
        "50 %",
        "0.4 %",
        "< 0.1 %",
    ]
