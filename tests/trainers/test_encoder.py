"""Test that only a BERT that both frameworks build alike is accepted, before anything is imported."""

import json

import pytest
from safetensors.numpy import load_file, save_file

from bakeoff.common import embedded
from bakeoff.common.errors import BakeoffError, RecipeError
from tests.support.tiny import POSITIONS, read, write
from trainers.encoder import EXAMPLES, resolve


def refusal(folder, max_length: int = 0) -> str:
    """Return the message that refuses the encoder."""
    with pytest.raises(RecipeError) as caught:
        resolve(str(folder), max_length)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def change_config(folder, **changes) -> None:
    write(folder / "config.json", read(folder / "config.json") | changes)


def test_a_folder_is_taken_as_it_is(encoder_folder):
    encoder = resolve(str(encoder_folder), POSITIONS)
    assert (encoder.folder, encoder.hub_id, encoder.lowercase) == (encoder_folder, "", True)
    assert encoder.config["model_type"] == "bert"


@pytest.mark.parametrize(
    ("lowercase", "strip_accents", "expected"),
    [(True, None, True), (True, False, False), (False, None, False), (False, True, True)],
)
def test_accents_go_where_the_tokenizer_drops_them(encoder_copy, lowercase, strip_accents, expected):
    tokenizer = read(encoder_copy / "tokenizer.json")
    tokenizer["normalizer"] |= {"lowercase": lowercase, "strip_accents": strip_accents}
    write(encoder_copy / "tokenizer.json", tokenizer)
    encoder = resolve(str(encoder_copy))
    assert (encoder.lowercase, encoder.strip_accents) == (lowercase, expected)


def test_the_embedded_encoder_is_the_published_one():
    encoder = resolve("embedded", 512)
    assert encoder.hub_id == embedded.HUB_ID
    assert encoder.config["num_hidden_layers"] == 6


def test_embedded_weights_that_changed_are_refused(monkeypatch):
    monkeypatch.setattr(embedded, "SHA256", "0" * 64)
    assert "53aa51172d14… instead of 000000000000…" in refusal("embedded")


def test_another_type_is_refused_with_the_list_of_those_that_work(encoder_copy):
    change_config(encoder_copy, model_type="roberta")
    message = refusal(encoder_copy)
    assert "of type 'roberta'" in message
    assert all(name in message for name in EXAMPLES)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"])
def test_a_missing_file_is_named(encoder_copy, file):
    (encoder_copy / file).unlink()
    assert f"lacks {file}" in refusal(encoder_copy)


def test_sharded_weights_are_refused(encoder_copy):
    shard = "model-00001-of-00002.safetensors"
    (encoder_copy / "model.safetensors").rename(encoder_copy / shard)
    (encoder_copy / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x": shard}}))
    assert "lacks model.safetensors" in refusal(encoder_copy)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_act", "relu"),
        ("layer_norm_eps", 1e-5),
        ("type_vocab_size", 1),
        ("position_embedding_type", "relative_key"),
    ],
)
def test_what_keras_hub_hard_wires_is_checked(encoder_copy, key, value):
    change_config(encoder_copy, **{key: value})
    assert f"{key}={value!r}" in refusal(encoder_copy)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "gelu_pytorch_tanh"])
def test_every_gelu_is_trained_as_the_one_of_keras_hub(encoder_copy, activation):
    change_config(encoder_copy, hidden_act=activation)
    assert resolve(str(encoder_copy)).config["hidden_act"] == activation


@pytest.mark.parametrize("name", ["pooler.dense.weight", "pooler.dense.bias", "encoder.layer.1.output.dense.weight"])
def test_missing_weights_are_refused_because_each_framework_would_draw_its_own(encoder_copy, name):
    weights = load_file(encoder_copy / "model.safetensors")
    del weights[name]
    save_file(weights, encoder_copy / "model.safetensors")
    message = refusal(encoder_copy)
    assert "each framework would draw its own" in message
    assert embedded.HUB_ID in message


def test_weights_that_are_cut_off_are_refused(encoder_copy):
    file = encoder_copy / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    assert "fetch it again" in refusal(encoder_copy)


@pytest.mark.parametrize("content", ["{", '"bert"', '{"model_type": "bert"}'])
def test_a_broken_config_is_refused(encoder_copy, content):
    (encoder_copy / "config.json").write_text(content)
    assert "config.json" in refusal(encoder_copy)


def test_a_max_length_above_the_encoder_s_is_refused_with_the_largest(encoder_folder):
    assert f"--set max_length={POSITIONS}" in refusal(encoder_folder, POSITIONS + 1)


def test_a_name_that_is_neither_a_folder_nor_a_hub_id_is_refused():
    with pytest.raises(BakeoffError, match="no/such/folder"):
        resolve("no/such/folder")
