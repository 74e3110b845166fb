"""Test that every setting of a recipe is checked, on the command line and in `recipe.json`."""

import json
from dataclasses import FrozenInstanceError, asdict

import pytest

from bakeoff.common.errors import RecipeError
from trainers.recipe import _RANGES, EMBEDDED, FILE, PRESETS, Recipe, preset


def test_presets_carry_their_names_and_the_issue_s_values():
    assert {name: preset(name).name for name in PRESETS} == {name: name for name in ("demo", "small", "base")}
    small, base = preset("small"), preset("base")
    assert (small.encoder, small.max_length, small.batch_size, small.epochs) == (EMBEDDED, 128, 16, 2)
    assert small.learning_rate == 1e-4
    assert (base.encoder, base.max_length, base.epochs) == ("google-bert/bert-base-uncased", 256, 3)
    assert not any(recipe.mixed_precision for recipe in PRESETS.values())


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(RecipeError, match="'tiny'.*demo, small, base"):
        preset("tiny")


def test_a_recipe_is_frozen():
    with pytest.raises(FrozenInstanceError):
        preset("small").seed = 1


@pytest.mark.parametrize(
    ("setting", "key", "value"),
    [
        ("epochs=7", "epochs", 7),
        ("learning_rate=3e-5", "learning_rate", 3e-5),
        ("learning_rate=0", "learning_rate", 0.0),
        ("mixed_precision=true", "mixed_precision", True),
        ("mixed_precision=FALSE", "mixed_precision", False),
        ("encoder=some/folder=odd", "encoder", "some/folder=odd"),
    ],
)
def test_a_setting_takes_the_field_s_type(setting, key, value):
    changed = preset("small").with_settings([setting])
    assert getattr(changed, key) == value
    assert type(getattr(changed, key)) is type(value)
    assert asdict(changed) == asdict(preset("small")) | {key: value}


def test_the_last_setting_of_a_key_wins():
    assert preset("small").with_settings(["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize("setting", ["learning_rat=1", "epochs", "=3", "", "name=x", "Epochs=3"])
def test_an_unknown_key_is_refused_with_the_known_ones(setting):
    with pytest.raises(RecipeError, match="key=value.*learning_rate"):
        preset("small").with_settings([setting])


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("epochs=2.5", "a whole number"),
        ("epochs=", "a whole number"),
        ("seed=nan", "a whole number"),
        ("learning_rate=fast", "a number"),
        ("mixed_precision=1", "true or false"),
    ],
)
def test_a_value_of_another_type_is_refused(setting, expected):
    with pytest.raises(RecipeError, match=f"--set {setting} .*{expected}"):
        preset("small").with_settings([setting])


NUMBERS = [key for key in _RANGES if Recipe.__dataclass_fields__[key].type is float]


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_what_is_not_finite_is_refused(key, value):
    with pytest.raises(RecipeError, match=f"{key}=.*out of range"):
        preset("small").with_settings([f"{key}={value}"])


@pytest.mark.parametrize("key", _RANGES)
def test_both_ends_of_a_range_are_inside_and_what_lies_beyond_is_refused(key):
    low, high = _RANGES[key]
    for value in (low, high):
        assert getattr(Recipe(**{key: value}), key) == value
    for value in (low - 1, high + 1):
        with pytest.raises(RecipeError, match=f"{key}=.*out of range"):
            Recipe(**{key: value})


def test_every_number_has_a_range():
    numbers = {name for name, field in Recipe.__dataclass_fields__.items() if field.type in (int, float)}
    assert numbers == set(_RANGES)


def test_warm_up_is_a_share_of_all_steps():
    assert Recipe(warmup=0.1).warmup_steps(114) == 11
    assert Recipe(warmup=0).warmup_steps(114) == 0
    assert Recipe(warmup=1).warmup_steps(114) == 114


def test_a_saved_recipe_reads_back_equal(tmp_path):
    recipe = Recipe("demo", "user/bert@v1", 64, 8, 3, 1.5e-4, 0.07, 0.02, 1e-6, 0.5, 0.3, 42, True)
    recipe.save(tmp_path)
    assert Recipe.load(tmp_path) == recipe
    assert json.loads((tmp_path / FILE).read_text()) == asdict(recipe)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        '{"epoch": 3}',
        '{"epochs": "3"}',
        '{"epochs": 2.5}',
        '{"epochs": 0}',
        '{"dropout": NaN}',
        '{"mixed_precision": "no"}',
        '{"encoder": 5}',
        '{"learning_rate": null}',
    ],
)
def test_a_broken_recipe_file_is_refused(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(RecipeError):
        Recipe.load(tmp_path)


def test_a_missing_recipe_file_is_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"recipe\.json .* can't be read"):
        Recipe.load(tmp_path)


def test_a_published_recipe_tells_no_folder_of_this_machine(encoder_folder):
    recipe = Recipe(encoder=str(encoder_folder))
    assert recipe.public() == Recipe(encoder="tiny-bert")
    assert Recipe().public() == Recipe()
    assert Recipe(encoder="google-bert/bert-base-uncased").public().encoder == "google-bert/bert-base-uncased"
