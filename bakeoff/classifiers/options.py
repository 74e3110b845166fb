"""The two models that a command is given: recognized by what they are, so that their order never matters.

--models runs/news                                   a pair's folder, which holds pytorch/ and tensorflow/
--models runs/news/tensorflow runs/news/pytorch      two folders
--models USER/news-pytorch@v1 USER/news-tensorflow   two repositories on the Hub
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bakeoff.classifiers.pair import NAMES, Pair, load_pair
from bakeoff.common.errors import ModelError
from bakeoff.hub import pull

HELP = "a pair's folder, or two folders or Hub ids (USER/NAME[@REVISION]) in any order"
# Files of which each framework's model has at least one. Both have a config.json, which tells them apart too.
FILES = {"pytorch": ("*.safetensors", "pytorch_model*.bin"), "tensorflow": ("task.json", "*.weights.h5")}


def add_models(parser: argparse.ArgumentParser, *, required: bool = True, purpose: str = "the two models") -> None:
    """Add `--models`."""
    parser.add_argument("--models", nargs="+", required=required, metavar="MODEL", help=f"{purpose}: {HELP}")


def by_framework(models: Sequence[str]) -> dict[str, str]:
    """Return the folder or Hub id of the `pytorch` and of the `tensorflow` model; no framework is imported.

    Raises:
        ModelError: they are not one pair's folder or one model of each framework.
        HubError: a model can't be pulled.
    """
    if len(models) == 1:
        return _parts(models[0])
    if len(models) != 2:
        raise ModelError(f"{len(models)} models were named; give one of each framework, or the folder that holds both.")
    frameworks = [framework_of(model) for model in models]
    if frameworks[0] == frameworks[1]:
        raise ModelError(
            f"{models[0]} and {models[1]} are both {NAMES[frameworks[0]]} models; give one of each framework."
        )
    named = dict(zip(frameworks, models, strict=True))
    return {framework: named[framework] for framework in NAMES}


def load_named(models: Sequence[str]) -> Pair:
    """Load the two models that a command names, in any order.

    Raises:
        ModelError: For the same reasons as in `by_framework`, or a model can't be loaded, or the two can't be compared.
        HubError: a model can't be pulled.
    """
    return load_pair(*by_framework(models).values())


def framework_of(model: str) -> str:
    """Return `pytorch` or `tensorflow`, by the files of a model's folder or Hub repository.

    Raises:
        ModelError: there is no such model, or it is of neither framework.
        HubError: the model can't be pulled.
    """
    folder = Path(model)
    if not folder.is_dir():
        if model.count("/") != 1 or model.startswith((".", "/", "~")):
            raise ModelError(
                f"there is no folder {model}, and it is no Hub id such as USER/NAME either; check the name."
            )
        folder = pull.pull(*pull.parse_model_id(model)).path
    config = _config(folder)
    if "registered_name" in config or _has(folder, "tensorflow"):
        return "tensorflow"
    if "model_type" in config or _has(folder, "pytorch"):
        return "pytorch"
    pair = " It holds a pair: name it alone." if set(NAMES) <= {path.name for path in folder.iterdir()} else ""
    raise ModelError(
        f"{model} holds no model: expected config.json with model.safetensors (PyTorch), or with task.json and "
        f"weights (TensorFlow), as `bakeoff train` writes them; check the name.{pair}"
    )


def _parts(model: str) -> dict[str, str]:
    """Return the two models in a pair's folder."""
    folder = Path(model)
    parts = {framework: folder / framework for framework in NAMES}
    if all(part.is_dir() for part in parts.values()):
        return {framework: str(part) for framework, part in parts.items()}
    if folder.is_dir() and (missing := [name for name, part in parts.items() if not part.is_dir()]):
        only = f"{model} holds no folder {' and no folder '.join(missing)}"
    else:
        only = f"{model} is not the folder of a pair"
    raise ModelError(
        f"{only}: give a folder that holds pytorch/ and tensorflow/, as `bakeoff train --output` writes it, or two "
        "models."
    )


def _config(folder: Path) -> dict[str, Any]:
    """Return the model's configuration, or {} if it can't be read. Loading the model then reports the error."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _has(folder: Path, framework: str) -> bool:
    return any(any(folder.glob(pattern)) for pattern in FILES[framework])
