"""A model's logits on a corpus, kept on disk: a second report on the same model and texts takes seconds."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHUNK = 64  # texts between two looks at the progress
WEIGHT_FILES = ("*.safetensors", "*.weights.h5")
RECIPE_FILE = "recipe.json"


def default_cache() -> Path:
    """Where predictions are kept: `$BAKEOFF_CACHE`, else a folder of the user's cache."""
    base = os.environ.get("BAKEOFF_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "bakeoff")
    return Path(base).expanduser() / "predictions"


def weights_digest(folder: Path) -> str:
    """sha256 over a model folder's weight files and its recipe: another model has another one."""
    hashes = {}
    for path in (path for pattern in (*WEIGHT_FILES, RECIPE_FILE) for path in folder.glob(pattern)):
        with path.open("rb") as file:
            hashes[path.name] = hashlib.file_digest(file, "sha256").digest()
    return digest_of_hashes(hashes)


def digest_of_hashes(hashes: Mapping[str, bytes]) -> str:
    """The `weights_digest` of files of which only the sha256 is known, by name: the weight files and the recipe."""
    digest = hashlib.sha256()
    for name in sorted(hashes):
        digest.update(name.encode())
        digest.update(hashes[name])
    return digest.hexdigest()


def texts_digest(texts: Sequence[str]) -> str:
    """sha256 over texts and their order."""
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()


def logits(
    answer: Callable[[Sequence[str]], NDArray[np.float32]],
    classes: int,
    digest: str,
    texts: Sequence[str],
    cache: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Logits (n, k) of texts, from the cache where it has them.

    Args:
        answer: gives the logits (n, k) of texts; it is not called where the cache knows them.
        classes: their number k.
        digest: of the model's weights, as `weights_digest` gives.
        texts: what is asked.
        cache: folder of the cache; None for the default one.
        progress: called with the number of texts done since the last call; an exception raised there cancels.
    """
    path = (cache or default_cache()) / f"{digest[:32]}-{texts_digest(texts)[:32]}.npy"
    cached = _load(path, (len(texts), classes))
    if cached is not None:
        if progress:
            progress(len(texts))
        return cached
    out = np.empty((len(texts), classes), dtype=np.float32)
    before = 0
    for done in fill(out, answer, texts):
        if progress:
            progress(done - before)
        before = done
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npy")
    np.save(temporary, out, allow_pickle=False)
    temporary.replace(path)
    return out


def fill(
    out: NDArray[np.float32], answer: Callable[[Sequence[str]], NDArray[np.float32]], texts: Sequence[str]
) -> Iterator[int]:
    """Write the logits of texts into `out` (n, k), some texts at a time; yields the number that is done."""
    # Texts of similar length together: little padding is computed.
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        out[rows] = answer([texts[row] for row in rows])
        yield start + len(rows)


def _load(path: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or cut by a crash: computed anew
        return None
    return found if found.shape == shape and found.dtype == np.float32 and np.isfinite(found).all() else None
