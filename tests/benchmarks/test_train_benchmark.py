"""Test `benchmarks.train`: training runs take turns, work is counted right, and figures match planted times."""

import importlib
import time
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from bakeoff.common.errors import ReportError
from bakeoff.corpus import corpus
from benchmarks.train import __main__ as train
from benchmarks.train import figures as train_figures
from benchmarks.train.log import TrainLog
from benchmarks.train.work import Work, forward_operations, plan_work
from eval.measure.turns import Turns
from trainers.recipe import Recipe

FRAMEWORKS = {"ours": "pytorch", "stock": "pytorch"}
WORK = Work(operations=(1e9, 2e9, 3e9, 4e9, 5e9), tokens=(1, 2, 3, 4, 5), texts=(2, 2, 2, 2, 1), steps=5)
DATA = SimpleNamespace(labels=("a", "b"), test=[SimpleNamespace(label=label) for label in "aabb"])
PRODUCT_SECONDS = 2 * 100**3 / 10e9  # seconds per product on a machine with 10 GFLOP/s


def counting(steps: int, trained: list[int], fault: Exception | None = None):
    def training(end_step):
        for step in range(steps):
            trained.append(step)
            end_step()
        if fault:
            raise fault

    return training


def test_a_training_stands_still_between_its_turns():
    trained: list[int] = []
    turns = Turns(counting(5, trained))
    assert trained == []
    seconds = turns.advance(2)
    time.sleep(0.05)
    assert trained == [0, 1]
    assert len(seconds) == 2
    assert min(seconds) >= 0
    assert sum(turns.advance(3)) < 0.05, "the pause is not counted"
    with pytest.raises(EOFError, match="no more steps"):
        turns.advance(1)


def test_the_fault_of_a_training_is_raised_where_its_steps_are_waited_for():
    turns = Turns(counting(1, [], fault=ValueError("planted")))
    turns.advance(1)
    with pytest.raises(ValueError, match="planted"):
        turns.advance(1)


def test_operations_are_those_of_each_product_of_a_layer():
    tokens, hidden, inner = 5, 8, 16
    projections = 4 * 2 * tokens * hidden * hidden
    dense = 2 * 2 * tokens * hidden * inner
    attention = 2 * 2 * tokens * tokens * hidden
    assert forward_operations(tokens, 3, hidden, inner) == 3 * (projections + dense + attention)


