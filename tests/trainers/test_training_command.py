"""Test `bakeoff train`: its processes, and the valid values of its flags."""

import os
import subprocess
import sys

import pytest

from bakeoff.common.errors import RecipeError
from bakeoff.common.root import ROOT
from bakeoff.corpus import corpus
from trainers.__main__ import _processes, main, parser, recipe_for


def flags(*more):
    return parser().parse_args(["--output", "runs/five", *more])


def test_without_a_framework_each_trains_in_a_process_of_its_own():
    assert list(_processes(flags())) == [["--framework", "pytorch"], ["--framework", "tensorflow"]]


def test_seeds_train_a_pair_each_from_the_given_one_on():
    runs = [
        parser().parse_args(["--output", "runs/five", "--seeds", "2", *more])
        for more in _processes(flags("--seeds", "2", "--seed", "3"))
    ]
    assert [(run.framework, run.seed, str(run.output), run.seeds) for run in runs] == [
        ("pytorch", "3", "runs/five/seed-3", 0),
        ("tensorflow", "3", "runs/five/seed-3", 0),
        ("pytorch", "4", "runs/five/seed-4", 0),
        ("tensorflow", "4", "runs/five/seed-4", 0),
    ]


def test_several_seeds_of_one_framework():
    assert [run[1] for run in _processes(flags("--seeds", "2", "--framework", "pytorch"))] == ["pytorch"] * 2


@pytest.mark.parametrize("more", [["--seeds", "-1"], ["--seeds", "2", "--push", "alice/news"]])
def test_seeds_that_make_no_sense_are_refused(more):
    with pytest.raises(RecipeError, match="--seeds takes a number"):
        list(_processes(flags(*more)))


def test_short_flags_win_over_the_preset():
    recipe = recipe_for(flags("--recipe", "demo", "--set", "epochs=4", "--seed", "7", "--encoder", "some/bert"))
    assert (recipe.epochs, recipe.seed, recipe.encoder) == (4, 7, "some/bert")


def test_all_seeds_share_one_split(tmp_path):
    path = tmp_path / "news.csv"
    rows = "".join(f"item {number} of many,{'arts' if number % 2 else 'law'}\n" for number in range(40))
    path.write_text("text,label\n" + rows, encoding="utf-8")
    one, other = (
        corpus.from_options(flags("--corpus", str(path), "--seed", seed, "--set", "epochs=1")) for seed in "01"
    )
    assert one.digest == other.digest
    assert corpus.from_options(flags("--corpus", str(path), "--split-seed", "1")).digest != one.digest


def test_a_folder_of_the_user_s_does_not_hide_ours(tmp_path):
    (tmp_path / "trainers.py").write_text("raise SystemExit('the wrong trainers')", encoding="utf-8")
    command = [sys.executable, "-P", "-m", "bakeoff", "train", "--output", "runs", "--private"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert "nothing is published without --push" in done.stderr


def test_private_without_push_is_refused(capsys):
    assert main(["--output", "runs/five", "--framework", "pytorch", "--private"]) == 2
    assert "--push" in capsys.readouterr().err
