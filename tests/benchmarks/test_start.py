"""Test `benchmarks.start`: the page itself says when it is ready, and rounds are resumed and summarized."""

import argparse

import pytest

from bakeoff.common.errors import BakeoffError
from benchmarks.start import __main__ as start
from benchmarks.start import processes
from eval.measure.measurement_log import MeasurementLog
from tabs.page import page
from tests.support.planted import ReadyLoader

MARKS = {
    "app": {"page": 3.0, "first": 6.0, "both": 12.0},
    "empty page": {"page": 2.0},
    "stock libraries": {"loaded": 10.0, "answered": 15.0},
}


def contenders(started):
    """Return contenders with planted marks; each start adds the contender's name to the list."""

    def contender(name):
        def run():
            started.append(name)
            return MARKS[name]

        return run

    return {name: contender(name) for name in start.CONTENDERS}


def arguments(**settings):
    return argparse.Namespace(**{"repeats": 5, "seed": 0, "browser": False} | settings)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "start.jsonl"


def test_an_answer_counts_for_each_framework_that_gives_it():
    class Growing(ReadyLoader):
        ready = 0

        def classifiers(self):
            if not self.ready:
                raise BakeoffError("not ready yet")
            return self.models[: self.ready]

    loader, port = Growing(), processes.free_port()
    assert not processes.served(port, "")
    demo = page.serve(loader, server_port=int(port), quiet=True)
    try:
        assert processes.served(port, "") and processes.served(port, "config")
        for ready in (0, 1, 2):
            Growing.ready = ready
            assert processes.answering(port) == ready
    finally:
        demo.close()


def test_a_process_that_ends_is_an_error_and_not_waited_for():
    with processes.started(["-c", "raise SystemExit(3)"]) as run:
        with pytest.raises(BakeoffError, match="exit status 3"):
            run.line()
        with pytest.raises(BakeoffError, match="exit status 3"):
            run.until(lambda: 0, 0.01)


def test_medians_and_ratios_of_all_rounds(log):
    measured = MeasurementLog(log, {"models": []})
    start.measure(contenders([]), arguments(), measured)
    found = start.figures(measured.measured)
    assert found["rounds"] == 5
    assert found["seconds"]["app: both"] == {"value": 12.0, "low": 12.0, "high": 12.0, "reason": ""}
    assert {key: each["value"] for key, each in found["ratios"].items()} == {
        "page": 1.5,
        "both_to_loaded": 1.2,
        "both_to_answered": 0.8,
    }
    start.show(found)


def test_a_stopped_run_goes_on_where_it_was_and_half_a_round_does_not_count(log):
    started = []
    counted = contenders(started)

    def stop():
        if started.count("empty page") + started.count("app") >= 3:  # in the middle of the round
            raise KeyboardInterrupt
        return MARKS["stock libraries"]

    header = {"models": ["a", "b"]}
    measured = MeasurementLog(log, header)
    start.measure(counted, arguments(repeats=1), measured)
    started.clear()
    with pytest.raises(KeyboardInterrupt):
        start.measure(counted | {"stock libraries": stop}, arguments(repeats=2), measured)
    again = MeasurementLog(log, header)
    assert start.figures(again.measured)["rounds"] == 1
    done = len(again.measured) - 6
    assert 0 < done < 6
    started.clear()
    start.measure(counted, arguments(repeats=2), again)
    assert len(started) == len(start.CONTENDERS) + 6 - done  # reading all files once, and the rest of the second round
    assert start.figures(again.measured)["rounds"] == 2


def test_figures_of_nothing_are_empty():
    assert start.figures({}) == {"rounds": 0, "seconds": {}, "ratios": {}}


def test_the_command_says_no_more_of_a_path_than_needed(tmp_path):
    given = start.parser().parse_args(["--models", str(tmp_path / "x" / "pytorch"), str(tmp_path / "x" / "tensorflow")])
    assert start._command(given) == "python -m benchmarks.start --models x/pytorch x/tensorflow --repeats 5"
