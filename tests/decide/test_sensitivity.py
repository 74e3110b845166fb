"""Tests of outcomes: who is ahead in how many draws, what would change the leader, and the role of missing evidence."""

import math

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


def compared(key: str, pytorch: float, tensorflow: float, reach: float = 0.0) -> Compared:
    """Return a criterion with these positions; `reach` is the reach of the gap's interval, in positions."""
    scale = BY_KEY[key].scale
    values = (scale.value(pytorch), scale.value(tensorflow))
    gap = scale.axis(values[1]) - scale.axis(values[0])
    width = reach * abs(scale.axis(scale.best) - scale.axis(scale.worst))
    return Compared(key, scale, values, gap, gap - width, gap + width)


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


def test_a_difference_within_its_noise_adds_nothing():
    matrix = Matrix([compared("accuracy", 0.8, 0.6, reach=0.21), compared("latency", 0.5, 0.4)])
    outcome = matrix.outcome(weighting(accuracy=1, latency=1))
    assert outcome.contributions == pytest.approx({"latency": 5, "accuracy": 0})
    assert matrix.ahead("accuracy") == "tie"
    # It is still drawn: a framework that is better on both, on one of them within the noise, leads in nearly all draws.
    assert 0.95 < outcome.ahead["PyTorch"] <= 1


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
    assert outcome.leader is None
    assert words.recommendation(outcome, "x")[0] == "Not settled"
    assert words.crosscheck(outcome) == ""
    small = Matrix([compared("accuracy", 0.5, 0.5, reach=0.005)]).outcome(weighting(accuracy=1))
    assert words.recommendation(small, "x")[0] == "It does not matter here"


@pytest.mark.parametrize(
    ("share", "headline"),
    [
        (0.49, "Not enough evidence"),
        (0.5, "Rather PyTorch (so far)"),
        (0.79, "Rather PyTorch (so far)"),
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
    assert outcome.lead == 0
    assert outcome.ahead["PyTorch"] == pytest.approx(0.5, abs=0.03)
    assert words.recommendation(outcome, "planted")[0] == "Not settled"
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
    # They would be level at 0.63 and 0.6. There the difference is within the noise, so it would score as a tie.
    assert (flips["accuracy"].behind, flips["accuracy"].leader) == (None, None)
    assert flips["accuracy"].weight == pytest.approx(0.03 / 0.33 / 2, rel=0.2)


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
    for part in ("ahead", "anywhere", "totals", "topsis"):
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
    assert words.recommendation(equal, "x")[0] == "It does not matter here"


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


def test_a_contradiction_by_topsis_is_stated():
    # On its range latency hardly counts, because both are near the best end. As a ratio it is fourfold.
    scale = BY_KEY["latency"].scale
    rows = [
        Compared("latency", scale, (11.0, 44.0), *[math.log(4)] * 3),
        Compared("accuracy", BY_KEY["accuracy"].scale, (80.0, 99.0), 19.0, 19.0, 19.0),
    ]
    outcome = Matrix(rows).outcome(weighting(latency=1, accuracy=1))
    assert outcome.leader == "TensorFlow"
    assert outcome.topsis["PyTorch"] > 0.5
    assert "the result hangs on the method" in words.crosscheck(outcome)


def test_with_too_little_evidence_nothing_is_recommended():
    matrix = Matrix([compared("accuracy", 0.9, 0.1)])
    headline, sentence = words.recommendation(matrix.outcome(PRESETS["edge"]), "edge device")
    assert headline == "Not enough evidence"
    assert "cold start" in sentence
    assert words.recommendation(Matrix([]).outcome(PRESETS["edge"]), "x")[0] == "Not enough evidence"


def test_a_lead_of_less_than_a_point_does_not_matter():
    matrix = Matrix([compared("accuracy", 0.8, 0.792)])
    headline, sentence = words.recommendation(matrix.outcome(weighting(accuracy=1)), "x")
    assert headline == "It does not matter here"
    assert "less than 1 point apart in 100 % of the draws" in sentence
