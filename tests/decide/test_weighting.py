"""Tests of weightings: presets with reasons, files, links, and error messages for invalid ones."""

import json
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.common.errors import InputError
from decide.criteria import weighting
from decide.criteria.criteria import BY_KEY, CRITERIA
from decide.criteria.presets import PRESETS, named
from decide.criteria.weighting import KEYS, OPINION_KEYS, Weighting, check, from_query, to_query

ESTATE = PRESETS["estate"].to_json()


def test_presets_are_weightings_with_reasons():
    assert list(PRESETS) == ["prototype", "api", "batch", "edge", "estate", "small_team"]
    for preset in PRESETS.values():
        assert check(preset.to_json(), preset.name) == preset
        assert len(preset.reason) > 50
    opinions = {key: preset.opinions for key, preset in PRESETS.items() if preset.opinions}
    assert opinions == {"estate": {"estate": 2}}, "opinions are unset by default"


def test_every_criterion_has_a_definition():
    assert len(BY_KEY) == len(CRITERIA)
    for criterion in CRITERIA:
        assert len(criterion.definition) > 15
        assert criterion.opinion == (criterion.group == "Opinion")
        if not criterion.opinion:
            assert criterion.unit
            assert len(criterion.scale.why) > 15


def test_a_file_is_read_as_it_was_written(tmp_path):
    weighting.write(tmp_path / "w.json", PRESETS["estate"])
    assert weighting.read(tmp_path / "w.json") == PRESETS["estate"]
    assert named(str(tmp_path / "w.json")) == PRESETS["estate"]
    assert named("edge") == PRESETS["edge"]


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), st.integers(1, 20).map(lambda n: n / 2), min_size=1),
    st.dictionaries(st.sampled_from(OPINION_KEYS), st.integers(-2, 2)),
)
def test_a_link_carries_weights_and_opinions(weights, opinions):
    query = to_query(Weighting("x", "y", weights, opinions))
    assert set(parse_qs(query)) <= {"decide", "opinions"}
    linked = from_query(query)
    assert (linked.weights, linked.opinions) == (weights, opinions)


def test_a_link_without_weights_has_no_weighting():
    assert from_query("") is None
    assert from_query("__theme=dark&x=1") is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "recipe"}, "is not a weighting"),
        ({"extra": 1}, "unknown field 'extra'"),
        ({"weights": [1]}, "to be objects"),
        ({"weights": {"speed": 1}}, "'speed'; expected one of accuracy"),
        ({"weights": {"accuracy": -1}}, "expected a number from 0 to 10"),
        ({"weights": {"accuracy": True}}, "expected a number"),
        ({"weights": {"accuracy": "much"}}, "the value much"),
        ({"weights": {"accuracy": float("nan")}}, "expected a number"),
        ({"weights": {"accuracy": 0}}, "gives every criterion the weight 0"),
        ({"opinions": {"accuracy": 1}}, "'accuracy'; expected one of skills"),
        ({"opinions": {"skills": 3}}, "from -2 to 2"),
        ({"opinions": {"skills": 0.5}}, "whole number"),
        ({"name": "x" * 101}, "at most 100 characters"),
    ],
)
def test_an_invalid_weighting_gets_a_sentence(change, sentence):
    with pytest.raises(InputError, match=sentence):
        check(ESTATE | change, "w.json")


@pytest.mark.parametrize(
    "query",
    [
        "decide=accuracy",
        "decide=accuracy.x",
        "decide=nothing.1",
        "decide=accuracy.99",
        "decide=accuracy.1&opinions=skills.9",
    ],
)
def test_a_broken_link_gets_a_sentence(query):
    with pytest.raises(InputError, match="the link"):
        from_query(query)


def test_invalid_files_get_a_sentence(tmp_path):
    (tmp_path / "text.json").write_text("no JSON", encoding="utf-8")
    (tmp_path / "deep.json").write_text("[" * 50_000, encoding="utf-8")
    (tmp_path / "large.json").write_text(json.dumps(["x" * 200_000]), encoding="utf-8")
    for name, sentence in (
        ("text", "can't be read"),
        ("deep", "can't be read"),
        ("large", "too much"),
        ("no", "can.t be read"),
    ):
        with pytest.raises(InputError, match=sentence):
            weighting.read(tmp_path / f"{name}.json")
    with pytest.raises(InputError, match="presets prototype, api"):
        named("fast")
