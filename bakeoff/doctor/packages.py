"""What is installed and in which variant, read without importing it: an import takes seconds and may fail."""

import ast
import os
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from bakeoff.common.root import ROOT

# What also serves as a package that requirements.txt names.
ALSO = {"tensorflow": ("tensorflow-cpu",)}
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


@dataclass(frozen=True)
class Package:
    """A package that Bakeoff needs.

    Attributes:
        name: the distribution that is installed, or that should be.
        expected: the version that the requirements pin; empty where they pin none.
        installed: the version that is installed; empty where it is missing.
        variant: of the frameworks: the kind of build.
    """

    name: str
    expected: str
    installed: str
    variant: str = ""

    @property
    def differs(self) -> bool:
        """Whether another version is installed than the pinned one; a build's own suffix, such as +cpu, counts not."""
        return bool(self.installed and self.expected) and self.installed.partition("+")[0] != self.expected


def required(file: str, root: Path = ROOT) -> tuple[Package, ...]:
    """Return the packages that a requirements file names; other files that it includes are left out."""
    try:
        lines = (root / file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    found = (re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[^]]*])?(?:==(\S+))?\s*(?:#.*)?$", line) for line in lines)
    return tuple(look_up(match[1], match[2] or "") for match in found if match)


def look_up(name: str, expected: str = "") -> Package:
    """Return what is installed of a package, or of one that serves as it."""
    for candidate in (name, *ALSO.get(name, ())):
        if installed := installed_version(candidate):
            return Package(candidate, expected, installed, variant(name))
    return Package(name, expected, "")


def installed_version(name: str) -> str:
    """Return the installed version of a distribution; empty where there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def variant(name: str) -> str:
    """Return the kind of a framework's build, such as `CPU build`; empty for all other packages."""
    if name == "torch":
        return torch_variant(_folder("torch"))
    return tensorflow_variant(_folder("tensorflow")) if name == "tensorflow" else ""


def torch_variant(folder: Path | None) -> str:
    """Return PyTorch's kind of build, from the constants of its `version.py`."""
    if folder is None or not (folder / "version.py").is_file():
        return "unknown build"
    values = _assigned((folder / "version.py").read_text(encoding="utf-8"))
    for name in ("cuda", "hip", "xpu"):
        if values.get(name):
            return f"{name.upper() if name != 'hip' else 'ROCm'} {values[name]} build"
    return "CPU build"


def tensorflow_variant(folder: Path | None) -> str:
    """Return TensorFlow's kind of build, and whether oneDNN is on: Bakeoff turns it on unless the environment says."""
    switch = os.environ.get(ONEDNN)
    by_us = f"Bakeoff sets {ONEDNN}=1"
    onednn = f"oneDNN {'off' if switch == '0' else 'on'} ({by_us if switch is None else f'{ONEDNN}={switch}'})"
    file = folder / "python" / "platform" / "build_info.py" if folder else None
    if file is None or not file.is_file():
        return f"unknown build, {onednn}"
    text = file.read_text(encoding="utf-8")
    for kind, flag in (("CUDA", "is_cuda_build"), ("ROCm", "is_rocm_build")):
        if re.search(rf"'{flag}', True", text):
            found = re.search(rf"'{kind.lower()}_version', '([^']+)'", text)
            libraries = "" if has_cuda_libraries() or kind != "CUDA" else ", without CUDA's libraries"
            return f"{kind} {found[1] if found else ''} build{libraries}, {onednn}".replace("  ", " ")
    return f"CPU build, {onednn}"


def has_cuda_libraries() -> bool:
    """Return whether pip installed the CUDA libraries that TensorFlow opens on a GPU."""
    return any(installed_version(name) for name in ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13"))


def _folder(module: str) -> Path | None:
    """Return the folder of a top-level package, which is not imported."""
    spec = find_spec(module)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def _assigned(source: str) -> dict[str, object]:
    """Return the constants that a module assigns to names."""
    values: dict[str, object] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            values |= {target.id: node.value.value for target in targets if isinstance(target, ast.Name)}
    return values
