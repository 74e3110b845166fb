"""Tests and intervals of proportions against published examples, statsmodels and planted truth."""

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from bakeoff.stats.proportions import (
    detectable_difference,
    equivalence_p_value,
    holm,
    mcnemar,
    tango_interval,
    tango_statistic,
    wilson_interval,
)


def test_mcnemar_of_airway_hyper_responsiveness():
    """Bentur et al. 2009 in Fagerland, Lydersen and Laake 2013: exact 0.070, mid-p 0.039."""
    found = mcnemar(1, 7)
    assert found.p_value == pytest.approx(0.070, abs=5e-4)
    assert found.mid_p_value == pytest.approx(0.039, abs=5e-4)


def test_mcnemar_of_approval_ratings():
    """Agresti, Categorical Data Analysis, table 10.1: 150 and 86 changed their mind, z² = 17.36, p = 0.00003."""
    found = mcnemar(150, 86)
    assert tango_statistic(150, 86, 1600, 0.0) ** 2 == pytest.approx(17.36, abs=0.005)
    assert found.p_value < 1e-4


@pytest.mark.parametrize("counts", [(0, 0), (0, 1), (0, 6), (3, 3), (5, 12), (150, 86), (1000, 1100)])
def test_mcnemar_is_statsmodels(counts):
    expected = 1.0 if counts == (0, 0) else statsmodels_mcnemar([[9, counts[0]], [counts[1], 9]], exact=True).pvalue
    assert mcnemar(*counts).p_value == pytest.approx(expected)
    assert mcnemar(*reversed(counts)).p_value == pytest.approx(expected)


def test_mid_p_is_uniform_where_exact_is_not():
    """Check the mean p-value under the null hypothesis. By symmetry it is 1/2; the exact test's is larger."""
    weights = binom.pmf(np.arange(11), 10, 0.5)
    assert weights @ [mcnemar(i, 10 - i).mid_p_value for i in range(11)] == pytest.approx(0.5)
    assert weights @ [mcnemar(i, 10 - i).p_value for i in range(11)] > 0.55


def test_no_disagreement_is_no_evidence():
    assert (mcnemar(0, 0).p_value, mcnemar(0, 0).mid_p_value) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("only_a", "only_b", "n", "confidence", "expected"),
    [
        (7, 1, 21, 0.95, (-0.517, -0.026)),  # Fagerland, Lydersen and Laake 2014, table III
        (60, 20, 1000, 0.95, (-0.0584, -0.0231)),  # R, PropCIs::scoreci.mp(60, 20, 1000)
        (41, 48, 549, 0.90, (-0.0157, 0.0414)),  # R, PropCIs::scoreci.mp(41, 48, 549, 0.90)
    ],
)
def test_tango_is_the_published_one(only_a, only_b, n, confidence, expected):
    assert tango_interval(only_a, only_b, n, confidence) == pytest.approx(expected, abs=6e-5 if n > 21 else 6e-4)


@pytest.mark.parametrize("counts", [(0, 0, 1), (0, 0, 500), (0, 1, 1), (0, 9, 9), (9, 0, 9), (3, 0, 10**6)])
def test_tango_has_some_width_inside_the_possible(counts):
    low, high = tango_interval(*counts)
    mirrored = tango_interval(counts[1], counts[0], counts[2])
    assert -1 <= low <= (counts[1] - counts[0]) / counts[2] <= high <= 1
    assert high > low
    assert mirrored == pytest.approx((-high, -low), abs=1e-9)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (0, 40), (40, 40), (13, 40), (9990, 10000)])
def test_wilson_is_statsmodels(right, n):
    assert wilson_interval(right, n) == pytest.approx(proportion_confint(right, n, method="wilson"), abs=1e-12)


@pytest.mark.parametrize("counts", [(0, 0, 267), (0, 0, 268), (2, 3, 800), (10, 9, 2000), (5, 0, 2000)])
def test_equivalent_exactly_where_the_90_percent_interval_is_inside(counts):
    low, high = tango_interval(*counts, confidence=0.90)
    assert (equivalence_p_value(*counts, 0.01) <= 0.05) == (low >= -0.01 and high <= 0.01)


def test_equivalence_keeps_its_level_at_the_margin():
    """At most about 5 % are called equivalent if the true difference equals the margin."""
    generator = np.random.default_rng(0)
    for n, only_a, only_b in [(300, 0.0, 0.01), (1000, 0.005, 0.015), (4000, 0.02, 0.03)]:
        drawn = generator.multinomial(n, [only_a, only_b, 1 - only_a - only_b], size=1500)[:, :2]
        called = np.mean([equivalence_p_value(*counts, n, 0.01) <= 0.05 for counts in drawn])
        assert called <= 0.065, (n, called)


@pytest.mark.parametrize(("discordance", "n"), [(0.05, 1000), (0.1, 300), (0.3, 5000)])
def test_a_detectable_difference_is_detected_four_times_in_five(discordance, n):
    difference = detectable_difference(discordance, n)
    shares = [(discordance - difference) / 2, (discordance + difference) / 2, 1 - discordance]
    drawn = np.random.default_rng(0).multinomial(n, shares, size=1500)
    found = np.mean([mcnemar(*counts[:2]).mid_p_value <= 0.05 for counts in drawn])
    assert found == pytest.approx(0.80, abs=0.04)


def test_detectable_by_connors_formula():
    difference = detectable_difference(0.05, 1000)
    needed = (1.959964 * 0.05**0.5 + 0.841621 * (0.05 - difference**2) ** 0.5) ** 2 / difference**2
    assert needed == pytest.approx(1000, rel=1e-5)


def test_detectable_without_disagreement_is_about_8_texts():
    assert detectable_difference(0.0, 1000) == pytest.approx(7.83 / 1000, rel=0.01)
    assert detectable_difference(0.0, 3) is None
    sizes = [detectable_difference(0.02, n) for n in (100, 1000, 10_000)]
    assert sizes == sorted(sizes, reverse=True)


def test_holm_is_statsmodels():
    p_values = [0.01, 0.04, 0.03, 0.005, 0.9, 0.03]
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm([]).tolist() == []
    assert holm([0.2]).tolist() == [0.2]


@pytest.mark.parametrize(
    "call",
    [
        lambda: wilson_interval(1, 0),
        lambda: wilson_interval(3, 2),
        lambda: tango_interval(1, 1, 1),
        lambda: tango_interval(-1, 0, 5),
        lambda: tango_interval(0, 0, 0),
        lambda: mcnemar(-1, 2),
        lambda: equivalence_p_value(0, 0, 10, 0.0),
        lambda: equivalence_p_value(0, 0, 0, 0.01),
        lambda: detectable_difference(0.1, 0),
        lambda: detectable_difference(1.1, 10),
        lambda: holm([0.5, float("nan")]),
        lambda: holm([[0.5]]),
    ],
)
def test_impossible_counts_are_refused(call):
    with pytest.raises(ValueError, match="expected|margin|p-values"):
        call()
