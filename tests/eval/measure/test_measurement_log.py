"""Test `eval.measure.measurement_log`: measurements are available again, however the previous run ended."""

import pytest

from bakeoff.common.errors import ReportError
from eval.measure.measurement_log import MeasurementLog
from eval.speed.plan import Case, Visit

SUBJECT = {"models": ["a", "b"], "settings": {"lengths": (1, 2)}}
FIRST, SECOND = Visit(Case("latency", 1, 16), 0, 1, "pytorch"), Visit(Case("memory"), 0, 0, "tensorflow")


@pytest.fixture
def path(tmp_path):
    log = MeasurementLog(tmp_path / "deep" / "benchmark.jsonl", SUBJECT)
    log.add(FIRST, {"seconds": [0.1, 0.2]})
    log.add(SECOND, {"loaded": None})
    return log.path


def test_a_later_run_knows_all(path):
    assert MeasurementLog(path, SUBJECT).measured == {FIRST: {"seconds": [0.1, 0.2]}, SECOND: {"loaded": None}}


def test_a_line_that_a_crash_cut_is_measured_again(path):
    path.write_text(path.read_text()[:-5])
    log = MeasurementLog(path, SUBJECT)
    assert set(log.measured) == {FIRST}
    log.add(SECOND, {"loaded": 7})
    assert MeasurementLog(path, SUBJECT).measured[SECOND] == {"loaded": 7}


@pytest.mark.parametrize(
    "text", ["", "no json\n", '["header"]\n', '{"models": ["a", "c"], "settings": {"lengths": [1, 2]}}\n']
)
def test_measurements_of_something_else_are_left_alone(path, text):
    path.write_text(text)
    with pytest.raises(ReportError, match="name another --output"):
        MeasurementLog(path, SUBJECT)
    assert path.read_text() == text
