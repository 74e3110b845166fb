"""Test the result of a training in both frameworks: the folder, its report, and a model that stock code loads."""

import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from huggingface_hub import ModelCard

from bakeoff.classifiers.base import predict
from bakeoff.corpus import corpus
from tests.support.tiny import FRAMEWORKS, SETTINGS, contents, read
from trainers import job
from trainers.recipe import Recipe, preset

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("framework", FRAMEWORKS)]

SHARED_FILES = {"README.md", "config.json", "labels.json", "recipe.json", "training.json", "tokenizer.json"}
OWN_FILES = {
    "pytorch": {"model.safetensors", "tokenizer_config.json", "vocab.txt"},
    "tensorflow": {"model.weights.h5", "task.json", "task.weights.h5", "preprocessor.json", "metadata.json"}
    | {"assets/tokenizer/vocabulary.txt"}
    | {f"hf_tokenizer/{name}" for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt")},
}
VERSIONS = {"pytorch": {"torch", "transformers"}, "tensorflow": {"tensorflow", "keras", "keras_hub"}}


def tiny_job(framework, encoder_folder, output, **changes) -> job.Job:
    """Train with two steps per epoch, in this process."""
    sample = corpus.load()
    small = replace(sample, train=sample.train[:32], test=sample.test[:10])
    recipe = Recipe(encoder=str(encoder_folder), max_length=24, epochs=2, learning_rate=1e-3)
    return job.Job(framework, replace(recipe, **changes), small, output)


def test_the_folder_holds_these_files_and_nothing_else(tiny_runs, framework):
    assert set(contents(tiny_runs / framework)) == SHARED_FILES | OWN_FILES[framework]


def test_nothing_else_is_left_in_the_output(tiny_runs, framework):
    left = {path.name for path in tiny_runs.iterdir()} - set(FRAMEWORKS)
    assert left <= {"checkpoint"}
    assert contents(tiny_runs / "checkpoint") == {}


def test_the_optimizer_s_state_is_not_published(tiny_runs, framework):
    parameters = sum(array.size for array in published_weights(tiny_runs).values())
    largest = max(path.stat().st_size for path in (tiny_runs / framework).iterdir())
    assert largest < 1.8 * 4 * parameters


def published_weights(tiny_runs) -> dict:
    from safetensors.numpy import load_file

    return load_file(tiny_runs / "pytorch" / "model.safetensors")


def test_the_report_tells_the_whole_run(tiny_runs, encoder_folder, framework):
    report, sample = read(tiny_runs / framework / "training.json"), corpus.load()
    steps = 3 * math.ceil(len(sample.train) / 8)
    assert report["steps"] == len(report["loss"]) == steps
    assert np.isfinite(report["loss"]).all()
    assert np.mean(report["loss"][-10:]) < 0.7 * np.mean(report["loss"][:10])
    assert len(report["seconds_per_epoch"]) == 3
    assert min(report["seconds_per_epoch"]) > 0
    (first,) = report["first_step_seconds"]
    assert 0 < first < sum(report["seconds_per_epoch"])
    assert report["tokens_per_second"] > 0
    assert 100 < report["peak_memory_megabytes"] < 20_000
    assert VERSIONS[framework] | {"python", "system", "device"} <= set(report["environment"])
    assert report["corpus"] == {"name": "sample", "digest": sample.digest, "train": 300, "test": 100}
    assert set(report["scores"]) == {"accuracy", "macro_f1"}
    assert report["scores"]["accuracy"] > 0.3, "the tiny model knows nothing: 0.2 is a guess"


def test_recipe_and_labels_are_those_of_the_command(tiny_runs, encoder_folder, framework):
    settings = [*SETTINGS, f"encoder={encoder_folder}"]
    assert Recipe.load(tiny_runs / framework) == preset("small").with_settings(settings).public()
    assert read(tiny_runs / framework / "labels.json") == list(corpus.load().labels)
    config = read(tiny_runs / framework / "config.json")
    assert config["id2label"] == {str(index): label for index, label in enumerate(corpus.load().labels)}
    assert config["label2id"] == {label: index for index, label in enumerate(corpus.load().labels)}


def test_the_card_s_figures_are_those_of_the_report(tiny_runs, framework):
    report = read(tiny_runs / framework / "training.json")
    card = ModelCard.load(tiny_runs / framework / "README.md").data
    assert card.library_name == {"pytorch": "transformers", "tensorflow": "keras-hub"}[framework]
    assert card.pipeline_tag == "text-classification"
    values = {result.metric_type: result.metric_value for result in card.eval_results}
    assert values == {"accuracy": report["scores"]["accuracy"], "f1": report["scores"]["macro_f1"]}


def test_stock_code_loads_the_model_and_gives_the_same_labels(tiny_runs, pair, framework):
    texts = [example.text for example in corpus.load().test]
    stock = {"pytorch": labels_from_transformers, "tensorflow": labels_from_keras_hub}[framework]
    found = stock(tiny_runs / framework, texts)
    assert len(set(found)) > 2, "the tiny model should tell classes apart"
    assert found == predict(getattr(pair, framework), texts)


def labels_from_transformers(folder, texts) -> list[str]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        logits = model(**tokenizer(texts, truncation=True, padding=True, return_tensors="pt")).logits
    return [model.config.id2label[column] for column in logits.argmax(dim=1).tolist()]


def labels_from_keras_hub(folder, texts) -> list[str]:
    from bakeoff.common.keras_on_tensorflow import keras_hub

    logits = keras_hub.models.TextClassifier.from_preset(str(folder)).predict(texts, verbose=0)
    id2label = read(folder / "config.json")["id2label"]
    return [id2label[str(column)] for column in logits.argmax(axis=1)]


@pytest.fixture(scope="module")
def losses(encoder_folder, tmp_path_factory):
    """Return the losses of four trainings per framework: the first, the same again, another seed, no dropout."""
    known = {}

    def of(framework) -> list[list[float]]:
        if framework not in known:
            settings = ({}, {}, {"seed": 4}, {"dropout": 0.0})
            output = [tmp_path_factory.mktemp("losses") for _ in settings]
            jobs = [tiny_job(framework, encoder_folder, o, **s) for o, s in zip(output, settings, strict=True)]
            known[framework] = [read(job.run(each) / "training.json")["loss"] for each in jobs]
        return known[framework]

    return of


def test_equal_seeds_give_equal_losses_and_another_seed_gives_others(losses, framework):
    first, again, other_seed, _ = losses(framework)
    assert len(first) == 4
    if framework == "pytorch":
        assert first == again
    assert first == pytest.approx(again, abs=1e-5)
    assert first != pytest.approx(other_seed, abs=1e-3)


def test_dropout_acts_in_training(losses, framework):
    first, *_, without = losses(framework)
    assert abs(first[0] - without[0]) > 1e-4


def test_one_step_in_bfloat16_has_a_summary_and_is_saved_as_float32(encoder_folder, tmp_path, framework):
    from bakeoff.classifiers.pair import load_classifier

    mixed = tiny_job(framework, encoder_folder, tmp_path, mixed_precision=True, batch_size=64, epochs=1)
    folder = job.run(mixed)
    assert read(folder / "training.json")["tokens_per_second"] is None
    assert "accuracy" in job.summary(folder)
    classifier = load_classifier(framework, str(folder))
    assert {array.dtype for array in classifier.weights().values()} == {np.dtype("float32")}
    assert np.isfinite(classifier.logits(["news", "more news"])).all()
    assert asdict(mixed.recipe.public()) == read(folder / "recipe.json")
