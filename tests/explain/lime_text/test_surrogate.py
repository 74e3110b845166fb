"""Test `explain/lime_text/surrogate.py`: it recovers planted functions, intervals cover, and stock lime is matched."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from bakeoff.classifiers.base import softmax
from explain.lime_text import surrogate
from explain.lime_text.fit import intervals
from explain.lime_text.surrogate import SaturatingRegression, fit
from explain.lime_text.targets import contrast, log_odds, probability

WEIGHTS = np.array([3.0, -2.0, 1.0, 0.5, 0, 0, 0, 0])


def drawn(n=400, seed=0):
    rng = np.random.default_rng(seed)
    kept = rng.random((n, len(WEIGHTS))) < rng.random((n, 1))
    kept[0] = True
    return kept, rng


def test_log_odds_are_exact_where_probabilities_round():
    logits = np.array([[60.0, 0.0, 0.0], [0.0, 1.0, 2.0]])
    assert log_odds(logits, 0)[0] == pytest.approx(60 - np.log(2))
    p = softmax(logits)[1, 2]
    assert log_odds(logits, 2)[1] == pytest.approx(np.log(p / (1 - p)))
    assert probability(logits, 2)[1] == pytest.approx(p)
    assert contrast(logits, 2, 1)[1] == pytest.approx(1.0)


@pytest.mark.parametrize("stock", [True, False])
def test_planted_weights_come_back_in_order(stock):
    kept, rng = drawn()
    fitted = fit(kept, kept @ WEIGHTS + rng.normal(0, 0.1, len(kept)), stock=stock, rounds=50)
    assert np.argsort(-np.abs(fitted.weights))[:4].tolist() == [0, 1, 2, 3]
    assert np.allclose(fitted.weights, WEIGHTS, atol=0.3)
    assert fitted.r2 > 0.9
    assert fitted.r2_unseen > 0.85


def test_a_saturated_target_is_explained_where_a_line_fails():
    rng = np.random.default_rng(1)
    weights = np.concatenate([[3, 2.5, 2, 1.5], np.zeros(26)])
    kept = rng.random((400, 30)) < rng.random((400, 1))
    target = 5 * np.tanh(2 * (kept @ weights) - 3)
    line, curve = (fit(kept, target, stock=stock, rounds=30) for stock in (True, False))
    assert curve.r2_unseen > line.r2_unseen + 0.1
    assert np.argsort(-curve.weights)[:4].tolist() == [0, 1, 2, 3]


def test_the_saturating_weights_are_average_derivatives():
    kept, _ = drawn()
    data = kept.astype(float)
    line = SaturatingRegression().fit(data, data @ WEIGHTS)
    step = 1e-5
    slopes = [
        np.mean(line.predict(data + step * row) - line.predict(data - step * row)) / (2 * step) for row in np.eye(8)
    ]
    assert np.allclose(line.coef_, slopes, atol=1e-4)


def test_the_fit_is_the_least_of_its_neighbours():
    kept, rng = drawn(200)
    data, target = kept.astype(float), np.tanh(kept @ WEIGHTS - 1) + rng.normal(0, 0.2, 200)
    line = SaturatingRegression().fit(data, target)

    def cost(theta):
        errors = line.predict_with(data, theta) - target
        return errors @ errors + line.penalty(len(data)) @ theta**2

    least = cost(line.theta)
    assert all(cost(line.theta + rng.normal(0, 0.01, len(line.theta))) > least for _ in range(50))


def test_the_bootstrap_of_a_ridge_is_that_of_refits():
    kept, rng = drawn(120)
    target = kept @ WEIGHTS + rng.normal(0, 1, 120)
    fitted = fit(kept, target, stock=True, rounds=5, seed=3)
    draws = np.random.default_rng(3)
    weights = surrogate._kernel(surrogate._distances(kept.astype(float)), surrogate.KERNEL_WIDTH)
    for replicate in fitted.replicates:
        counts = np.bincount(draws.integers(120, size=120), minlength=120)
        again = Ridge(alpha=1).fit(kept, target, sample_weight=counts * weights)
        assert np.allclose(again.coef_, replicate, atol=1e-6)


@pytest.mark.parametrize("saturating", [False, True])
def test_95_percent_intervals_cover_as_they_say(saturating):
    def truth(kept):
        return 3 * np.tanh(kept @ WEIGHTS - 1) if saturating else kept @ WEIGHTS

    large, _ = drawn(20_000, seed=99)
    expected = fit(large, truth(large), stock=False, rounds=0).weights
    covered = []
    for seed in range(40):
        kept, rng = drawn(300, seed)
        fitted = fit(kept, truth(kept) + rng.normal(0, 1, len(kept)), stock=False, rounds=100, seed=seed)
        low, high = intervals(fitted.weights, fitted.replicates)
        covered.append((low <= expected) & (expected <= high))
    assert 0.88 <= np.mean(covered) <= 0.99  # 320 intervals, correlated in groups of eight


@pytest.mark.parametrize("stock", [True, False])
def test_a_constant_target_is_said_not_to_be_explained(stock):
    kept, _ = drawn(60)
    fitted = fit(kept, np.full(60, 2.5), stock=stock, rounds=10)
    assert not fitted.weights.any()
    assert fitted.r2 is None
    assert fitted.r2_unseen is None


@pytest.mark.parametrize("d", [20, 60])
def test_words_that_do_nothing_are_seldom_called_clear_or_there_are_no_intervals(d):
    marked = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        fewest = int(np.ceil(1.5 * (d + 3)))
        for n in (d, fewest - 1, fewest, 2 * d + 20):
            kept = rng.random((n, d)) < rng.random((n, 1))
            target = kept[:, :5] @ np.array([3.0, 2, -2, 1, 1]) + rng.normal(0, 1, n)
            fitted = fit(kept, target, stock=False, rounds=60, seed=seed)
            assert bool(len(fitted.replicates)) == (n >= fewest)
            if len(fitted.replicates):
                low, high = intervals(fitted.weights, fitted.replicates)
                marked.append(np.mean((low > 0)[5:] | (high < 0)[5:]))
            else:
                assert fitted.r2_unseen is None
    assert np.mean(marked) < 0.12


def test_more_parts_than_samples_is_no_fault():
    rng = np.random.default_rng(0)
    kept = rng.random((20, 60)) < 0.5
    fitted = fit(kept, kept[:, 0] * 4.0 + kept[:, 1], stock=False, rounds=20)
    assert np.isfinite(fitted.weights).all()
    assert not len(fitted.replicates)
    assert np.argmax(fitted.weights) == 0
