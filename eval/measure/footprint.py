"""Room on the disk: of a model's folder, and of the packages that serving it needs."""

import re
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

# What serving a model of each framework imports.
SERVING = {
    "pytorch": ("torch", "transformers", "tokenizers", "safetensors", "numpy"),
    "tensorflow": ("tensorflow", "keras", "keras-hub", "tokenizers", "numpy"),
}


def folder_bytes(folder: Path) -> int:
    """Of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def install_bytes(roots: Iterable[str]) -> dict[str, int]:
    """Bytes of each installed package that these need, themselves included, biggest first."""
    sizes = {name: _bytes(found) for name, found in closure(roots).items()}
    return dict(sorted(sizes.items(), key=lambda each: -each[1]))


def closure(roots: Iterable[str]) -> dict[str, Distribution]:
    """The installed distributions that these require, directly or not, by normalised name; extras are left out."""
    found, pending = {}, list(roots)
    while pending:
        name = _normalised(pending.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # optional, or of another system
            continue
        pending += [each.name for each in map(Requirement, found[name].requires or ()) if _applies(each)]
    return found


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _bytes(found: Distribution) -> int:
    paths = (Path(found.locate_file(file)) for file in found.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _normalised(name: str) -> str:
    """As PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()
