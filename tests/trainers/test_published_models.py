"""Test the round trip: models are published to a Hub over HTTP, and loaded again by our loaders and by stock code."""

import json
import subprocess
import sys

import pytest

from bakeoff.classifiers.base import predict
from bakeoff.corpus import corpus
from tests.support import tiny

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


def ended(command, environment):
    """Run a command in a separate process, and return it when it has ended."""
    return subprocess.run(
        [sys.executable, *command], cwd=tiny.ROOT, env=environment, capture_output=True, text=True, timeout=240
    )


def run(command, environment):
    """Return the standard output of a command that must succeed."""
    done = ended(command, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(command, environment):
    """Return the error message of a command that must fail."""
    done = ended(command, environment)
    assert done.returncode == 1, done.stdout + done.stderr
    return tiny.error_sentence(done.stdout + done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("framework", tiny.FRAMEWORKS)
def test_stock_code_gives_the_same_labels(published_hub, pair, framework):
    _, environment = published_hub
    script = (
        f"import json\nfrom bakeoff.corpus import corpus\nrepo = 'alice/tiny-{framework}'\n"
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
    sentence = refused(["-m", "trainers.parity", "alice/tiny-pytorch", "alice/tiny-tensorflow"], server.env(tmp_path))
    assert "alice/tiny-pytorch" in sentence


def test_pushing_without_a_token_fails_before_the_training(encoder_folder, fake_hub, tmp_path):
    flags = tiny.arguments(encoder_folder, tmp_path / "runs", "--framework", "pytorch", "--push", "alice/tiny")
    sentence = refused(["-m", "trainers", *flags], fake_hub.env(tmp_path / "home"))
    assert "needs a Hugging Face token" in sentence
    assert not (tmp_path / "runs").exists()
