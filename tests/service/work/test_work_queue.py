"""Test the work queue and the models behind it: order, batches and refusals."""

import threading

import numpy as np
import pytest

from bakeoff.common.errors import ModelError
from bakeoff.common.limits import Limits
from service.work import work_queue
from service.work.queued_models import Cancelled, QueuedClassifier, QueuedModels
from service.work.work_queue import BULK_TEXTS, MAX_RETRY_SECONDS, SHARE, QueueFull, Stopping, TooLate, WorkQueue
from tests.support.planted import Contrarian, ReadyLoader, WordCounter
from tests.support.serving import Slow


@pytest.fixture
def queue():
    made = WorkQueue(Limits(queue_texts=20, batch_texts=4))
    yield made
    made.close()


@pytest.fixture
def held(queue):
    """Return a model that is busy with a first text until its gate is opened."""
    model = Slow()
    model.gate.clear()
    queue.submit([model], ["first"], 60)
    while not model.calls:
        pass
    yield model
    model.gate.set()


def results(futures):
    return [future.result(60) for future in futures]


def test_what_came_meanwhile_is_classified_together_and_each_gets_its_own(queue, held):
    asked = [queue.submit([held], [f"sport {'tech ' * n}"], 60)[0] for n in range(6)]
    held.gate.set()
    found = results(asked)
    assert [len(call) for call in held.calls] == [1, 4, 2]
    assert [each.logits.tolist() for each in found] == [[[1, n]] for n in range(6)]
    assert [each.together for each in found] == [4, 4, 4, 4, 2, 2]


def test_a_call_with_many_texts_stays_whole(queue, held):
    asked = [queue.submit([held], ["tech"] * n, 60)[0] for n in (3, 5, 1)]
    held.gate.set()
    assert [each.logits.shape for each in results(asked)] == [(3, 2), (5, 2), (1, 2)]
    assert [len(call) for call in held.calls] == [1, 4, 5]


def test_both_models_are_asked_in_turn(queue, held):
    other = Contrarian("TensorFlow")
    asked = [queue.submit([held, other], ["contrary sport"], 60) for _ in range(2)]
    held.gate.set()
    for first, second in map(results, asked):
        assert first.logits.tolist() == [[1, 0]]
        assert second.logits.tolist() == [[0, 1]]
        assert first.together == second.together == 2


def test_a_full_queue_takes_nothing_and_not_half_of_two_models(queue, held):
    queue.submit([held], ["a"] * 19, 60)
    with pytest.raises(QueueFull, match="busy"):
        queue.submit([held, Contrarian("TensorFlow")], ["b"], 60)
    assert len(queue) == 19
    assert not queue.full
    queue.submit([held], ["c"], 60)
    assert queue.full


def test_who_is_refused_is_told_when_there_is_room_again(queue, held):
    queue._recent.append((10, 20.0))  # two seconds a text
    queue.submit([held], ["a"] * 20, 60)
    for refusal in (queue.refusal(), pytest.raises(QueueFull, queue.submit, [held], ["b"], 60).value):
        assert 41 <= refusal.seconds <= 43
    assert 1 <= QueueFull("").seconds <= 3
    assert QueueFull("", 1e9).seconds <= MAX_RETRY_SECONDS + 3


def test_what_was_begun_is_never_refused_half_way(queue, held):
    parts = [queue.submit([held], ["part"] * 16, 60, urgent=False)[0] for _ in range(5)]
    held.gate.set()
    assert [each.logits.shape for each in results(parts)] == [(16, 2)] * 5


class Ticking(Slow):
    """A held model whose calls take the seconds of `COSTS`, by its own clock."""

    COSTS = {"first": 1, "urgent": 1, "bulk": 2}

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.gate.clear()

    def monotonic(self):
        return self.now

    def logits(self, texts):
        found = super().logits(texts)
        self.now += self.COSTS[texts[0]]
        return found


