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
# Packages that install the same module as another one.
ALTERNATIVES = {"tensorflow": "tensorflow-cpu"}
PLAIN_PIP, CPU_ONLY = "plain pip", "CPU-only wheels"


def folder_bytes(folder: Path) -> int:
    """Return the total size in bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def install_bytes(roots: Iterable[str]) -> dict[str, int]:
    """Return the bytes of each installed package that `roots` need, including `roots`, largest first."""
    sizes = {name: _bytes(installed) for name, installed in closure(roots).items()}
    return dict(sorted(sizes.items(), key=lambda size: -size[1]))


def variant(packages: Iterable[str]) -> str:
    """Return the variant of the packages that serve one framework, PLAIN_PIP or CPU_ONLY, by their normalized names.

    pip's default PyTorch on Linux x86-64 brings NVIDIA's libraries, and its CPU build does not. pip's default
    TensorFlow is `tensorflow`, and its smaller CPU build is `tensorflow-cpu`.
    """
    names = set(packages)
    return PLAIN_PIP if "tensorflow" in names or any(name.startswith("nvidia-") for name in names) else CPU_ONLY


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
        except PackageNotFoundError:  # optional, for another system, or installed as an alternative
            pending += [ALTERNATIVES[name]] if name in ALTERNATIVES else []
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
