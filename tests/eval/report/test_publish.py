"""Test `eval.report.publish`: scores in model cards, over real HTTP against the tests' Hub."""

import json
import shutil

import h5py
import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard

from bakeoff.classifiers.pair import locate
from bakeoff.common.errors import HubError, ReportError
from bakeoff.common.json_report import identify
from bakeoff.hub import model_index
from bakeoff.hub.model_index import Score
from eval import __main__ as evaluate_command
from eval.report import logits_cache, publish, report
from tests.eval.report.test_report import build
from tests.support.planted_logits import logits

CARD = """---
library_name: transformers
license: apache-2.0
tags: [bakeoff]
model-index:
- name: tiny
  results:
  - task: {type: text-classification}
    dataset: {name: other.csv, type: other.csv, split: test}
    metrics:
    - {type: accuracy, name: Accuracy, value: 0.5}
  - task: {type: text-classification}
    dataset: {name: planted, type: planted, split: test}
    metrics:
    - {type: accuracy, name: Accuracy, value: 0.1}
---

# A card

With a body.
"""
FILES = {
    "pytorch": {"model.safetensors": b"weights", "recipe.json": b"{}", "README.md": CARD.encode()},
    "tensorflow": {"model.weights.h5": b"w", "task.weights.h5": b"t", "recipe.json": b"{}", "README.md": b"# Bare\n"},
}


@pytest.fixture
def repositories(connected_hub, monkeypatch):
    """Publish both models to the Hub, and set alice's token in the environment."""
    monkeypatch.setenv("HF_TOKEN", connected_hub.token("alice"))
    for framework, files in FILES.items():
        connected_hub.put(f"alice/tiny-{framework}", files)
    return {framework: f"alice/tiny-{framework}" for framework in FILES}


@pytest.fixture
def document(tmp_path):
    """Build a report about exactly these weights."""
    references = np.arange(60) % 3
    out = build(references, logits(references, 3, 2.0, seed=1), logits(references, 3, 2.0, seed=2))
    for name, (framework, files) in zip(("PyTorch", "TensorFlow"), FILES.items(), strict=True):
        folder = tmp_path / framework
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        out["models"][name]["weights"] = logits_cache.weights_digest(folder)
    out["id"] = identify(out)
    return out


def card_of(server, repo_id):
    repo = server.repos["model", repo_id]
    return repo.at("main").files["README.md"].data.decode()


def test_scores_reach_the_cards_and_all_else_stays(connected_hub, repositories, document, tmp_path, capsys):
    report.write(tmp_path / "report.json", document)
    flags = [part for framework, repo_id in repositories.items() for part in (f"--{framework}", repo_id)]
    assert publish.main([str(tmp_path / "report.json"), *flags]) == 0
    assert "alice/tiny-pytorch: scores published, commit" in capsys.readouterr().out
    written = card_of(connected_hub, "alice/tiny-pytorch")
    assert written.endswith("# A card\n\nWith a body.\n")
    card = ModelCard(written)
    assert card.data.license == "apache-2.0"
    found = {(each.dataset_name, each.metric_name.partition(" (")[0]): each for each in card.data.eval_results}
    assert found["other.csv", "Accuracy"].metric_value == 0.5
    accuracy = document["comparison"]["metrics"]["accuracy"]["pytorch"]
    assert found["planted", "Accuracy"].metric_value == pytest.approx(accuracy["value"], abs=1e-6)
    assert (
        f"(95 % interval {accuracy['low']:.4f} to {accuracy['high']:.4f})" in found["planted", "Accuracy"].metric_name
    )
    assert ("planted", "Macro F1") in found
    assert len(card.data.eval_results) == 1 + len(publish.METRICS)


def test_publishing_again_changes_nothing(connected_hub, repositories, document):
    first = publish.publish(document, repositories)
    before = {repo_id: connected_hub.repos["model", repo_id].branches["main"] for repo_id in repositories.values()}
    assert first == before
    assert set(publish.publish(document, repositories).values()) == {None}
    assert before == {repo_id: connected_hub.repos["model", repo_id].branches["main"] for repo_id in before}


