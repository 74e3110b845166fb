"""Test that evaluating a pair in memory gives the report that the command writes."""

import pytest

from bakeoff.common.errors import ModelError
from bakeoff.corpus import corpus
from eval.report import in_memory, provenance
from eval.report import report as reports
from tests.support.planted import planted_pair

pytestmark = pytest.mark.slow


def last(steps):
    return [*steps][-1].report


def test_the_report_is_that_of_the_command(pair, tiny_runs, tmp_path, monkeypatch):
    from eval import __main__ as command

    monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "cache"))
    document = last(in_memory.evaluate(tuple(pair), corpus.load(), command="", keep=True))
    folders = [str(tiny_runs / name) for name in ("pytorch", "tensorflow")]
    assert command.main(["--models", *folders, "--no-robustness", "--output", str(tmp_path / "report.json")]) == 0
    written = reports.read(tmp_path / "report.json")
    assert {key for key in document if document[key] != written[key]} <= {"created", "command", "id"}
    assert provenance.mismatch(written, tuple(pair)) == ""
    assert not provenance.trained_elsewhere(written)


def test_a_visitors_texts_leave_no_trace(pair, tmp_path, monkeypatch):
    monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "cache"))
    last(in_memory.evaluate(tuple(pair), corpus.load(), command="", keep=False))
    assert not (tmp_path / "cache").exists()


def test_a_corpus_of_other_classes_is_refused(encoder_folder, tmp_path):
    planted = planted_pair(encoder_folder, tmp_path / "models")
    with pytest.raises(ModelError, match="don't know"):
        next(in_memory.evaluate(planted, corpus.load(), command="", keep=False))
