"""Find the installed version and variant of a package without importing it: an import takes seconds and may fail."""

import ast
import os
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from bakeoff.common.root import ROOT

# Packages that can be installed instead of one that requirements.txt names.
SUBSTITUTES = {"tensorflow": ("tensorflow-cpu",)}
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


@dataclass(frozen=True)
class Package:
    """A package that Bakeoff needs.

    Attributes:
        name: The distribution that is installed, or that should be.
        expected: The version that the requirements pin. It is empty if they pin none.
        installed: The version that is installed. It is empty if the package is missing.
        variant: The kind of build, for the two frameworks only.
    """

    name: str
    expected: str
    installed: str
    variant: str = ""

    @property
    def differs(self) -> bool:
        """Return whether the installed version differs from the pinned one. A build suffix such as +cpu is ignored."""
        return bool(self.installed and self.expected) and self.installed.partition("+")[0] != self.expected


def required(file: str, root: Path = ROOT) -> tuple[Package, ...]:
    """Return the packages that a requirements file names, without those of files that it includes."""
    try:
        lines = (root / file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    matches = (re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[^]]*])?(?:==(\S+))?\s*(?:#.*)?$", line) for line in lines)
    return tuple(look_up(match[1], match[2] or "") for match in matches if match)


def look_up(name: str, expected: str = "") -> Package:
    """Look up the installed version of a package, or of a substitute for it."""
    for candidate in (name, *SUBSTITUTES.get(name, ())):
        if installed := installed_version(candidate):
            return Package(candidate, expected, installed, variant(name))
    return Package(name, expected, "")


def installed_version(name: str) -> str:
    """Return the installed version of a distribution. The result is empty if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def variant(name: str) -> str:
    """Return the kind of a framework's build, such as `CPU build`. For other packages the result is empty."""
    if name == "torch":
        return torch_variant(_folder("torch"))
    return tensorflow_variant(_folder("tensorflow")) if name == "tensorflow" else ""


def torch_variant(folder: Path | None) -> str:
    """Read PyTorch's kind of build from the constants of its `version.py`."""
    if folder is None or not (folder / "version.py").is_file():
        return "unknown build"
    values = _assigned((folder / "version.py").read_text(encoding="utf-8"))
    for name in ("cuda", "hip", "xpu"):
        if values.get(name):
            return f"{name.upper() if name != 'hip' else 'ROCm'} {values[name]} build"
    return "CPU build"


def tensorflow_variant(folder: Path | None) -> str:
    """Return TensorFlow's kind of build, and whether oneDNN is on.

    Bakeoff turns oneDNN on unless the environment sets it.
    """
    switch = os.environ.get(ONEDNN)
    our_default = f"Bakeoff sets {ONEDNN}=1"
    onednn = f"oneDNN {'off' if switch == '0' else 'on'} ({our_default if switch is None else f'{ONEDNN}={switch}'})"
    file = folder / "python" / "platform" / "build_info.py" if folder else None
    if file is None or not file.is_file():
        return f"unknown build, {onednn}"
    text = file.read_text(encoding="utf-8")
    for kind, flag in (("CUDA", "is_cuda_build"), ("ROCm", "is_rocm_build")):
        if re.search(rf"'{flag}', True", text):
            release = re.search(rf"'{kind.lower()}_version', '([^']+)'", text)
            libraries = "" if has_cuda_libraries() or kind != "CUDA" else ", without CUDA's libraries"
            return f"{kind} {release[1] if release else ''} build{libraries}, {onednn}".replace("  ", " ")
    return f"CPU build, {onednn}"


def has_cuda_libraries() -> bool:
    """Return whether pip installed the CUDA libraries that TensorFlow opens on a GPU."""
    return any(installed_version(name) for name in ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13"))


def _folder(module: str) -> Path | None:
    """Return the folder of a top-level package without importing the package."""
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
