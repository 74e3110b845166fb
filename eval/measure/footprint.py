"""Measure disk usage: of a model's folder, and of the packages that serving it needs."""

import re
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

# The packages that serving a model of each framework imports.
SERVING = {
    "pytorch": ("torch", "transformers", "tokenizers", "safetensors", "numpy"),
    "tensorflow": ("tensorflow", "keras", "keras-hub", "tokenizers", "numpy"),
}


def folder_bytes(folder: Path) -> int:
    """Return the total size in bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def install_bytes(roots: Iterable[str]) -> dict[str, int]:
    """Return the bytes of each installed package that `roots` need, including `roots`, largest first."""
    sizes = {name: _bytes(installed) for name, installed in closure(roots).items()}
    return dict(sorted(sizes.items(), key=lambda size: -size[1]))


def closure(roots: Iterable[str]) -> dict[str, Distribution]:
    """Return the installed distributions that `roots` require, directly or indirectly, by normalized name.

    Extras are left out.
    """
    installed, pending = {}, list(roots)
    while pending:
        name = _normalized(pending.pop())
        if name in installed:
            continue
        try:
            installed[name] = distribution(name)
        except PackageNotFoundError:  # optional, or for another system
            continue
        requirements = map(Requirement, installed[name].requires or ())
        pending += [requirement.name for requirement in requirements if _applies(requirement)]
    return installed


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _bytes(installed: Distribution) -> int:
    paths = (Path(installed.locate_file(file)) for file in installed.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _normalized(name: str) -> str:
    """Normalize a package's name as PEP 503 specifies."""
    return re.sub(r"[-_.]+", "-", name).lower()
