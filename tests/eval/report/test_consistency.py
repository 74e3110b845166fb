"""Test uploaded reports: those that match the schema but can't be true are rejected before a page shows them."""

import copy

import numpy as np
import pytest

from bakeoff.common.errors import ReportError
from bakeoff.common.json_report import identify
from eval.report import report
from tests.eval.report.test_report import build
from tests.support.planted_logits import logits


@pytest.fixture(scope="module")
def planted_report():
    references = np.arange(30) % 3
    return build(references, logits(references, 3, 2.0, seed=1), logits(references, 3, 2.0, seed=2))


def set_at(document, path, value):
    *folders, last = path
    for part in folders:
        document = document[part]
    document[last] = value


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("predictions", "references"), [0], "has 1 entries, expected 30"),
        (("predictions", "references", 0), 3, "is not one of the classes"),
        (("predictions", "PyTorch", 7), [0.0, 1.0], "a row of PyTorch has 2 entries, expected 3"),
        (("evaluations", "TensorFlow", "confusion"), [[1, 2, 3]], "confusion has 1 entries"),
        (("evaluations", "PyTorch", "confusion", 0), [1], "expected 3"),
        (("disagreement", "browser", "neither"), [30], "outside its 30 texts"),
        (("disagreement", "hardest"), [{"index": 31}], "outside its 30 texts"),
        (("disagreement", "hardest"), [{"index": 0.5}], "outside its 30 texts"),
        (("slices", "slices", 0, "indices"), [99], "outside its 30 texts"),
        (("labels"), ["a", "b"], "entries, expected"),
        (("evaluations", "PyTorch"), {}, "required property"),
        (("calibration", "PyTorch", "calibration", "bins"), ["<b>"], "calibration/PyTorch/calibration/bins/0"),
        (("slices", "note"), {"a": 1}, "slices/note"),
        (("robustness",), [{"name": "typos"}], "robustness/0"),
        (("seeds",), {"verdict": "cannot tell"}, "seeds"),
        (("comparison", "metrics"), {}, "comparison/metrics"),
    ],
)
def test_what_can_not_be_true_is_refused(planted_report, path, value, expected):
    changed = copy.deepcopy(planted_report)
    path = (path,) if isinstance(path, str) else path
    set_at(changed, path, value)
    changed["id"] = identify(changed)
    with pytest.raises(ReportError, match=expected):
        report.check(changed, "theirs.json")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e16", "1" + "0" * 400])
def test_numbers_beyond_all_measure_are_refused(planted_report, tmp_path, number):
    path = tmp_path / "report.json"
    report.write(path, planted_report)
    text = path.read_text(encoding="utf-8").replace('"texts": 30', f'"texts": {number}')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match="too large for a report"):
        report.read(path)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("evaluations", "PyTorch", "confusion"), [[0] * 3] * 3, "confusion does not match the predictions"),
        (
            ("evaluations", "TensorFlow", "confusion"),
            [[10, 0, 0], [10, 0, 0], [10, 0, 0]],
            "does not match the predictions",
        ),
        (("predictions", "PyTorch", 0), [0.0, 0.0, 9.0], "does not match the predictions"),
        (
            ("comparison", "metrics", "accuracy", "pytorch", "low"),
            0.999,
            "accuracy/pytorch, .* can't have the interval",
        ),
        (("slices", "slices", 0, "first", "value"), 7.0, "slices/slices/0/first, 7.0 can't have"),
        (
            ("calibration", "PyTorch", "calibration", "if_calibrated", "low"),
            5.0,
            "if_calibrated, .* can't have the interval 5.0",
        ),
        (
            ("slices", "slices", 0, "difference"),
            {"value": 5.0, "low": None, "high": None, "reason": ""},
            "the slice class, class 0 is outside -1 to 1",
        ),
        (
            ("comparison", "metrics", "accuracy", "difference"),
            {"value": 0.0, "low": -3.0, "high": 1.0, "reason": ""},
            "difference of accuracies is outside",
        ),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(planted_report, path, value, expected):
    changed = copy.deepcopy(planted_report)
    set_at(changed, path, value)
    changed["id"] = identify(changed)
    with pytest.raises(ReportError, match=expected):
        report.check(changed, "theirs.json")


def test_logits_that_tie_after_rounding_may_be_counted_in_either_column(planted_report):
    changed = copy.deepcopy(planted_report)
    row = changed["predictions"]["PyTorch"][0]
    best = max(range(3), key=row.__getitem__)
    row[(best + 1) % 3] = row[best] + 1e-4
    changed["id"] = identify(changed)
    report.check(changed, "theirs.json")


def test_the_mean_of_skewed_simulations_may_lie_outside_their_interval(planted_report):
    changed = copy.deepcopy(planted_report)
    changed["calibration"]["PyTorch"]["calibration"]["if_calibrated"] |= {"value": 0.3, "low": 0.0, "high": 0.2}
    changed["id"] = identify(changed)
    report.check(changed, "theirs.json")