def test_work_counts_every_text_once_an_epoch():
    data = corpus.load()
    work = plan_work(Recipe(max_length=32, batch_size=16, epochs=2), data, fraction=0.5)
    assert sum(work.texts) == 2 * len(data.train)
    assert len(work.texts) == len(work.tokens) == len(work.operations) == 2 * -(-len(data.train) // 16)
    assert work.steps == len(work.texts) // 2
    assert max(work.tokens) <= 16 * 32


def write_rounds(log: TrainLog, sizes: list[int], first: float = 7.0) -> None:
    """Write rounds in which ours takes 1 s per 1e9 operations, and stock 4 s per text."""
    for name in FRAMEWORKS:
        log.add(("facts", name, 0), {"tokenise_seconds": 0.5})
        log.add(("first", name, 0), [first])
    step = 1
    for size in sizes:
        steps = range(step, step + size)
        seconds = {
            "ours": [WORK.operations[each] / 1e9 for each in steps],
            "stock": [WORK.texts[each] * 4.0 for each in steps],
        }
        log.add_round(step, seconds, {"pytorch": [PRODUCT_SECONDS] * 3})
        step += size


def summarize(log: TrainLog) -> dict:
    return train_figures.summarize(log, WORK, FRAMEWORKS, {"ours"}, DATA, 100)


def test_a_whole_training_is_the_sum_of_its_times(tmp_path):
    log = TrainLog(tmp_path / "log.jsonl", {})
    write_rounds(log, [2, 2])
    log.add(("predicted", "ours", 0), [0, 0, 1, 1])
    log.add(("predicted", "stock", 0), [0, 0, 0, 1])
    figures = summarize(log)
    ours, stock = (figures["contenders"][name] for name in FRAMEWORKS)
    assert not figures["extrapolated"]
    assert ours["seconds"]["value"] == pytest.approx(0.5 + 7 + 14)
    assert stock["seconds"]["value"] == pytest.approx(0.5 + 7 + 28)
    assert figures["ratios"]["stock / ours"]["value"] == pytest.approx(35.5 / 21.5)
    assert "too few" in figures["ratios"]["stock / ours"]["reason"]
    assert figures["ceiling_operations_per_second"] == {"pytorch": pytest.approx(10e9)}
    assert ours["tokens_per_second"] == pytest.approx(15 / 21.5)
    assert ours["share_of_ceiling"] == pytest.approx(14e9 / 14 / 10e9)
    assert figures["accuracy"]["of"]["stock"]["value"] == 0.75
    assert figures["accuracy"]["differences"]["ours - stock"]["value"] == 0.25
    assert any("ours - stock: 0.25 [" in line for line in train_figures.lines(figures))


def test_a_part_is_extrapolated_by_work_and_says_so(tmp_path):
    log = TrainLog(tmp_path / "log.jsonl", {})
    write_rounds(log, [2])
    figures = summarize(log)
    assert figures["extrapolated"]
    assert (figures["steps_trained"], figures["steps_of_the_training"]) == (3, 5)
    assert figures["contenders"]["ours"]["seconds"]["value"] == pytest.approx(0.5 + 7 + 14)
    assert figures["contenders"]["stock"]["seconds"]["value"] == pytest.approx(0.5 + 7 + 28)
    assert "of" not in figures["accuracy"]
    assert "extrapolated" in train_figures.lines(figures)[0]


def test_equal_contenders_are_too_noisy_to_call():
    noisy = 10 + np.random.default_rng(0).normal(0, 1, (2, 1 + train_figures.RESAMPLES))
    assert train_figures._ratio(noisy[0], noisy[1], 9)["too_noisy_to_call"]
    assert not train_figures._ratio(noisy[0] * 9, noisy[1], 9)["too_noisy_to_call"]


def test_without_a_finished_round_there_is_nothing_to_compare(tmp_path):
    assert train_figures.lines(summarize(TrainLog(tmp_path / "log.jsonl", {})))[1].startswith("no round")


def test_the_log_goes_on_and_refuses_other_settings(tmp_path):
    path = tmp_path / "log.jsonl"
    write_rounds(TrainLog(path, {"seed": 0}), [2, 1])
    again = TrainLog(path, {"seed": 0})
    assert (len(again.rounds), again.steps_done) == (2, 4)
    with pytest.raises(ReportError, match="different seed"):
        TrainLog(path, {"seed": 1})


@pytest.mark.parametrize(("left", "sizes"), [(20, (4, 4)), (7, (4, 3)), (1, (1, 0))])
def test_a_round_s_turns_are_as_equal_as_can_be(left, sizes):
    assert train._turn_sizes(left, 4) == sizes


@pytest.mark.slow
@pytest.mark.parametrize("name", list(train.CONTENDERS))
def test_each_contender_trains_in_turns_and_answers_the_test_texts(name, encoder_folder):
    contender = train.CONTENDERS[name]
    module, _, factory = contender.factory.partition(":")
    more = {"framework": contender.framework, "first_step": 70} if contender.ours else {}
    recipe = asdict(Recipe(encoder=str(encoder_folder), max_length=24, batch_size=4, epochs=1))
    build = getattr(importlib.import_module(module), factory)
    training = build(recipe=recipe, corpus_file="sample", test=None, **more)
    assert len(training.advance(1)) == 1
    assert len(training.advance(2)) == 2
    predicted, data = training.predict(), corpus.load()
    assert len(predicted) == len(data.test)
    assert set(predicted) <= set(range(len(data.labels)))
    assert training.facts()["tokenise_seconds"] >= 0
    assert len(training.advance(1)) == 1, "answering does not end the training"
