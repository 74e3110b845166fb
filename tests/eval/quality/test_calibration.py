"""Test calibration error, temperature and risk-coverage: by hand, with planted truth, and in edge cases."""

import numpy as np
import pytest

from bakeoff.stats.outcomes import outcomes
from eval.quality.calibration import calibration, equal_mass_bins
from eval.quality.risk_coverage import risk_coverage
from eval.quality.temperature import TEMPERATURES, fit_temperature, temperature_scaling
from tests.support.planted_logits import EDGES, always_right, assert_reported, estimates, logits

pytestmark = pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning")


def of_confidence(confidences, right):
    """Return references and two-class logits with these confidences (above 0.5) in the prediction, right or not."""
    confidences, right = np.asarray(confidences), np.asarray(right, dtype=bool)
    table = np.log(np.column_stack([confidences, 1 - confidences]))
    return np.where(right, 0, 1), table


def calibrated(n, seed=0):
    """Draw references from the probabilities that the logits give them."""
    generator = np.random.default_rng(seed)
    table = 2 * generator.normal(size=(n, 3))
    cumulated = np.exp(outcomes(np.zeros(n, dtype=int), table).log_probabilities).cumsum(axis=1)
    return np.minimum(2, (generator.random(n)[:, None] > cumulated).sum(axis=1)), table


def test_calibration_error_by_hand():
    references, table = of_confidence([0.6, 0.7, 0.8, 0.9], [False, True, True, True])
    result = calibration(references, table, bins=2)
    assert result.error.value == pytest.approx(0.5 * abs(0.5 - 0.65) + 0.5 * abs(1.0 - 0.85))
    assert [(b.count, b.accuracy.value, pytest.approx(b.confidence)) for b in result.bins] == [
        (2, 0.5, 0.65),
        (2, 1, 0.85),
    ]


def test_calibration_error_equals_a_plain_loop_where_nothing_ties():
    references = np.random.default_rng(0).integers(0, 3, 150)
    model = outcomes(references, logits(references, 3, 1.0))
    order = np.argsort(model.confidence)
    expected = sum(
        len(rows) / 150 * abs(model.correct[rows].mean() - model.confidence[rows].mean())
        for rows in np.array_split(order, 15)
    )
    assert calibration(references, logits(references, 3, 1.0)).error.value == pytest.approx(expected)


def test_equal_confidences_share_a_bin_in_any_order():
    confidence = np.repeat([0.5, 0.6, 0.9], [50, 5, 45])
    bins = equal_mass_bins(confidence, 10)
    assert [set(bins[confidence == value].tolist()) for value in (0.5, 0.6, 0.9)] == [{0}, {5}, {5}]
    shuffled = np.random.default_rng(0).permutation(100)
    assert (equal_mass_bins(confidence[shuffled], 10) == bins[shuffled]).all()


def test_a_calibrated_model_is_seldom_called_uncalibrated():
    p_values = [calibration(*calibrated(200, seed), rounds=99).p_value.value for seed in range(100)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.11
    assert 0.35 < np.mean(p_values) < 0.65


def test_an_overconfident_model_is_found():
    references, table = calibrated(1000)
    result = calibration(references, 3 * table)
    assert result.p_value.value < 0.01
    assert result.error.value > result.if_calibrated.high
    assert result.mean_confidence.value > result.accuracy.high


def test_reliability_bins_hold_every_text_once():
    references, table = calibrated(1000)
    bins = calibration(references, table).bins
    assert sum(b.count for b in bins) == 1000
    assert len(bins) == 15
    assert all(b.lowest <= b.confidence <= b.highest for b in bins)
    assert all(left.highest < right.lowest for left, right in zip(bins, bins[1:], strict=False))


@pytest.mark.parametrize("planted", [0.5, 1.0, 3.0])
def test_a_planted_temperature_is_found(planted):
    references, table = calibrated(2000)
    result = temperature_scaling(references, planted * table)
    assert result.temperature.low < planted < result.temperature.high
    assert result.temperature.value == pytest.approx(planted, rel=0.1)
    assert len(result.fold_temperatures) == 2
    if planted != 1.0:
        assert result.log_loss_after.value < result.log_loss_before.value
        assert result.error_after.value < result.error_before.value


def test_the_temperature_has_the_least_log_loss_of_a_grid():
    references, table = calibrated(300)
    grid = np.geomspace(0.2, 5, 400)
    losses = [outcomes(references, table / temperature).log_loss.mean() for temperature in grid]
    assert fit_temperature(references, table) == pytest.approx(grid[np.argmin(losses)], rel=0.02)


def test_cross_fitting_does_not_flatter():
    """Check that a calibrated model only loses from a temperature that was fitted on other texts."""
    gains = []
    for seed in range(40):
        result = temperature_scaling(*calibrated(60, seed))
        gains.append(result.log_loss_before.value - result.log_loss_after.value)
    assert np.mean(gains) < 0


def test_temperatures_at_a_bound_say_so():
    references = np.arange(40) % 2
    perfect = temperature_scaling(references, always_right(references, 2) / 30)
    assert perfect.temperature.value == pytest.approx(TEMPERATURES[0], rel=0.01)
    assert "lower bound" in perfect.temperature.reason
    wrong = temperature_scaling(references, always_right(1 - references, 2))
    assert wrong.temperature.value == pytest.approx(TEMPERATURES[1], rel=0.01)
    assert "upper bound" in wrong.temperature.reason


def test_risk_coverage_by_hand():
    references, table = of_confidence([0.9, 0.8, 0.7, 0.6], [True, False, True, True])
    result = risk_coverage(references, table)
    assert result.coverage == (0.25, 0.5, 0.75, 1.0)
    assert result.risk == pytest.approx((0, 1 / 2, 1 / 3, 1 / 4))
    assert result.area.value == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert result.excess_area.value == pytest.approx(result.area.value - 1 / 16)


def test_equal_confidences_share_their_risk():
    references, table = of_confidence([0.8] * 4, [True, False, True, False])
    assert risk_coverage(references, table).risk == pytest.approx((0.5,) * 4)


def test_a_confidence_that_knows_its_errors_has_no_excess_area():
    references, table = of_confidence(np.linspace(0.55, 0.95, 50), np.arange(50) >= 10)
    result = risk_coverage(references, table)
    assert result.excess_area.value == pytest.approx(0, abs=1e-12)
    assert result.area.low < result.area.value < result.area.high


@pytest.mark.parametrize("function", [calibration, temperature_scaling, risk_coverage])
@pytest.mark.parametrize("edge", EDGES)
def test_every_number_is_one_or_says_why_not(edge, function):
    references, make = EDGES[edge]
    result = function(references, make(references))
    for estimate in estimates(result):
        assert estimate.value is not None or estimate.reason


@pytest.mark.parametrize("function", [calibration, temperature_scaling, risk_coverage])
def test_of_no_texts_nothing_is_defined(function):
    result = estimates(function([], np.empty((0, 3))))
    assert result
    assert all(estimate.value is None for estimate in result)


@pytest.mark.parametrize("function", [calibration, temperature_scaling, risk_coverage])
def test_a_seed_gives_the_same_result(function):
    references, table = calibrated(100)
    assert function(references, table, seed=3) == function(references, table, seed=3)
    assert_reported(function(references, table))


def test_what_can_not_be_computed_is_refused():
    references, table = calibrated(10)
    with pytest.raises(ValueError, match="at least one bin"):
        calibration(references, table, bins=0)
    with pytest.raises(ValueError, match="at least one round"):
        risk_coverage(references, table, rounds=0)
