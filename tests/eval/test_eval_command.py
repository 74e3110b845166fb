"""Test `bakeoff evaluate` on real models: the report it writes, its cache, and what it rejects."""

import json
import shutil

import numpy as np
import pytest

from eval import __main__ as command
from eval.report import report

pytestmark = pytest.mark.slow


def run(runs, tmp_path, *more):
    """Run the command on a pair of models with its own cache; return its exit status and its report."""
    models = [str(runs / "pytorch"), str(runs / "tensorflow")]
    output = tmp_path / "report.json"
    status = command.main(["--models", *models, "--cache", str(tmp_path / "cache"), "--output", str(output), *more])
    return status, report.read(output) if output.exists() else None


@pytest.fixture(scope="module")
def seeds(tiny_runs, tmp_path_factory):
    """Write a folder as `bakeoff train --seeds 2` does."""
    folder = tmp_path_factory.mktemp("seeds")
    for seed in range(2):
        shutil.copytree(tiny_runs, folder / f"seed-{seed}")
    return folder


def test_a_report_is_written_and_a_second_one_needs_no_framework(tiny_runs, seeds, tmp_path, capsys, monkeypatch):
    status, document = run(tiny_runs, tmp_path, "--seeds-dir", str(seeds), "--html", str(tmp_path / "report.html"))
    assert status == 0
    assert document["comparison"]["headline"] in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert document["comparison"]["headline"] in capsys.readouterr().out
    assert document["seeds"]["pytorch_runs"] == 2
    assert {row["name"] for row in document["robustness"]} >= {"typos", "upper case"}
    assert str(tmp_path) not in document["command"]
    for framework in ("PyTorch", "TensorFlow"):
        trained = json.loads((tiny_runs / framework.lower() / "training.json").read_text(encoding="utf-8"))
        accuracy = document["evaluations"][framework]["metrics"]["accuracy"]["value"]
        assert accuracy == pytest.approx(trained["scores"]["accuracy"])
    monkeypatch.setattr(command, "load_classifier", lambda *_: pytest.fail("the cache was not used"))
    _, again = run(tiny_runs, tmp_path, "--seeds-dir", str(seeds))
    for part in ("comparison", "predictions", "robustness", "seeds", "slices", "disagreement"):
        assert again[part] == document[part]


def test_what_can_not_be_evaluated_gets_one_sentence(tiny_runs, tmp_path, capsys):
    cases = {
        "don't know": ["--corpus", str(tmp_path / "other.csv")],
        "--margin must be between": ["--margin", "2"],
        "are needed": ["--seeds-dir", str(tmp_path)],
    }
    (tmp_path / "other.csv").write_text(
        "text,label\n" + "".join(f"item {n},{'arts' if n % 2 else 'law'}\n" for n in range(20)), encoding="utf-8"
    )
    for expected, flags in cases.items():
        status, document = run(tiny_runs, tmp_path, *flags)
        printed = capsys.readouterr().err
        assert status == 2, expected
        assert document is None
        assert expected in printed
        assert "Traceback" not in printed


def test_cancelling_keeps_what_is_cached(tiny_runs, tmp_path, monkeypatch):
    texts = [f"news item number {number}" for number in range(3)]
    with command.tqdm(disable=True) as bar:
        model = command.CachedModel("pytorch", str(tiny_runs / "pytorch"), tmp_path, bar)
        first = model.logits(texts)

        def cancelled(_):
            raise KeyboardInterrupt

        monkeypatch.setattr(model, "_answer", cancelled)
        with pytest.raises(KeyboardInterrupt):
            model.logits([*texts, "one more"])
        np.testing.assert_array_equal(model.logits(texts), first)


def test_a_corpus_that_the_models_were_not_trained_with_is_warned_of(tiny_runs, tmp_path, capsys):
    labels = json.loads((tiny_runs / "pytorch" / "labels.json").read_text(encoding="utf-8"))
    rows = "".join(f"item {number} of many,{labels[number % 5]}\n" for number in range(50))
    (tmp_path / "other.csv").write_text("text,label\n" + rows, encoding="utf-8")
    status, document = run(tiny_runs, tmp_path, "--corpus", str(tmp_path / "other.csv"), "--no-robustness")
    assert status == 0
    assert document["robustness"] is None
    assert "warning: 2 of 2 models were trained on another corpus or split" in capsys.readouterr().err


def test_the_printed_table_has_a_header(tiny_runs, tmp_path, capsys):
    run(tiny_runs, tmp_path, "--no-robustness")
    printed, err = capsys.readouterr()
    (header,) = [line for line in printed.splitlines() if "TensorFlow minus PyTorch" in line and "PyTorch  " in line]
    (row,) = [line for line in printed.splitlines() if line.startswith("accuracy")]
    assert header.index("PyTorch") == len(row) - len(row[len("accuracy") :].lstrip())
    assert "warning" not in err
