"""Tests of the scores against values computed by hand."""

import pytest

from bakeoff.stats import scores


def test_a_case_worked_out_by_hand():
    # class 0: precision 2/3, recall 2/2, F1 0.8; class 1: precision 1/1, recall 1/2, F1 2/3; class 2: F1 1
    assert scores.scores([0, 0, 1, 1, 2], [0, 0, 0, 1, 2]) == {
        "accuracy": pytest.approx(4 / 5),
        "macro_f1": pytest.approx((0.8 + 2 / 3 + 1) / 3),
    }


def test_rare_classes_weigh_as_much_as_common_ones():
    assert scores.scores([0] * 9 + [1], [0] * 10) == {
        "accuracy": pytest.approx(0.9),
        "macro_f1": pytest.approx((2 * 0.9 / 1.9 + 0) / 2),
    }


@pytest.mark.parametrize(("predictions", "expected"), [([0, 1, 2], 1.0), ([1, 2, 0], 0.0)])
def test_all_right_is_1_and_all_wrong_is_0(predictions, expected):
    assert scores.scores([0, 1, 2], predictions) == {"accuracy": expected, "macro_f1": expected}


def test_scores_are_plain_numbers_that_json_can_hold():
    assert {type(value) for value in scores.scores([0, 1], [0, 0]).values()} == {float}
