"""Test that the Hub can read the card's metadata, and that its figures are those of the report."""

import pytest
import yaml
from huggingface_hub import ModelCard

from trainers import model_card
from trainers.recipe import Recipe

REPORT = {
    "framework": "PyTorch",
    "corpus": {"name": "SetFit/bbc-news", "digest": "ab" * 32, "train": 300, "test": 100},
    "encoder": {"hub_id": "google-bert/bert-base-uncased", "revision": "v1"},
    "scores": {"accuracy": 0.9630000000000001, "macro_f1": 0.9612345},
    "environment": {"python": "3.11.7", "torch": "2.13.0"},
}
LABELS = ("business", "sport")


def parse(report=REPORT, labels=LABELS, library="transformers", repo_id="user/name-pytorch"):
    return ModelCard(model_card.write(report, Recipe("small", max_length=77), labels, library, repo_id))


@pytest.mark.parametrize("library", ["transformers", "keras-hub"])
def test_the_hub_finds_what_it_looks_for(library):
    data = parse(library=library).data
    assert (data.library_name, data.pipeline_tag, data.license) == (library, "text-classification", "apache-2.0")
    assert data.base_model == "google-bert/bert-base-uncased"
    assert data.datasets == ["SetFit/bbc-news"]
    assert data.metrics == ["accuracy", "f1"]
    assert data.tags == ["bakeoff", "pytorch"]


def test_the_model_index_holds_the_report_s_exact_values():
    data = parse().data
    assert data.model_name == "name-pytorch"
    assert {result.metric_type: result.metric_value for result in data.eval_results} == {
        "accuracy": 0.9630000000000001,
        "f1": 0.9612345,
    }
    assert {(result.dataset_type, result.dataset_split) for result in data.eval_results} == {
        ("SetFit/bbc-news", "test")
    }


def test_a_local_encoder_and_a_local_corpus_name_nothing_on_the_hub():
    report = REPORT | {"encoder": {"hub_id": "", "revision": ""}, "corpus": REPORT["corpus"] | {"name": "sample"}}
    card = parse(report, repo_id="")
    assert card.data.base_model is None
    assert card.data.datasets is None
    assert card.data.model_name == "bakeoff-pytorch"
    assert "a local folder" in card.text
    assert "USER/NAME" in card.text


def test_the_text_says_what_was_trained_on_what():
    text = parse().text
    for expected in (
        "`business`, `sport`",
        "300 texts to train, 100 to test",
        "0.9630",
        "0.9612",
        "77 tokens",
        "torch 2.13",
    ):
        assert expected in text
    assert 'model="user/name-pytorch"' in text
    assert "hf://user/name-pytorch" in parse(library="keras-hub").text


def test_odd_names_leave_the_metadata_readable():
    labels = ('a "quoted": label', "# heading", "ünï\u2028cøde")
    report = REPORT | {"corpus": REPORT["corpus"] | {"name": "odd: name --- #1.csv"}}
    text = model_card.write(report, Recipe(), labels, "transformers", "user/name")
    metadata = yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))
    assert metadata["model-index"][0]["results"][0]["dataset"]["name"] == "odd: name --- #1.csv"
    assert ModelCard(text).data.library_name == "transformers"
