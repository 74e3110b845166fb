"""Decide what may be published or pulled: the rules of `bakeoff/hub/pull.py`. Imports nothing from the Hub's client.

Weights are data only in safetensors and in Keras' `*.weights.h5`. Everything that a loader could execute is refused
by name before a byte of it is fetched: pickles, Python files, whole Keras models, remote code, unknown Keras classes.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bakeoff.common.errors import HubError

ALLOWED_SUFFIXES = (".safetensors", ".weights.h5", ".json", ".txt", ".md", ".png", ".jpg", ".jpeg")
ALLOWED_NAMES = (".gitattributes", "LICENSE")
TEXT_SUFFIXES = (".json", ".txt", ".md")
ALLOWED_KERAS_CLASSES = (
    "BertBackbone",
    "BertTextClassifier",
    "BertTextClassifierPreprocessor",
    "BertTokenizer",
    "DTypePolicy",
)
# Glob characters are harmless in themselves, but names are handed to the Hub's client as patterns.
SAFE_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+ -]*(/[A-Za-z0-9_][A-Za-z0-9_.+ -]*)*")
KERAS_MODULE = re.compile(r"keras(_hub)?(\.[A-Za-z0-9_]+)*")
TOKEN = re.compile(rb"hf_[A-Za-z0-9]{30,}")


def refuse_names(names: Iterable[str], where: str) -> None:
    """Refuse a listing that holds a file which is not plain data.

    Args:
        names: paths relative to the repository or folder, with forward slashes.
        where: The name of the checked place, for the message.

    Raises:
        HubError: a path leaves the folder, or a file's type is not on the allow-list.
    """
    for name in names:
        if name in ALLOWED_NAMES:
            continue
        if not SAFE_PATH.fullmatch(name) or len(name) > 255:
            raise HubError(f"{where} holds a file with the unsafe path {name!r}: nothing was loaded from it.")
        if not name.endswith(ALLOWED_SUFFIXES):
            raise HubError(
                f"{where} holds {name!r}, which may run code when it is loaded: Bakeoff accepts only safetensors,"
                " Keras *.weights.h5, json, txt, md and images; remove the file or choose another model."
            )


def refuse_incomplete(names: Iterable[str], required: Iterable[str], where: str) -> None:
    """Refuse a listing that lacks a required file; `a|b` is satisfied by either.

    Raises:
        HubError: naming what is missing.
    """
    missing = [name for name in required if not set(name.split("|")) & set(names)]
    if missing:
        raise HubError(f"{where} lacks {', '.join(missing)}: it is not a complete model of the expected kind.")


def refuse_snapshot(folder: Path, names: Iterable[str] | None, where: str) -> None:
    """Apply every rule to a local folder, to the files `names` or to all that is in it.

    Raises:
        HubError: For the same reasons as in `refuse_names` and `refuse_contents`.
    """
    if names is None:
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()]
    refuse_names(names, where)
    refuse_contents(folder, names, where)


def refuse_contents(folder: Path, names: Iterable[str], where: str) -> None:
    """Refuse files of a local folder that are data by name but would make a loader run or read something else.

    Raises:
        HubError: a JSON file asks for remote code or for an unexpected Keras class, or a weights file points outside.
    """
    for name in names:
        if name.endswith(".json"):
            _refuse_json(folder / name, f"{where} holds {name!r}")
        elif name.endswith(".h5"):
            _refuse_h5_links(folder / name, f"{where} holds {name!r}")


def publishable_files(folder: Path, token: str) -> dict[str, Path]:
    """Return the files of a model folder by their name on the Hub; dot-files and `checkpoint*` folders are left out.

    Raises:
        HubError: the folder is missing or empty, or holds what must not be published.
    """
    if not folder.is_dir():
        raise HubError(f"{str(folder)!r} is not a folder: expected a trained model's folder.")
    files = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith((".", "checkpoint")) for part in parts[:-1]) or parts[-1].startswith("."):
            continue
        if path.is_symlink():
            raise HubError(f"{str(path)!r} is a link, so what it would publish is not in the folder: copy the file.")
        if path.is_file():
            files["/".join(parts)] = path
    where = f"The folder {str(folder)!r}"
    if not files:
        raise HubError(f"{where} is empty: expected a trained model.")
    refuse_names(files, where)
    refuse_contents(folder, files, where)
    refuse_tokens(folder, files, token)
    return files


def refuse_tokens(folder: Path, names: Iterable[str], token: str) -> None:
    """Refuse to publish text that holds an access token, `token` itself or anything of that shape.

    Raises:
        HubError: naming the file, never the token.
    """
    for name in names:
        if name.endswith(TEXT_SUFFIXES) or name in ALLOWED_NAMES:
            content = (folder / name).read_bytes()
            if TOKEN.search(content) or token.encode() in content:
                raise HubError(
                    f"{name!r} holds what looks like a Hugging Face access token, so nothing was published:"
                    " remove it from the file and revoke it at https://huggingface.co/settings/tokens."
                )


def _refuse_json(path: Path, subject: str) -> None:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise HubError(f"{subject}, which is not valid JSON ({type(error).__name__}).") from error
    for node in _objects(document):
        # A word of a vocabulary or a label may be spelled like one of these keys; its value is then a number.
        for key in ("auto_map", "custom_pipelines"):
            if isinstance(node.get(key), str | list | dict):
                raise HubError(f"{subject}, which asks for remote code ({key!r}): Bakeoff runs none.")
        for key in ("attn_implementation", "_attn_implementation"):
            if "/" in str(node.get(key)):
                raise HubError(
                    f"{subject}, which names an attention kernel to fetch and run ({key!r}): Bakeoff runs none."
                )
        _refuse_keras_class(node, subject)


def _refuse_keras_class(node: dict[str, Any], subject: str) -> None:
    stated = [node.get(key) for key in ("class_name", "registered_name")]
    names = [name.removeprefix("keras_hub>") for name in stated if isinstance(name, str)]
    for name in names:
        if name not in ALLOWED_KERAS_CLASSES:
            raise HubError(
                f"{subject}, which names the Keras class {name!r}: only {', '.join(ALLOWED_KERAS_CLASSES)} are"
                " expected in a preset, and anything else could run code."
            )
    if not names:
        return
    module = node.get("module")
    if module is not None and not (isinstance(module, str) and KERAS_MODULE.fullmatch(module)):
        raise HubError(f"{subject}, which imports the module {str(module)!r}: only keras and keras_hub are expected.")
    config = node.get("config")
    if isinstance(config, dict) and isinstance(config.get("vocabulary"), str):
        # KerasHub would open this path or URL; a preset keeps its vocabulary in assets/.
        raise HubError(f"{subject}, whose vocabulary is read from outside the preset: {config['vocabulary']!r}.")


def _objects(document: object) -> Iterator[dict[str, Any]]:
    pending = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _refuse_h5_links(path: Path, subject: str) -> None:
    import h5py  # imported late: it takes half a second, which a PyTorch folder does not need

    outside: list[str] = []

    def visit(name: str, link: object) -> None:
        inside = isinstance(link, h5py.HardLink)
        if inside and isinstance(item := file[name], h5py.Dataset):
            inside = not (item.external or item.is_virtual)
        if not inside:
            outside.append(name)

    try:
        with h5py.File(path, "r") as file:
            file.visititems_links(visit)
    except (OSError, RuntimeError, KeyError) as error:
        raise HubError(f"{subject}, which is not a readable HDF5 file.") from error
    if outside:
        raise HubError(f"{subject}, whose entry {outside[0]!r} points to another file: weights must hold their data.")
