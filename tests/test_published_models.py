"""The round trip: trained models go to a Hub over HTTP and come back through our loaders and through stock code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import corpus
from classifiers.base import predict
from tests import tiny
from tests.hub_server import running_hub

ROOT = Path(__file__).parent.parent

STOCK = {
    "pytorch": """
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained(repo, revision="v1")
tokenizer = AutoTokenizer.from_pretrained(repo, revision="v1")
inputs = tokenizer(texts, truncation=True, padding=True, return_tensors="pt")
columns = model(**inputs).logits.argmax(-1).tolist()
labels = [model.config.id2label[column] for column in columns]
""",
    "tensorflow": """
import os
os.environ["KERAS_BACKEND"] = "tensorflow"
import huggingface_hub, keras_hub
model = keras_hub.models.TextClassifier.from_preset("hf://" + repo)
names = json.load(open(huggingface_hub.hf_hub_download(repo, "labels.json")))
labels = [names[column] for column in model.predict(texts, verbose=0).argmax(-1)]
""",
}


def run(command, environment):
    """A command's standard output; what it printed fails the test with it."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("framework", tiny.FRAMEWORKS)
def test_stock_code_gives_the_same_labels(published_hub, pair, framework):
    _, environment = published_hub
    script = (
        f"import json, corpus\nrepo = 'alice/tiny-{framework}'\n"
        "texts = [example.text for example in corpus.load().test]\n"
        f"{STOCK[framework]}\nprint('LABELS', json.dumps(labels))"
    )
    printed = run(["-c", script], environment)
    (line,) = [line for line in printed.splitlines() if line.startswith("LABELS")]
    texts = [example.text for example in corpus.load().test]
    ours = predict(getattr(pair, framework), texts)
    assert json.loads(line.removeprefix("LABELS ")) == ours
    assert len(set(ours)) > 2


@pytest.mark.slow
def test_parity_holds_for_the_published_pair(published_hub):
    _, environment = published_hub
    printed = run(["-m", "trainers.parity", "alice/tiny-pytorch@v1", "alice/tiny-tensorflow@v1"], environment)
    assert printed.count("holds") == 6
    assert "BROKEN" not in printed


@pytest.mark.slow
def test_a_private_model_is_not_shown_without_a_token(published_hub, tmp_path):
    server, _ = published_hub
    environment = os.environ | server.env(tmp_path)
    environment.pop("HF_TOKEN", None)
    done = subprocess.run(
        [sys.executable, "-m", "trainers.parity", "alice/tiny-pytorch", "alice/tiny-tensorflow"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "alice/tiny-pytorch" in tiny.error_sentence(done.stdout + done.stderr)


def test_pushing_without_a_token_fails_before_the_training(encoder_folder, tmp_path):
    with running_hub() as server:
        environment = os.environ | server.env(tmp_path / "home")
        environment.pop("HF_TOKEN", None)
        command = tiny.arguments(encoder_folder, tmp_path / "runs", "--framework", "pytorch", "--push", "alice/tiny")
        done = subprocess.run(
            [sys.executable, "-m", "trainers", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 2
        assert "needs a Hugging Face token" in tiny.error_sentence(done.stdout + done.stderr)
        assert not (tmp_path / "runs").exists()
