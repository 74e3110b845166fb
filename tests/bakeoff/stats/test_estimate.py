"""Callers that know that an interval exists get its ends; others get an error that says why there is none."""

import pytest

from bakeoff.stats.estimate import Estimate


def test_the_ends_are_those_of_the_interval():
    assert Estimate(2.0, 1.0, 4.0).ends == (1.0, 4.0)


@pytest.mark.parametrize(
    ("estimate", "reason"),
    [
        (Estimate(1.0, reason="one run"), "because one run"),
        (Estimate(None, reason="no texts"), "because no texts"),
        (Estimate(1.0, low=0.5, reason="no upper end"), "because no upper end"),
        (Estimate(1.0), "because none was computed"),
    ],
)
def test_ends_without_an_interval_are_an_error_that_says_why(estimate, reason):
    with pytest.raises(ValueError, match=f"there is no interval, {reason}"):
        _ = estimate.ends
