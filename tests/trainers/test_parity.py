"""Test the parity command: it accepts a fair pair, and names the broken row of an unfair one."""

import numpy as np
import pytest

from bakeoff.corpus import corpus
from tests.support.tiny import few, read, write
from trainers import parity

pytestmark = pytest.mark.slow


@pytest.fixture
def short_corpus(tmp_path) -> list[str]:
    """Write a corpus of few texts, so that the command ends soon."""
    sample = corpus.load()
    parts = few(sample, sample.train, 2, tmp_path / "a.csv"), few(sample, sample.test, 2, tmp_path / "b.csv")
    return ["--corpus", parts[0], "--test", parts[1]]


def run(runs, *more: str) -> int:
    return parity.main([str(runs / "pytorch"), str(runs / "tensorflow"), *more])


def test_a_fair_pair_holds_and_the_table_says_so(tiny_runs, tmp_path, short_corpus, capsys):
    assert run(tiny_runs, *short_corpus, "--output", str(tmp_path / "parity.json")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert all(line.endswith("holds") for line in lines)
    assert read(tmp_path / "parity.json")["corpus"]["texts"] == 10


def test_another_activation_breaks_both_logit_rows(runs_copy, short_corpus, capsys):
    config = runs_copy / "pytorch" / "config.json"
    write(config, read(config) | {"hidden_act": "gelu"})
    assert run(runs_copy, *short_corpus) == 1
    broken = [line for line in capsys.readouterr().out.splitlines() if line.endswith("BROKEN")]
    assert [line.split(":")[1].split("  ")[0] for line in broken] == [" largest logit difference"] * 2


def test_models_that_can_t_be_compared_are_one_sentence(runs_copy, capsys):
    (runs_copy / "pytorch" / "labels.json").unlink()
    assert run(runs_copy) == 2
    assert capsys.readouterr().err.startswith("error: labels.json")


def test_the_weights_are_put_back(pair):
    before = [classifier.weights() for classifier in pair]
    rows = parity.compare(pair, ["news", "more news of the day"])
    assert [row.holds for row in rows] == [True] * 6
    for classifier, weights in zip(pair, before, strict=True):
        assert all(np.array_equal(array, weights[name]) for name, array in classifier.weights().items())


def test_what_is_not_a_number_does_not_hold():
    assert parity.Row("row", 1e-5, 1e-5).holds
    assert not parity.Row("row", 2e-5, 1e-5).holds
    assert not parity.Row("row", float("nan"), 1e-5).holds
    assert "BROKEN" in parity.table([parity.Row("row", float("nan"), 0)])
