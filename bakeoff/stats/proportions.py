"""Tests and intervals for one proportion, and for two proportions on the same texts.

Counts may be fractions if a function says so; averages over unequal classes need that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import binom, norm

CONFIDENCE = 0.95  # default confidence level of an interval
POWER = 0.80  # default probability that a test finds the difference it looks for


def wilson_interval(successes: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the score interval of a proportion (Wilson 1927), which has a width even at 0 and 1.

    Args:
        successes: number of successes, from 0 to n; may be a fraction.
        n: number of cases, above 0; may be a fraction: an effective sample size (Korn and Graubard 1998).
        confidence: confidence level, between 0 and 1.

    Raises:
        ValueError: the counts are invalid.
    """
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"expected 0 <= successes <= n and n > 0, not {successes} of {n}")
    z2 = norm.ppf((1 + confidence) / 2) ** 2
    p = successes / n
    center = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    low = 0.0 if successes == 0 else float(max(0.0, center - half))
    high = 1.0 if successes == n else float(min(1.0, center + half))
    return low, high


def tango_interval(only_a: float, only_b: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the score interval of the difference of paired proportions, b minus a (Tango 1998).

    Args:
        only_a: number of texts that only model a gets right; may be a fraction.
        only_b: number of texts that only model b gets right; may be a fraction.
        n: number of all texts; may be a fraction.
        confidence: confidence level, between 0 and 1.

    Returns:
        The lower and upper end; they differ even without any disagreement.

    Raises:
        ValueError: the counts are invalid.
    """
    _check_counts(only_a, only_b, n)
    z = float(norm.ppf((1 + confidence) / 2))
    difference = (only_b - only_a) / n
    edge = 1 - 1e-12

    def above(delta: float) -> float:
        return tango_statistic(only_a, only_b, n, delta) - z

    def below(delta: float) -> float:
        return tango_statistic(only_a, only_b, n, delta) + z

    low = -1.0 if difference <= -edge or above(-edge) < 0 else brentq(above, -edge, difference, xtol=1e-12)
    high = 1.0 if difference >= edge or below(edge) > 0 else brentq(below, difference, edge, xtol=1e-12)
    return float(low), float(high)


def tango_statistic(only_a: float, only_b: float, n: float, delta: float) -> float:
    """Return Tango's score statistic of the hypothesis that b's proportion minus a's is `delta`.

    The statistic falls as delta grows. It is standard normal under the hypothesis. At delta 0 its square is McNemar's
    statistic without correction. The variance is taken at the maximum of the likelihood under the hypothesis. So it is
    positive even without any disagreement, unless delta is 0.
    """
    linear = -only_b - only_a + (2 * n - only_b + only_a) * delta
    discriminant = linear**2 + 8 * n * only_a * delta * (1 - delta)
    share_only_a = (np.sqrt(max(0.0, discriminant)) - linear) / (4 * n)
    variance = n * (2 * share_only_a + delta * (1 - delta))
    distance = only_b - only_a - n * delta
    if variance <= 0:
        return float(np.sign(distance) * np.inf) if distance else 0.0
    return float(distance / np.sqrt(variance))


def equivalence_p_value(only_a: float, only_b: float, n: float, margin: float) -> float:
    """Return the p-value of two one-sided tests that the paired difference lies inside ±margin.

    The tests are TOST (Tango 1998, Liu 2002). The p-value is at most alpha if and only if the (1 - 2 alpha) Tango
    interval lies inside the margin.

    Raises:
        ValueError: the counts are invalid, or the margin is not between 0 and 1.
    """
    _check_counts(only_a, only_b, n)
    if not 0 < margin < 1:
        raise ValueError(f"a margin is between 0 and 1 (0.01 is one percentage point), not {margin}")
    not_lower = norm.sf(tango_statistic(only_a, only_b, n, -margin))
    not_higher = norm.cdf(tango_statistic(only_a, only_b, n, margin))
    return float(max(not_lower, not_higher))


@dataclass(frozen=True)
class McNemar:
    """Exact McNemar tests of the hypothesis that both models are right equally often (McNemar 1947).

    Attributes:
        only_a: number of texts that only model a gets right.
        only_b: number of texts that only model b gets right.
        p_value: exact two-sided p-value, conditional on the disagreements (Edwards 1948); 1 if there are none.
        mid_p_value: less conservative p-value, which counts the observed outcome half (Fagerland, Lydersen and Laake
            2013); 1 if there are no disagreements.
    """

    only_a: int
    only_b: int
    p_value: float
    mid_p_value: float


def mcnemar(only_a: int, only_b: int) -> McNemar:
    """Test whether the two counts of disagreement differ.

    Raises:
        ValueError: a count is negative.
    """
    _check_counts(only_a, only_b, max(1, only_a + only_b))
    disagreements, fewer = only_a + only_b, min(only_a, only_b)
    if disagreements == 0:
        return McNemar(only_a, only_b, 1.0, 1.0)
    exact = min(1.0, 2 * float(binom.cdf(fewer, disagreements, 0.5)))
    observed = float(binom.pmf(fewer, disagreements, 0.5))
    # If both counts are equal, the two tails share the observed term: the tails sum to 1, and half of it is left out.
    mid = 1.0 - observed / 2 if only_a == only_b else exact - observed
    return McNemar(only_a, only_b, exact, mid)


def detectable_difference(discordance: float, n: int, alpha: float = 0.05, power: float = POWER) -> float | None:
    """Return the smallest difference of paired proportions that McNemar's test finds with this power.

    Solves Connor's 1987 formula (the unconditional one of Miettinen 1968) for the difference x, where d is the
    discordance: n = (z_a sqrt(d) + z_b sqrt(d - x²))² / x². A difference can't exceed the discordance. If the solution
    would, all disagreement is assumed to point one way (d = x).

    Args:
        discordance: share of texts that exactly one model gets right, from 0 to 1.
        n: number of texts.
        alpha: two-sided significance level of the test.
        power: probability to find the difference.

    Returns:
        The difference, from 0 to 1; None if n texts are too few to find any.

    Raises:
        ValueError: the discordance is not a share or n is not positive.
    """
    if not 0 <= discordance <= 1 or n < 1:
        raise ValueError(f"expected a discordance from 0 to 1 and n >= 1, not {discordance} and {n}")
    z_alpha, z_beta = norm.isf(alpha / 2), norm.isf(1 - power)

    def shortage(x: float) -> float:
        d = max(discordance, x)
        needed = (z_alpha * np.sqrt(d) + z_beta * np.sqrt(max(0.0, d - x * x))) ** 2
        return float(needed - n * x * x)

    return float(brentq(shortage, 1e-12, 1.0, xtol=1e-12)) if shortage(1.0) < 0 else None


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values for multiple testing (Holm 1979); the result (m,) keeps their order.

    A hypothesis is rejected if its adjusted p-value is at most alpha.

    Raises:
        ValueError: the p-values are not a list of numbers from 0 to 1.
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    if p_values.ndim != 1 or not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError("p-values are a list of numbers from 0 to 1")
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return adjusted


def _check_counts(only_a: float, only_b: float, n: float) -> None:
    if only_a < 0 or only_b < 0 or n <= 0 or only_a + only_b > n * (1 + 1e-9):
        raise ValueError(f"expected counts of disagreement among n > 0 texts, not {only_a} and {only_b} of {n}")
