"""Write model folders to publish, and check how publishing or pulling them fails."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bakeoff.common.errors import HubError

ALICE = "hf_" + hashlib.sha256(b"alice write").hexdigest()[:34]  # a token, as it is derived by the test Hub
FILES = {
    "config.json": b'{"model_type": "bert", "id2label": {"0": "class_name"}, "label2id": {"class_name": 0}}',
    "model.safetensors": bytes(range(256)) * 400,
    "tokenizer.json": b'{"model": {"vocab": {"auto_map": 0, "registered_name": 1}}}',
    "labels.json": b'["class_name"]',
    "recipe.json": b"{}",
    "README.md": b"# A model\n",
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files below a folder, and return the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def sentence(call: Callable, *args, **kwargs) -> str:
    """Return the message of the HubError that the call must raise: one sentence on one line, without a token."""
    with pytest.raises(HubError) as caught:
        call(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", ")")), message
    assert ALICE not in message
    return message
