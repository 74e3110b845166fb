"""Define the recipe: every choice that both trainers share, saved as `recipe.json` with every model."""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from bakeoff.common.errors import RecipeError

EMBEDDED = "embedded"  # the encoder in a Python package, see trainers/encoder.py
FILE = "recipe.json"


@dataclass(frozen=True)
class Recipe:
    """A complete set of training settings, the same for both frameworks.

    Attributes:
        name: the preset that it started from.
        encoder: `embedded`, a folder, or a Hub id with an optional `@revision`; a BERT-type checkpoint.
        max_length: tokens of a text that the model reads, `[CLS]` and `[SEP]` included.
        batch_size: texts per step.
        epochs: passes over the training split.
        learning_rate: peak of the schedule, which is a linear warm-up from 0 and a linear decay to 0.
        warmup: share of all steps spent in the warm-up, 0 to 1.
        weight_decay: decoupled weight decay (AdamW), on all weights but biases and layer norms.
        adam_epsilon: AdamW's epsilon.
        clip_norm: global norm of the gradients above which they are scaled down.
        dropout: dropout rate in the encoder's layers, its attention and before the head; 0 turns it off.
        seed: seed of the head's first weights, the batch plan and dropout.
        mixed_precision: whether to train in bfloat16 with float32 weights (for GPUs; off by default).
    """

    name: str = "custom"
    encoder: str = EMBEDDED
    max_length: int = 128
    batch_size: int = 16
    epochs: int = 2
    learning_rate: float = 1e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    adam_epsilon: float = 1e-8
    clip_norm: float = 1.0
    dropout: float = 0.1
    seed: int = 0
    mixed_precision: bool = False

    def __post_init__(self):
        for field in fields(self):
            value, allowed = getattr(self, field.name), {float: (float, int)}.get(field.type, (field.type,))
            if type(value) not in allowed:
                raise RecipeError(f"{field.name}={value!r} is not understood: expected {_EXPECTED[field.type]}.")
        for key, (low, high) in _RANGES.items():
            value = getattr(self, key)
            if not low <= value <= high:
                raise RecipeError(f"{key}={value} is out of range: give a value from {low:g} to {high:g}.")

    def public(self) -> "Recipe":
        """Return a copy to publish, which keeps only the name of an encoder's folder."""
        is_folder = self.encoder != EMBEDDED and Path(self.encoder).is_dir()
        return replace(self, encoder=Path(self.encoder).resolve().name) if is_folder else self

    def warmup_steps(self, total_steps: int) -> int:
        """Return the number of warm-up steps in a training of `total_steps`."""
        return int(self.warmup * total_steps)

    def with_settings(self, settings: list[str]) -> "Recipe":
        """Return a copy with `key=value` settings applied.

        Raises:
            RecipeError: a setting is not `key=value`, its key is unknown, or its value has another type than the field.
        """
        return replace(self, **dict(_parse(setting) for setting in settings))

    def save(self, folder: Path) -> None:
        """Write `recipe.json` into `folder`."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Recipe":
        """Read `recipe.json` from `folder`.

        Raises:
            RecipeError: the file is missing, no JSON object, or has unknown keys or values out of range.
        """
        try:
            return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise RecipeError(
                f"{FILE} in {folder.name} can't be read as a recipe ({error}); train or publish the model again."
            ) from error


_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_RANGES = {
    "max_length": (4, 4096),
    "batch_size": (1, 1024),
    "epochs": (1, 1000),
    "learning_rate": (0, 1e6),
    "warmup": (0, 1),
    "weight_decay": (0, 1),
    "adam_epsilon": (1e-12, 1),
    "clip_norm": (1e-6, 1e6),
    "dropout": (0, 0.9),
    "seed": (0, 2**31 - 1),
}

PRESETS = {
    "demo": Recipe("demo", max_length=96, epochs=2, learning_rate=3e-4),
    "small": Recipe("small", max_length=128, epochs=2, learning_rate=1e-4),
    "base": Recipe("base", encoder="google-bert/bert-base-uncased", max_length=256, epochs=3, learning_rate=2e-5),
}


def preset(name: str) -> Recipe:
    """Return the preset of that name.

    Raises:
        RecipeError: there is no such preset.
    """
    if name not in PRESETS:
        raise RecipeError(f"there is no recipe named {name!r}; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def _parse(setting: str) -> tuple[str, object]:
    key, separator, text = setting.partition("=")
    types: dict[str, Any] = {field.name: field.type for field in fields(Recipe) if field.name != "name"}
    if not separator or key not in types:
        raise RecipeError(
            f"--set {setting[:60]} is not understood: expected key=value with a key among {', '.join(types)}."
        )
    try:
        if types[key] is bool:
            return key, {"true": True, "false": False}[text.lower()]
        return key, types[key](text)
    except (ValueError, KeyError):
        raise RecipeError(f"--set {key}={text[:40]} is not understood: {key} is {_EXPECTED[types[key]]}.") from None
