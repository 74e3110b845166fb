"""Test `bakeoff/common/limits.py`, the limits of what a visitor may request."""

import pytest

from bakeoff.common import limits
from bakeoff.common.errors import BakeoffError, InputError
from bakeoff.common.limits import MAX_SEED, Limits, check_samples, check_seed, check_text


@pytest.mark.parametrize("text", [None, "", " \n\t "])
def test_an_empty_text_is_refused(text):
    with pytest.raises(InputError, match="empty"):
        check_text(text)


def test_the_limit_itself_is_allowed_and_one_more_is_not():
    assert check_text("x" * Limits.characters)
    with pytest.raises(InputError, match="20,001 characters, at most 20,000"):
        check_text("x" * (Limits.characters + 1))


@pytest.mark.parametrize("samples", [49, 2001, 50.5, -1, float("nan"), float("inf"), None, "500", True])
def test_samples_outside_the_limits_are_refused(samples):
    with pytest.raises(InputError, match="50 to 2,000 samples"):
        check_samples(samples)


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 0.5, float("nan"), None, "0"])
def test_a_seed_that_numpy_refuses_is_refused(seed):
    with pytest.raises(InputError, match="A seed is a whole number"):
        check_seed(seed)


def test_whole_numbers_may_come_as_floats():
    assert check_samples(500.0) == 500
    assert check_seed(0.0) == 0


@pytest.fixture
def changed():
    """Apply other limits during one test."""
    yield lambda **settings: limits.use(Limits().changed(settings))
    limits.use(Limits())


def test_every_limit_can_be_set(changed):
    changed(characters="10", min_samples="60")
    with pytest.raises(InputError, match="11 characters, at most 10") as caught:
        check_text("x" * 11)
    assert (caught.value.field, caught.value.limit) == ("text", 10)
    with pytest.raises(InputError, match="60 to 2,000 samples"):
        check_samples(50)


@pytest.mark.parametrize("setting", [{"letters": "5"}, {"rows": "0"}, {"rows": "many"}, {"rows": "١"}, {"rows": "1.5"}])
def test_what_is_no_limit_is_refused(setting):
    with pytest.raises(BakeoffError, match="expected"):
        Limits().changed(setting)


def test_limits_that_leave_nothing_to_choose_are_refused():
    with pytest.raises(BakeoffError, match="leave no number of samples"):
        Limits().changed({"max_samples": "40"})
