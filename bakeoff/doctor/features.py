"""Find the parts that each feature of Bakeoff lacks on this machine, and the command that installs them."""

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
    """A feature of Bakeoff, and the parts that it lacks.

    Attributes:
        name: The task that the feature is for.
        lacks: The missing parts. It is empty if the feature can be used.
        command: The command that installs the missing parts. It is empty if nothing is missing or no command can help.
    """

    name: str
    lacks: tuple[str, ...] = ()
    command: str = ""


def features(machine: Machine, packages: Sequence[Package], hub: Mapping[str, Any]) -> tuple[Feature, ...]:
    """Return all features, the main job first.

    Args:
        machine: The machine that the features run on.
        packages: The packages that requirements.txt names.
        hub: The Hub's answer, as the fields of `bakeoff.hub.account.Account`.
    """
    parts = (gpu(machine), *export_formats(), mcp(), publishing(hub), code_size(), *tests())
    everything = (main_job(packages), *parts)
    return tuple(feature if feature.lacks else Feature(feature.name) for feature in everything)


def main_job(packages: Sequence[Package]) -> Feature:
    """Check that every package of requirements.txt is installed."""
    missing = _missing(packages) if packages else ("requirements.txt, which is part of a clone of the project",)
    return Feature(MAIN_JOB, missing, "pip install -r requirements.txt")


def gpu(machine: Machine) -> Feature:
    """Check that both frameworks can use the GPU."""
    if not machine.gpus:
        return Feature("GPU", ("an NVIDIA GPU that nvidia-smi lists (the CPU is used instead)",))
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
    """Check, per format of `bakeoff export`, that the packages of both frameworks are installed."""
    needed: dict[str, list[str]] = {name: [] for name in FORMATS}
    for route in ROUTES:
        if not route.none:
            needed[route.format] += [FRAMEWORK_PACKAGES[route.framework], *route.packages]
    command = "pip install -r requirements-export.txt  (in a separate environment)"
    return tuple(
        Feature(f"export to {name}", _missing([look_up(package) for package in dict.fromkeys(packages)]), command)
        for name, packages in needed.items()
    )


def publishing(hub: Mapping[str, Any]) -> Feature:
    """Check that the Hub accepts the token and that the token has write permission."""
    if hub["role"] == "read":
        return Feature(PUBLISHING, ("a token with write permission (this one can only read)",), "hf auth login")
    if hub["user"]:
        return Feature(PUBLISHING)
    if hub["token"] and hub["state"] != "answers":
        return Feature(PUBLISHING, ("confirmation of the token, because the Hub did not answer",))
    return Feature(PUBLISHING, ("a token that the Hub accepts",), "hf auth login")


def mcp() -> Feature:
    """Check that `bakeoff serve --mcp` can start."""
    command = "pip install 'gradio[mcp]'  (in a separate environment, because it requires an older pydantic)"
    return Feature("serve --mcp", _missing([look_up("mcp")]), command)


def code_size() -> Feature:
    """Check that `bakeoff code-size` can run."""
    return Feature("code-size", _missing([look_up("coverage")]), "pip install -r requirements-dev.txt")


def tests() -> tuple[Feature, ...]:
    """Check that `make test` can run, and that its browser is installed."""
    browser = () if any(map(shutil.which, BROWSERS)) else ("Chromium or Google Chrome",)
    packages = Feature("tests", _missing(required("requirements-dev.txt")), "make test")
    return packages, Feature("tests in a browser", browser, "apt-get install chromium")


def _missing(packages: Sequence[Package]) -> tuple[str, ...]:
    return tuple(package.name for package in packages if not package.installed)
