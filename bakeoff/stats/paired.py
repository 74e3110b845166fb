"""Shares of texts, and differences of shares on the same texts, as Estimates with their 95 % intervals.

Both intervals stay inside the possible range. They keep a width at 0 and at 1, where the textbook (Wald) intervals
shrink to a point: a model that is right on all of 10 texts need not always be right. `proportions.py` has the formulas.
"""

import numpy as np
from numpy.typing import ArrayLike

from bakeoff.stats.estimate import Estimate
from bakeoff.stats.proportions import tango_interval, wilson_interval
from bakeoff.stats.shapes import check_same_texts

NO_TEXTS = "there are no texts"


def share(successes: int, n: int, none: str = NO_TEXTS) -> Estimate:
    """Return the share of `successes` in `n` with Wilson's score interval.

    Args:
        successes: number of successes, from 0 to n.
        n: number of cases.
        none: the reason to give if n is 0.

    Raises:
        ValueError: `successes` is not between 0 and n.
    """
    if n == 0 == successes:
        return Estimate(None, reason=none)
    low, high = wilson_interval(int(successes), int(n))
    return within(int(successes) / int(n), low, high)


def paired_difference(first: ArrayLike, second: ArrayLike) -> Estimate:
    """Return the share of True in `second` minus that in `first` for the same texts, with Tango's interval.

    Args:
        first: one bool per text (n,), such as "the first model is right".
        second: one bool per text (n,), for the same texts in the same order.

    Raises:
        ValueError: the two have different lengths or are not one-dimensional.

    Source: T. Tango (1998), Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design, Statistics in Medicine 17, 891-908.
    """
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    check_same_texts(first=first, second=second)
    n = len(first)
    if n == 0:
        return Estimate(None, reason=NO_TEXTS)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    low, high = tango_interval(only_first, only_second, n)
    return within((only_second - only_first) / n, low, high)


def within(value: float, low: float, high: float) -> Estimate:
    """Return an Estimate whose interval includes the value, even if rounding or resampling left it just outside."""
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))
