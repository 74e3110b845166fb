"""Test several training runs per framework: intervals by simulation, verdicts against planted truth, edge cases."""

import numpy as np
import pytest
import scipy.stats

from bakeoff.stats.confusion_counts import METRICS
from bakeoff.stats.run_bootstrap import permutation_test
from eval.quality.seeds import compare_seeds
from eval.quality.verdict import Verdict
from tests.support.planted_logits import EDGES, always_right, assert_reported, logits

pytestmark = pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning")


def planted_runs(n, strengths, spread, runs, seed):
    """Return references and, for each framework, `runs` models whose strength varies by `spread` between seeds."""
    generator = np.random.default_rng(seed)
    references = generator.integers(0, 3, n)
    shared = generator.normal(size=(n, 3))
    frameworks = [
        [logits(references, 3, s + spread * generator.normal(), generator.integers(2**31), shared) for _ in range(runs)]
        for s in strengths
    ]
    return references, *frameworks


def test_permutation_test_is_scipys():
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=5), generator.normal(size=4) + 1
    expected = scipy.stats.permutation_test((a, b), lambda x, y, axis: y.mean(axis) - x.mean(axis), vectorized=True)
    # scipy doubles the smaller tail; unequal groups make the tails differ, so compare with its count of |difference|.
    two_sided = (np.abs(expected.null_distribution) >= abs(expected.statistic) - 1e-12).mean()
    assert permutation_test(a, b).value == pytest.approx(two_sided)


def test_permutation_test_of_separated_runs():
    assert permutation_test(np.arange(5.0), np.arange(5.0) + 10).value == pytest.approx(2 / 252)
    assert permutation_test(np.zeros(5), np.zeros(5)).value == 1
    three = permutation_test(np.arange(3.0), np.arange(3.0) + 10)
    assert three.value == pytest.approx(0.1)
    assert "can't give less than 0.1" in three.reason
    many = permutation_test(np.arange(15.0), np.arange(15.0) + 20)
    assert many.value == pytest.approx(1 / 20_001)
    assert permutation_test(np.array([np.nan]), np.zeros(2)).value is None
    assert permutation_test(np.zeros(0), np.zeros(2)).value is None


def test_a_difference_between_seeds_is_not_one_between_frameworks():
    """Check equal frameworks with varying runs: about 5 % of studies call them different, about 95 % cover 0."""
    covered = called = 0
    for seed in range(120):
        comparison = compare_seeds(*planted_runs(200, (2.0, 2.0), 0.3, 5, seed), rounds=200, seed=seed)
        difference = comparison.metrics["accuracy"].difference
        covered += difference.low <= 0 <= difference.high
        called += comparison.larger_than_seeds
    assert covered == 120 - called
    assert 0.90 <= covered / 120 <= 0.995


def test_a_framework_that_is_better_than_its_seeds_vary_is_found():
    references, worse, better = planted_runs(400, (1.0, 3.0), 0.1, 4, 1)
    comparison = compare_seeds(references, worse, better, rounds=300)
    assert (comparison.verdict, comparison.larger_than_seeds) == (Verdict.TENSORFLOW_BETTER, True)
    assert "4 PyTorch and 4 TensorFlow runs" in comparison.explanation
    assert comparison.metrics["accuracy"].p_value.value == pytest.approx(2 / 70)
    assert compare_seeds(references, better, worse, rounds=300).verdict is Verdict.PYTORCH_BETTER


def test_frameworks_that_learn_the_same_are_equivalent():
    references, runs, _ = planted_runs(1000, (2.0, 2.0), 0.0, 3, 2)
    comparison = compare_seeds(references, [runs[0]] * 3, [runs[0]] * 3, rounds=100)
    assert comparison.verdict is Verdict.EQUIVALENT
    assert comparison.metrics["accuracy"].difference.low < 0 < comparison.metrics["accuracy"].difference.high
    assert comparison.metrics["accuracy"].pytorch_spread.value == 0
    assert comparison.metrics["accuracy"].p_value.value == 1


def test_one_run_of_a_framework_shows_nothing_about_seeds():
    references, runs, others = planted_runs(300, (1.0, 3.0), 0.1, 3, 3)
    comparison = compare_seeds(references, runs[:1], others, rounds=100)
    assert_reported(comparison)
    assert comparison.verdict is Verdict.CANNOT_TELL
    assert comparison.metrics["accuracy"].difference.low is None
    assert "one run" in comparison.metrics["accuracy"].difference.reason
    assert "At least two runs of each" in comparison.explanation


@pytest.mark.parametrize("edge", EDGES)
def test_every_number_is_one_or_says_why_not(edge):
    references, make = EDGES[edge]
    table = make(references)
    perfect = always_right(references, table.shape[1])
    for runs, others in [([table] * 2, [table] * 2), ([table, perfect], [perfect] * 3), ([perfect] * 2, [perfect] * 2)]:
        comparison = compare_seeds(references, runs, others, rounds=60)
        assert_reported(comparison)
        assert tuple(comparison.metrics) == METRICS


def test_a_seed_gives_the_same_result_and_progress_ends_at_one():
    planted = planted_runs(100, (1.5, 2.0), 0.2, 2, 4)
    shares = []
    assert compare_seeds(*planted, rounds=50, progress=shares.append) == compare_seeds(*planted, rounds=50)
    assert shares[-1] == 1


def test_what_can_not_be_compared_is_refused():
    references, runs, others = planted_runs(20, (1.5, 2.0), 0.2, 2, 5)
    for arguments in [(references, [], others), (references, runs, []), ([], [np.empty((0, 3))], [np.empty((0, 3))])]:
        with pytest.raises(ValueError, match="at least one run|needs texts"):
            compare_seeds(*arguments)
    with pytest.raises(ValueError, match="margin"):
        compare_seeds(references, runs, others, margin=2)
    with pytest.raises(ValueError, match="same texts and classes"):
        compare_seeds(
            references, runs, [table[:, :2] + 0 * table[:, :2] for table in others[:0]] + [np.eye(4)[references]]
        )
