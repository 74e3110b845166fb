"""What each feature of Bakeoff lacks on this machine, and the command that brings it."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.doctor.machine import Machine
from bakeoff.doctor.packages import Package, has_cuda_libraries, look_up, required
from eval.portability.formats import FORMATS, ROUTES

MAIN_JOB = "train, explain, evaluate, decide, serve"
PUBLISHING = "publish to the Hub"
FRAMEWORK_PACKAGES = {"pytorch": "torch", "tensorflow": "tensorflow"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Feature:
    """A feature.

    Attributes:
        name: what can be done with it.
        lacks: what is missing; empty where it can be used.
        command: what brings it; empty where nothing is missing, or where no command does.
    """

    name: str
    lacks: tuple[str, ...] = ()
    command: str = ""


def features(machine: Machine, packages: Sequence[Package], hub: Mapping[str, Any]) -> tuple[Feature, ...]:
    """Return all features, the main job first.

    Args:
        machine: that they are to run on.
        packages: of requirements.txt.
        hub: how the Hub answered: the fields of `bakeoff/hub/account.py`.
    """
    parts = (gpu(machine), *export_formats(), mcp(), publishing(hub), code_size(), *tests())
    all_of_them = (main_job(packages), *parts)
    return tuple(feature if feature.lacks else Feature(feature.name) for feature in all_of_them)


def main_job(packages: Sequence[Package]) -> Feature:
    """Return whether everything of requirements.txt is installed."""
    missing = _missing(packages) if packages else ("requirements.txt, which a clone of the project holds",)
    return Feature(MAIN_JOB, missing, "pip install -r requirements.txt")


def gpu(machine: Machine) -> Feature:
    """Return whether both frameworks can use the GPU."""
    if not machine.gpus:
        return Feature("GPU", ("an NVIDIA GPU that nvidia-smi shows; the CPU is used",))
    torch, tensorflow = look_up("torch"), look_up("tensorflow")
    lacks, commands = [], []
    if torch.installed and not torch.variant.startswith(("CUDA", "ROCm")):
        lacks.append("PyTorch's CUDA build")
        commands.append(f"pip install --force-reinstall torch=={torch.installed.partition('+')[0]}")
    if tensorflow.installed and not (tensorflow.variant.startswith("CUDA") and has_cuda_libraries()):
        lacks.append("TensorFlow's CUDA libraries")
        commands.append(f"pip install 'tensorflow[and-cuda]=={tensorflow.installed}'")
    return Feature("GPU", tuple(lacks), " && ".join(commands))


def export_formats() -> tuple[Feature, ...]:
    """Return what each format that `bakeoff export` tries lacks, over both frameworks."""
    needed: dict[str, list[str]] = {name: [] for name in FORMATS}
    for route in ROUTES:
        if not route.none:
            needed[route.format] += [FRAMEWORK_PACKAGES[route.framework], *route.packages]
    command = "pip install -r requirements-export.txt  (in an environment of its own)"
    return tuple(
        Feature(f"export to {name}", _missing([look_up(package) for package in dict.fromkeys(packages)]), command)
        for name, packages in needed.items()
    )


def publishing(hub: Mapping[str, Any]) -> Feature:
    """Return whether the Hub accepts a token that may write."""
    if hub["role"] == "read":
        return Feature(PUBLISHING, ("a token that may write: this one may only read",), "hf auth login")
    if hub["user"]:
        return Feature(PUBLISHING)
    if hub["token"] and hub["state"] != "answers":
        return Feature(PUBLISHING, ("an answer of the Hub about the token",))
    return Feature(PUBLISHING, ("a token that the Hub accepts",), "hf auth login")


def mcp() -> Feature:
    """Return whether `bakeoff serve --mcp` can start."""
    command = "pip install 'gradio[mcp]'  (in an environment of its own: it asks for an older pydantic)"
    return Feature("serve --mcp", _missing([look_up("mcp")]), command)


def code_size() -> Feature:
    """Return whether `bakeoff code-size` can count."""
    return Feature("code-size", _missing([look_up("coverage")]), "pip install -r requirements-dev.txt")


def tests() -> tuple[Feature, ...]:
    """Return what `make test` lacks."""
    browser = () if any(map(shutil.which, BROWSERS)) else ("Chromium or Google Chrome",)
    packages = Feature("tests", _missing(required("requirements-dev.txt")), "make test")
    return packages, Feature("tests in a browser", browser, "apt-get install chromium")


def _missing(packages: Sequence[Package]) -> tuple[str, ...]:
    return tuple(package.name for package in packages if not package.installed)
