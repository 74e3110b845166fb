"""Describe where two models come from, and check that they match each other and the texts."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from bakeoff.classifiers.base import Classifier
from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.common import tokenization
from bakeoff.common.errors import ModelError
from bakeoff.corpus.corpus import Corpus
from eval.report import logits_cache


class Model(Classifier, Protocol):
    """A classifier that was loaded from a model folder."""

    folder: ModelFolder


@lru_cache(maxsize=8)
def weights_digest(folder: Path) -> str:
    """Return `logits_cache.weights_digest`, computed once per folder in this process."""
    return logits_cache.weights_digest(folder)


def provenance(model: Model) -> dict[str, Any]:
    """Describe where a model comes from, in the form of a report's `models`."""
    training = model.folder.training
    return {
        "revision": model.revision,
        "weights": weights_digest(model.folder.path),
        "recipe": model.folder.recipe,
        "trained_on": training.get("corpus", {}),
        "encoder": training.get("encoder", {}),
    }


def digests(models: Iterable[Model]) -> dict[str, str]:
    """Return the digest of each model's weights, by framework; test models without a folder are left out."""
    return {model.framework: weights_digest(model.folder.path) for model in models if model.folder}


def mismatch(report: Mapping[str, Any], models: Sequence[Model]) -> str:
    """Say in one sentence how a report's models differ from these; empty if their weights are the same."""
    differing = []
    for model in models:
        reported, loaded = report["models"][model.framework], provenance(model)
        if reported.get("weights") != loaded["weights"]:
            differing.append(f"{model.framework}: {_identity(reported)} there, {_identity(loaded)} here")
    if not differing:
        return ""
    return f"This report is about other model revisions than the loaded ones ({'; '.join(differing)})."


def trained_elsewhere(report: Mapping[str, Any]) -> bool:
    """Return whether a model was trained on another corpus or split than the report's, as far as the report says."""
    digests = [model.get("trained_on", {}).get("digest") for model in report["models"].values()]
    return any(digest != report["corpus"]["digest"] for digest in digests)


def _identity(model: Mapping[str, Any]) -> str:
    weights = f"weights {model['weights'][:12]}" if model.get("weights") else "unknown weights"
    return weights if model["revision"] == "local" else f"{weights} of revision {model['revision'][:12]}"


def check_comparable(models: Sequence[Classifier], data: Corpus) -> None:
    """Check that both models have the same classes, and know all classes of the corpus.

    Raises:
        ModelError: The models' classes differ, or the corpus has another class.
    """
    first, second = models
    if first.labels != second.labels:
        raise ModelError(
            f"the two models can't be compared, because their classes differ: {', '.join(first.labels)[:100]} and "
            f"{', '.join(second.labels)[:100]}; train both on the same corpus."
        )
    if unknown := sorted({example.label for example in data.test} - set(first.labels)):
        raise ModelError(
            f"{data.name} has the class {unknown[0][:60]!r}, which the models don't know (they know "
            f"{', '.join(first.labels)[:100]}); use the corpus that they were trained on."
        )


def facets(model: Model, data: Corpus) -> dict[str, Any]:
    """Return the keyword arguments of `slices.slice_report` that define the slices."""
    whole = tokenization.load(model.folder.path)
    return {
        "token_ids": whole.encode([example.text for example in data.test]),
        "unknown_id": whole.unknown_id,
        "max_length": model.folder.recipe["max_length"],
        "columns": [example.columns for example in data.test],
    }