def test_a_later_report_takes_the_place_of_the_earlier(connected_hub, repositories, document):
    publish.publish(document, repositories)
    document["comparison"]["metrics"]["accuracy"]["pytorch"] |= {"value": 0.75, "low": 0.7, "high": 0.8}
    publish.publish(document, repositories)
    card = ModelCard(card_of(connected_hub, "alice/tiny-pytorch"))
    values = [each.metric_value for each in card.data.eval_results if each.metric_type == "accuracy"]
    assert values == [0.5, 0.75]


def test_other_weights_are_refused_and_no_card_is_touched(connected_hub, repositories, document):
    connected_hub.put("alice/tiny-tensorflow", {**FILES["tensorflow"], "task.weights.h5": b"trained again"})
    before = card_of(connected_hub, "alice/tiny-pytorch")
    with pytest.raises(ReportError, match="other TensorFlow weights .* than alice/tiny-tensorflow holds"):
        publish.publish(document, repositories)
    assert card_of(connected_hub, "alice/tiny-pytorch") == before


def test_another_recipe_is_another_model(connected_hub, repositories, document):
    connected_hub.put("alice/tiny-pytorch", {**FILES["pytorch"], "recipe.json": b'{"seed": 1}'})
    with pytest.raises(ReportError, match="other PyTorch weights"):
        publish.publish(document, repositories)


def test_a_push_in_between_is_not_overwritten(connected_hub, repositories, document):
    remote = model_index.remote_files("alice/tiny-pytorch", publish.IDENTIFYING)
    connected_hub.put("alice/tiny-pytorch", {**FILES["pytorch"], "README.md": b"# New\n"})
    with pytest.raises(HubError, match="Someone else changed"):
        model_index.write_scores(remote, "planted", publish.scores(document, "pytorch"), "scores")


def test_a_failure_at_the_second_card_names_the_first(connected_hub, repositories, document, monkeypatch):
    scores = publish.scores

    def pushed_in_between(report, framework):
        if framework == "tensorflow":
            connected_hub.put("alice/tiny-tensorflow", {**FILES["tensorflow"], "README.md": b"# New\n"})
        return scores(report, framework)

    monkeypatch.setattr(publish, "scores", pushed_in_between)
    with pytest.raises(HubError, match="Someone else changed alice/tiny-tensorflow .*") as caught:
        publish.publish(document, repositories)
    commit = connected_hub.repos["model", "alice/tiny-pytorch"].branches["main"]
    assert f"Before the failure, the scores were published to alice/tiny-pytorch (commit {commit})." in str(
        caught.value
    )


def test_what_can_not_be_published_gets_a_sentence(
    connected_hub, repositories, document, tmp_path, monkeypatch, capsys
):
    report.write(tmp_path / "report.json", document)
    path = str(tmp_path / "report.json")
    cases = {
        "nothing was named to publish": (2, []),
        "no repository was named": (2, [path]),
        "named twice": (2, [path, "--to", "alice/tiny", "--pytorch", "alice/tiny-pytorch"]),
        "publish models, but none were named": (2, [path, "--to", "alice/tiny", "--private"]),
        "shows no repository": (1, [path, "--pytorch", "alice/absent"]),
        "can't be read as a report": (2, [str(tmp_path / "absent.json"), "--pytorch", "alice/tiny-pytorch"]),
    }
    for expected, (status, command) in cases.items():
        assert publish.main(command) == status, expected
        assert expected in capsys.readouterr().err
    monkeypatch.setenv("HF_TOKEN", connected_hub.token("bob"))
    assert publish.main([path, "--pytorch", "alice/tiny-pytorch"]) == 1
    assert "may not write to alice/tiny-pytorch" in capsys.readouterr().err


