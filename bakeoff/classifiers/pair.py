"""Two models that can be compared: one in PyTorch, one in TensorFlow, with the same labels and tokenizer."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bakeoff.classifiers.base import BertClassifier
from bakeoff.common import plain_environment
from bakeoff.common.errors import HubError, ModelError
from bakeoff.hub import pull, safety

NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}  # name in commands and folders -> name for readers

# A framework is imported only when a model of it is loaded: each takes seconds and hundreds of megabytes.
_IMPLEMENTATIONS = {
    "pytorch": ("bakeoff.classifiers.pytorch_bert", "PyTorchBert", pull.PYTORCH_FILES),
    "tensorflow": ("bakeoff.classifiers.tensorflow_bert", "TensorFlowBert", pull.TENSORFLOW_FILES),
}


@dataclass(frozen=True)
class Pair:
    """Two comparable classifiers.

    Raises:
        ModelError: The labels or the tokenizers of the two models differ.
    """

    pytorch: BertClassifier
    tensorflow: BertClassifier

    def __post_init__(self) -> None:
        if self.pytorch.labels != self.tensorflow.labels:
            raise ModelError(
                "the two models can't be compared, because their classes differ: PyTorch has "
                f"{', '.join(self.pytorch.labels)[:100]}, TensorFlow has {', '.join(self.tensorflow.labels)[:100]}; "
                "train both on the same corpus."
            )
        difference = self.pytorch.text_encoder.difference(self.tensorflow.text_encoder)
        if difference:
            raise ModelError(
                f"the two models can't be compared, because they read texts differently: {difference}; train both "
                "with the same recipe."
            )

    def __iter__(self) -> Iterator[BertClassifier]:
        return iter((self.pytorch, self.tensorflow))

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of both models."""
        return self.pytorch.labels


def may_be_on_hub(model: str) -> bool:
    """Return whether the name is not a folder and has the form of a Hub id."""
    return not Path(model).is_dir() and model.count("/") == 1 and not model.startswith((".", "/", "~"))


def locate(framework: str, model: str) -> pull.Snapshot:
    """Return the model's folder, or pull it from the Hub if the name is not a folder. No framework is imported.

    Raises:
        ModelError: the folder holds files that must not be loaded.
        HubError: the model can't be pulled.
    """
    folder = Path(model)
    if folder.is_dir():
        _check_folder(folder)
        return pull.Snapshot(folder, "local")
    if not may_be_on_hub(model):
        raise ModelError(f"there is no folder {model}, and it is no Hub id such as USER/NAME either; check the name.")
    return pull.pull(*pull.parse_model_id(model), required=_IMPLEMENTATIONS[framework][2])


def load_classifier(framework: str, model: str, device: str | None = None) -> BertClassifier:
    """Load a model of `pytorch` or `tensorflow` from a folder or from the Hub (an id with an optional `@revision`).

    Raises:
        ModelError: the folder can't be loaded.
        HubError: the model can't be pulled, or holds files that must not be loaded.
    """
    module, name, _ = _IMPLEMENTATIONS[framework]
    source = locate(framework, model)
    plain_environment.prepare()
    implementation = getattr(importlib.import_module(module), name)
    classifier: BertClassifier = implementation(source.path, source.revision, device)
    classifier.notice = source.notice
    return classifier


def _check_folder(folder: Path) -> None:
    try:
        safety.refuse_snapshot(folder, None, str(folder))
    except HubError as error:
        raise ModelError(str(error)) from error


def load_pair(pytorch: str, tensorflow: str, device: str | None = None) -> Pair:
    """Load two models that can be compared.

    Raises:
        ModelError: a folder can't be loaded, or the labels or tokenizers differ.
        HubError: a model can't be pulled.
    """
    return Pair(load_classifier("pytorch", pytorch, device), load_classifier("tensorflow", tensorflow, device))
