"""Write the model card: `README.md` with the metadata that the Hub reads."""

from collections.abc import Sequence

import yaml

from trainers.encoder import EXAMPLES
from trainers.recipe import Recipe

USAGE = {
    "transformers": """from transformers import pipeline

classify = pipeline("text-classification", model="{repo_id}")
classify("Your text", truncation=True)""",
    "keras-hub": """import os
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras_hub

classify = keras_hub.models.TextClassifier.from_preset("hf://{repo_id}")
classify.predict(["Your text"])  # logits, in the order of labels.json""",
}


def write(report: dict, recipe: Recipe, labels: Sequence[str], library: str, repo_id: str) -> str:
    """Return the text of the card, from the training's report (as in `training.json`)."""
    metadata = yaml.safe_dump(_metadata(report, library, repo_id), sort_keys=False, allow_unicode=True)
    return f"---\n{metadata}---\n{_body(report, recipe, labels, library, repo_id or 'USER/NAME')}"


def _metadata(report: dict, library: str, repo_id: str) -> dict:
    corpus, encoder = report["corpus"], report["encoder"]
    metadata = {
        "library_name": library,
        "pipeline_tag": "text-classification",
        "tags": ["bakeoff", report["framework"].lower()],
        "metrics": ["accuracy", "f1"],
    }
    if encoder["hub_id"]:
        metadata["base_model"] = encoder["hub_id"]
    if encoder["hub_id"] in EXAMPLES:
        metadata["license"] = "apache-2.0"  # the license of these encoders; that of others is not known here
    if "/" in corpus["name"]:
        metadata["datasets"] = [corpus["name"]]
    results = [
        {"type": "accuracy", "name": "Accuracy", "value": report["scores"]["accuracy"]},
        {"type": "f1", "name": "Macro F1", "value": report["scores"]["macro_f1"]},
    ]
    metadata["model-index"] = [
        {
            "name": repo_id.rpartition("/")[2] or f"bakeoff-{report['framework'].lower()}",
            "results": [
                {
                    "task": {"type": "text-classification"},
                    "dataset": {"name": corpus["name"], "type": corpus["name"], "split": "test"},
                    "metrics": results,
                }
            ],
        }
    ]
    return metadata


def _body(report: dict, recipe: Recipe, labels: Sequence[str], library: str, repo_id: str) -> str:
    corpus, scores = report["corpus"], report["scores"]
    classes = ", ".join("`" + label.replace("`", "'") + "`" for label in labels)
    versions = ", ".join(f"{name} {version}" for name, version in report["environment"].items())
    return f"""
# A text classifier in {report["framework"]}

Fine-tuned by Bakeoff, which trains the same BERT in PyTorch and in TensorFlow, by the same recipe, on the same batches,
and compares them. It tells {len(labels)} classes apart: {classes}.

| | |
|---|---|
| encoder | {report["encoder"]["hub_id"] or "a local folder"} {report["encoder"]["revision"]} |
| corpus | {corpus["name"]}: {corpus["train"]} texts to train, {corpus["test"]} to test |
| corpus digest | `{corpus["digest"]}` |
| accuracy on the test split | {scores["accuracy"]:.4f} |
| macro F1 on the test split | {scores["macro_f1"]:.4f} |
| recipe | {recipe.name}: {recipe.max_length} tokens, batch {recipe.batch_size}, {recipe.epochs} epochs, learning rate \
{recipe.learning_rate:g}, seed {recipe.seed} (all of it in `recipe.json`) |
| versions | {versions} |

One training with one seed: another seed gives another score. The loss of each step, times and memory are in
`training.json`.

## Use

```python
{USAGE[library].format(repo_id=repo_id)}
```

Texts are cut at {recipe.max_length} tokens. The activation is the tanh approximation of GELU, in both frameworks alike.
"""
