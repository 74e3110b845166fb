"""`python -m trainers`: which processes it runs, and what its flags may say."""

import pytest

from errors import RecipeError
from trainers.__main__ import _processes, parser, recipe_for


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
