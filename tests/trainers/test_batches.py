"""Test the batch plan that both trainers share: complete, seeded, and with little padding."""

import numpy as np
import pytest

from trainers.batches import POOL, TrainingData, plan_batches

LENGTHS = np.random.default_rng(5).integers(3, 120, 500).tolist()


def padding(steps) -> int:
    """Return the number of padding tokens in the batches."""
    lengths = np.array(LENGTHS)
    return sum(int((lengths[rows].max() - lengths[rows]).sum()) for rows in steps)


def epochs_of(plan) -> list:
    size = len(plan.steps) // plan.epochs
    return [plan.steps[start : start + size] for start in range(0, len(plan.steps), size)]


@pytest.mark.parametrize("batch_size", [1, 7, 16, 499, 500, 501])
def test_every_row_comes_exactly_once_an_epoch(batch_size):
    plan = plan_batches(LENGTHS, batch_size, epochs=3, seed=0)
    assert len(epochs_of(plan)) == 3
    for steps in epochs_of(plan):
        assert len(steps) == -(-len(LENGTHS) // batch_size)
        assert max(map(len, steps)) <= batch_size
        assert sorted(np.concatenate(steps)) == list(range(len(LENGTHS)))


def test_fewer_rows_than_a_batch_make_one_batch():
    plan = plan_batches([5, 3, 4], batch_size=16, epochs=2, seed=0)
    assert [sorted(rows) for rows in plan.steps] == [[0, 1, 2], [0, 1, 2]]


def test_the_plan_of_these_arguments_is_this_one_on_every_machine():
    plan = plan_batches(LENGTHS, batch_size=16, epochs=2, seed=1)
    assert plan.digest == "7ed6777d75e993adcb9b8e98710d6d959430a0e38d471e4316e9bbb848fdbbdb"
    assert plan.steps[0].dtype == np.int64


def test_epochs_and_seeds_differ():
    plan = plan_batches(LENGTHS, 16, epochs=2, seed=0)
    first, second = ({tuple(sorted(rows)) for rows in steps} for steps in epochs_of(plan))
    assert len(first & second) < len(first) / 4, "other rows should meet"
    assert plan.digest != plan_batches(LENGTHS, 16, epochs=2, seed=1).digest


def test_one_more_epoch_leaves_the_earlier_ones_as_they_are():
    two, three = (plan_batches(LENGTHS, 16, epochs, seed=0) for epochs in (2, 3))
    assert all(np.array_equal(one, other) for one, other in zip(two.steps, three.steps[: len(two.steps)], strict=True))


def test_rows_of_similar_length_meet_so_that_little_is_padding():
    order = np.random.default_rng(0).permutation(len(LENGTHS))
    at_random = [order[start : start + 16] for start in range(0, len(order), 16)]
    assert padding(plan_batches(LENGTHS, 16, epochs=1, seed=0).steps) < padding(at_random) / 5


def test_the_batches_of_an_epoch_do_not_come_in_the_order_of_their_lengths():
    longest = [max(LENGTHS[row] for row in rows) for rows in plan_batches(LENGTHS, 16, epochs=1, seed=0).steps]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)


def test_only_pools_are_sorted_so_that_a_large_corpus_stays_mixed():
    steps = plan_batches([3, 4] * POOL, batch_size=1, epochs=1, seed=0).steps
    assert len(steps) == 2 * POOL
    lengths = plan_batches(list(range(POOL * 8)), batch_size=4, epochs=1, seed=0).steps
    spread = [int(rows.max() - rows.min()) for rows in lengths]
    assert max(spread) > 3, "with two pools no batch of four consecutive lengths is certain"


def test_a_batch_is_padded_to_its_longest_text():
    ids = [np.arange(1, length + 1, dtype=np.int32) for length in (2, 4, 3)]
    data = TrainingData(ids, np.array([2, 0, 1]), plan_batches([2, 4, 3], 2, 1, seed=0), pad_id=9)
    batch = data.collate(np.array([0, 2]))
    assert batch.token_ids.tolist() == [[1, 2, 9], [1, 2, 3]]
    assert batch.padding_mask.tolist() == [[1, 1, 0], [1, 1, 1]]
    assert batch.labels.tolist() == [2, 1]
    assert (batch.token_ids.dtype, batch.padding_mask.dtype) == (np.int32, np.int32)
    assert sum(data.tokens(step) for step in range(2)) == 9
    assert np.array_equal(data.batch(1).labels, data.labels[data.plan.steps[1]])
