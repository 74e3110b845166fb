"""Cache a model's logits on a corpus on disk, so that a second report on the same model and texts takes seconds."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHUNK = 64  # texts between two progress reports
WEIGHT_FILES = ("*.safetensors", "*.weights.h5")
RECIPE_FILE = "recipe.json"


def default_cache() -> Path:
    """Return the folder of cached predictions: in `$BAKEOFF_CACHE`, or else in the user's cache."""
    base = os.environ.get("BAKEOFF_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "bakeoff")
    return Path(base).expanduser() / "predictions"


def weights_digest(folder: Path) -> str:
    """Compute the sha256 over a model folder's weight files and its recipe, which identifies the model."""
    hashes = {}
    for path in (path for pattern in (*WEIGHT_FILES, RECIPE_FILE) for path in folder.glob(pattern)):
        with path.open("rb") as file:
            hashes[path.name] = hashlib.file_digest(file, "sha256").digest()
    return digest_of_hashes(hashes)


def digest_of_hashes(hashes: Mapping[str, bytes]) -> str:
    """Compute `weights_digest` from the sha256 of each file, by name, for the weight files and the recipe."""
    digest = hashlib.sha256()
    for name in sorted(hashes):
        digest.update(name.encode())
        digest.update(hashes[name])
    return digest.hexdigest()


def texts_digest(texts: Sequence[str]) -> str:
    """Compute the sha256 over texts and their order."""
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()


def logits(
    answer: Callable[[Sequence[str]], NDArray[np.float32]],
    classes: int,
    digest: str,
    texts: Sequence[str],
    cache: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Return the logits (n, k) of texts, from the cache if it has them.

    Args:
        answer: Function that returns the logits (n, k) of texts; it is not called if the cache has them.
        classes: Number of classes k.
        digest: Digest of the model's weights, from `weights_digest`.
        texts: The texts to classify.
        cache: Folder of the cache; None for the default folder.
        progress: Function called with the number of texts finished since the last call. To cancel, raise an exception
            in it.
    """
    path = (cache or default_cache()) / f"{digest[:32]}-{texts_digest(texts)[:32]}.npy"
    cached = _load(path, (len(texts), classes))
    if cached is not None:
        if progress:
            progress(len(texts))
        return cached
    table = np.empty((len(texts), classes), dtype=np.float32)
    before = 0
    for done in fill(table, answer, texts):
        if progress:
            progress(done - before)
        before = done
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npy")
    np.save(temporary, table, allow_pickle=False)
    temporary.replace(path)
    return table


def fill(
    table: NDArray[np.float32], answer: Callable[[Sequence[str]], NDArray[np.float32]], texts: Sequence[str]
) -> Iterator[int]:
    """Write the logits of texts into `table` (n, k) in chunks, and yield the number of finished texts."""
    # Texts of similar length are batched together, which avoids padding.
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        table[rows] = answer([texts[row] for row in rows])
        yield start + len(rows)


def _load(path: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    try:
        cached = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # the file is missing or incomplete after a crash, so compute it again
        return None
    return cached if cached.shape == shape and cached.dtype == np.float32 and np.isfinite(cached).all() else None