def test_predictions_go_before_explanations_which_still_get_a_share_of_the_time(monkeypatch):
    model, queue = Ticking(), WorkQueue(Limits(batch_texts=4))
    monkeypatch.setattr(work_queue, "time", model)
    queue.submit([model], ["first"], 60)
    while not model.calls:
        pass
    asked = [queue.submit([model], ["bulk"], 600, urgent=False)[0] for _ in range(3)]
    asked += [queue.submit([model], ["urgent"] * 4, 600)[0] for _ in range(12)]
    model.gate.set()
    results(asked)
    queue.close()
    between = SHARE * model.COSTS["bulk"] + 1  # predictions of a second, until they had more than their share
    order = ["bulk", *["urgent"] * between, "bulk", *["urgent"] * (12 - between), "bulk"]
    assert [call[0] for call in model.calls[1:]] == order


def test_who_gives_up_is_not_asked_for(queue, held):
    dropped, kept = queue.submit([held], ["dropped"], 60)[0], queue.submit([held], ["kept"], 60)[0]
    assert dropped.cancel()
    held.gate.set()
    results([kept])
    assert held.calls == [["first"], ["kept"]]


def test_what_comes_too_late_is_not_computed(queue, held):
    late, kept = queue.submit([held], ["late"], 0)[0], queue.submit([held], ["kept"], 60)[0]
    held.gate.set()
    results([kept])
    with pytest.raises(TooLate):
        late.result(60)
    assert ["late"] not in held.calls


def test_a_model_that_fails_tells_those_who_asked_and_the_next_is_served(queue):
    class Broken(WordCounter):
        def logits(self, texts):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        queue.submit([Broken("PyTorch")], ["a"], 60)[0].result(60)
    assert queue.submit([WordCounter("PyTorch")], ["sport"], 60)[0].result(60).logits.tolist() == [[1, 0]]


def test_a_closed_queue_finishes_what_it_has(queue, held):
    asked = queue.submit([held], ["tech"], 60)
    queue.close()
    with pytest.raises(Stopping):
        queue.submit([held], ["late"], 60)
    assert not queue.alive
    held.gate.set()
    assert results(asked)[0].logits.tolist() == [[0, 1]]


def test_an_explanation_asks_a_few_texts_at_a_time_and_gets_what_the_model_says(queue):
    model = Slow()
    texts = ["tech " * n for n in range(2 * BULK_TEXTS + 1)]
    queued = QueuedClassifier(model, queue)
    np.testing.assert_array_equal(queued.logits(texts), WordCounter("PyTorch").logits(texts))
    assert [len(call) for call in model.calls] == [BULK_TEXTS, BULK_TEXTS, 1]
    assert queued.logits([]).shape == (0, 2)
    assert (queued.framework, queued.labels) == ("PyTorch", ("sport", "tech"))


def test_a_cancelled_explanation_asks_no_more(queue):
    cancelled = threading.Event()
    model = Slow()
    queued = QueuedClassifier(model, queue, cancelled)
    queued.logits(["a"])
    cancelled.set()
    with pytest.raises(Cancelled):
        queued.logits(["b"])
    assert model.calls == [["a"]]


def test_the_models_are_ready_while_both_are_there_and_work_is_taken(queue):
    class Empty(ReadyLoader):
        def pair(self):
            raise ModelError("not ready yet")

    assert not QueuedModels(Empty(), queue).ready()
    models = QueuedModels(ReadyLoader(), queue)
    assert models.ready()
    assert [each.predicted for each in models.answers(["contrary sport"])] == [("sport",), ("tech",)]
    assert [each.framework for each in models.pair()] == ["PyTorch", "TensorFlow"]
    queue.close()
    assert not models.ready()


def test_a_framework_that_is_not_ready_can_not_be_asked(queue):
    models = QueuedModels(ReadyLoader((WordCounter("PyTorch"),)), queue)
    assert [model.framework for model in models.requested("pytorch")] == ["PyTorch"]
    with pytest.raises(ModelError, match="TensorFlow is not ready"):
        models.requested("tensorflow")