def test_the_metadata_survives_hostile_names():
    hostile = "a: b\n- <script>.csv"
    card = model_index.with_scores("# Bare\n", "alice/tiny", hostile, [Score("f1", "Macro F1", 0.5, None, None)])
    metadata = yaml.safe_load(card.split("---\n")[1])
    assert metadata["model-index"][0]["results"][0]["dataset"]["name"] == hostile
    assert metadata["model-index"][0]["results"][0]["metrics"] == [{"type": "f1", "value": 0.5, "name": "Macro F1"}]
    assert json.dumps(metadata)


@pytest.mark.slow
def test_a_trained_pair_is_published_scored_and_still_loads(connected_hub, tiny_runs, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", connected_hub.token("alice"))
    repositories = {framework: f"alice/news-{framework}" for framework in FILES}
    runs = shutil.copytree(tiny_runs, tmp_path / "runs")
    output = runs / "report.json"
    cache = ["--cache", str(tmp_path / "cache")]
    assert evaluate_command.main(["--models", str(runs), "--no-robustness", "--output", str(output), *cache]) == 0
    command = [str(output), "--models", str(runs), "--to", "alice/news", "--private"]
    assert publish.main(command) == 2  # nobody is there to say yes
    assert not connected_hub.repos
    assert publish.main([*command, "--yes"]) == 0
    assert all(connected_hub.repos["model", repo_id].private for repo_id in repositories.values())
    for framework, repo_id in repositories.items():
        snapshot = locate(framework, repo_id)
        before, after = ((folder / "README.md").read_text("utf-8") for folder in (runs / framework, snapshot.path))
        assert repo_id in after and publish.PLACEHOLDER not in after
        assert ModelCard(before).text == ModelCard(after).text
        assert ModelCard(after).data.eval_results[0].metric_name.startswith("Accuracy (95 % interval")
        assert len(ModelCard(after).data.eval_results) == len(publish.METRICS)


@pytest.mark.parametrize("metadata", ["model-index: 3", "model-index: [a]", "a: [", "- a", "model-index: [{name: a}]"])
def test_a_card_whose_metadata_is_broken_is_refused(metadata):
    with pytest.raises(HubError, match="metadata that can't be read"):
        model_index.with_scores(f"---\n{metadata}\n---\n", "alice/tiny", "a", [Score("f1", "F1", 0.5, None, None)])


@pytest.fixture
def pair(tmp_path):
    """Write the folder of a pair of models."""
    for framework, files in FILES.items():
        folder = tmp_path / "pair" / framework
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    for weights in (tmp_path / "pair" / "tensorflow").glob("*.h5"):
        h5py.File(weights, "w").close()  # what is published has to be HDF5
    return tmp_path / "pair"


def test_models_replace_files_of_others_only_if_asked_to(connected_hub, repositories, pair, capsys):
    connected_hub.put("alice/tiny-tensorflow", {"thesis.md": b"years of work"})
    command = ["--models", str(pair), "--to", "alice/tiny", "--yes"]
    commits = {repo_id: len(connected_hub.repos["model", repo_id].commits) for repo_id in repositories.values()}
    assert publish.main(command) == 1
    assert "files that Bakeoff did not write" in capsys.readouterr().err
    assert publish.main([*command, "--overwrite"]) == 0
    for repo_id, count in commits.items():
        assert len(connected_hub.repos["model", repo_id].commits) > count
    assert "thesis.md" in connected_hub.repos["model", "alice/tiny-tensorflow"].at("main").files


def test_nothing_is_published_privately_if_one_repository_is_public(connected_hub, pair, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", connected_hub.token("alice"))
    connected_hub.put("alice/tiny-tensorflow", {})
    assert publish.main(["--models", str(pair), "--to", "alice/tiny", "--yes", "--private"]) == 1
    assert "alice/tiny-tensorflow already exists and is public" in capsys.readouterr().err
    assert ("model", "alice/tiny-pytorch") not in connected_hub.repos


def test_overwrite_needs_models(document, tmp_path, capsys):
    path = tmp_path / "report.json"
    report.write(path, document)
    assert publish.main([str(path), "--to", "alice/tiny", "--overwrite"]) == 2
    assert "--overwrite says how to publish models" in capsys.readouterr().err
