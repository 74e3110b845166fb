"""Hash local files, and keep the manifest that tells a complete cached snapshot from a partial one."""

import hashlib
import io
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path

logger = logging.getLogger(__name__)


def digest(source: Path | bytes, kind: str = "sha256") -> str:
    """Hash a file as the Hub states it: `sha256:…` for large files, `git-sha1:…` (a git blob's name) for the others."""
    hasher = hashlib.sha256()
    if kind == "git-sha1":
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        hasher = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return f"{kind}:{hasher.hexdigest()}"


def bad_files(folder: Path, expected: Mapping[str, str]) -> list[str]:
    """Return the names of `expected` that the folder lacks or holds with another hash."""
    bad = []
    for name, stated in expected.items():
        path = folder / name
        if not path.is_file() or digest(path, stated.split(":")[0]) != stated:
            bad.append(name)
    return sorted(bad)


def discard(path: Path) -> None:
    """Delete a snapshot's file together with the blob it links to, which a later download would trust."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def write_manifest(path: Path, revision: str, expected: Mapping[str, str]) -> None:
    """Record that the snapshot of `revision` is complete, with the hash of each file."""
    temporary = path.with_name(f"{path.name}.{time.time_ns()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({"revision": revision, "files": dict(expected)}, indent=1))
        temporary.replace(path)
    except OSError as error:
        # A read-only cache still serves the model; only the offline fallback is lost.
        logger.warning("no offline manifest was written: %s", error)


def read_manifest(path: Path) -> tuple[str, dict[str, str]] | None:
    """Return the commit and the hashes of a complete snapshot, or None without a readable record."""
    try:
        record = json.loads(path.read_text())
        return record["revision"], dict(record["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
