"""The folder of a trained model: the files in it besides the framework's own."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from bakeoff.common import tokenization
from bakeoff.common.errors import ModelError


class ModelFolder:
    """The shared files of a model folder: `labels.json`, `recipe.json`, `training.json` and the tokenizer.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the logits' columns.

        Raises:
            ModelError: the file is missing, broken, or not a list of two or more different texts.
        """
        labels = self._read("labels.json")
        valid = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
        if not valid or len(labels) < 2 or len(set(labels)) < len(labels):
            raise ModelError(
                f"labels.json in {self.path.name} should list two or more different class names; "
                "train or publish the model again."
            )
        return tuple(labels)

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The training recipe: the fields of trainers.recipe.Recipe.

        Raises:
            ModelError: the file is missing, broken, or lacks `max_length`.
        """
        recipe = self._read("recipe.json")
        length = recipe.get("max_length") if isinstance(recipe, dict) else None
        if not isinstance(recipe, dict) or type(length) is not int or not 4 <= length <= 4096:
            raise ModelError(
                f"recipe.json in {self.path.name} should hold the training recipe with a max_length from 4 to 4096; "
                "train or publish the model again."
            )
        return recipe

    @cached_property
    def training(self) -> dict[str, Any]:
        """The report of the training; empty if the folder has none.

        Raises:
            ModelError: the file is broken.
        """
        training = self._read("training.json") if (self.path / "training.json").exists() else {}
        if not isinstance(training, dict):
            raise ModelError(f"training.json in {self.path.name} should hold an object; train the model again.")
        return training

    def text_encoder(self) -> tokenization.TextEncoder:
        """Load the model's tokenizer, which truncates texts at the same length as the training did.

        Raises:
            ModelError: the tokenizer or the recipe can't be read.
        """
        return tokenization.load(self.path, self.recipe["max_length"])

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{name} in {self.path} can't be read ({error}); expected a folder that `bakeoff train` wrote."
            ) from error
