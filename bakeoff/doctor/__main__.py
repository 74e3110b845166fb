"""Check the installation and the machine, and show the commands that fix what is missing.

bakeoff doctor
bakeoff doctor --json

The check changes nothing, imports no framework and prints no token. The exit status is 0 if Bakeoff can run the main
job, from training to serving, and 1 otherwise.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bakeoff import __version__
from bakeoff.common import options
from bakeoff.common.errors import FAILED, one_sentence_errors
from bakeoff.common.files import json_text
from bakeoff.doctor import machine
from bakeoff.doctor.features import MAIN_JOB, Feature, features
from bakeoff.doctor.machine import Machine
from bakeoff.doctor.packages import Package, required

FRAMEWORKS = ("torch", "tensorflow", "tensorflow-cpu")
WIDTH = 14
MAX_NAMES = 8  # packages to name per feature that lacks some


@dataclass(frozen=True)
class Findings:
    """The result of `bakeoff doctor`.

    Attributes:
        bakeoff: The version of Bakeoff.
        machine: The machine that Bakeoff runs on.
        packages: The packages that requirements.txt names.
        hub: The Hub's address, whether it answers, and the token's owner; see `bakeoff/hub/account.py`.
        features: The features, with the parts that are missing.
    """

    bakeoff: str
    machine: Machine
    packages: tuple[Package, ...]
    hub: dict[str, Any]
    features: tuple[Feature, ...]

    @property
    def ready(self) -> bool:
        """Return whether the main job can run."""
        return not any(feature.lacks for feature in self.features if feature.name == MAIN_JOB)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = options.command("doctor", __doc__, "bakeoff doctor")
    options.add_json(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Print the findings, and return 0 if the main job can run and 1 otherwise."""
    arguments = parser().parse_args(argv)
    findings = examine()
    if arguments.json:
        print(json_text(asdict(findings) | {"ready": findings.ready}), end="")
    else:
        print("\n".join(lines(findings)))
    return 0 if findings.ready else FAILED


def examine() -> Findings:
    """Examine the machine, the packages, the Hub and the features."""
    computer, packages, hub = machine.read(), required("requirements.txt"), ask_hub()
    return Findings(__version__, computer, packages, hub, features(computer, packages, hub))


def ask_hub() -> dict[str, Any]:
    """Ask the Hub who the token belongs to. If the Hub's client is not installed, say so instead."""
    try:
        from bakeoff.hub.account import account
    except ModuleNotFoundError as error:
        sentence = f"The package {error.name} is not installed, so the Hub was not contacted."
        return {"endpoint": "", "state": "fails", "token": False, "user": "", "role": "", "sentence": sentence}
    return asdict(account())


def lines(findings: Findings) -> Iterator[str]:
    """Yield the lines that the terminal shows."""
    yield from (_row("bakeoff", findings.bakeoff), *_machine_lines(findings.machine), *_hub_lines(findings.hub), "")
    yield "packages of requirements.txt"
    yield from _package_lines(findings.packages)
    yield from ("", "features")
    for feature in findings.features:
        yield f"  {'missing' if feature.lacks else 'ok':<9}{feature.name}{_remedy(feature)}"
    yield ""
    yield "The main job can run." if findings.ready else "The main job can't run yet: see the first feature."


def _machine_lines(computer: Machine) -> Iterator[str]:
    yield _row("system", f"{computer.system}, Python {computer.python}")
    cores = f"{computer.logical_cores} logical, {_or_unknown(computer.usable_cores)} usable by this process"
    quota = f", container quota {computer.quota_cores:g}" if computer.quota_cores else ", no container quota"
    yield _row("processor", f"{computer.processor}; cores: {cores}{quota}")
    limit = f", container limit {_gigabytes(computer.memory_limit_bytes)}" if computer.memory_limit_bytes else ""
    available = _gigabytes(computer.available_bytes)
    yield _row("memory", f"{_gigabytes(computer.memory_bytes)}, {available} available{limit}")
    yield _row("disk", f"{_gigabytes(computer.disk_free_bytes)} free on Bakeoff's disk")
    yield _row("GPU", "; ".join(computer.gpus) or "none")


def _hub_lines(hub: dict[str, Any]) -> Iterator[str]:
    states = {"answers": "reachable", "offline": "not contacted", "fails": "not available"}
    reason = f": {hub['sentence']}" if hub["sentence"] else ""
    yield _row("Hub", " ".join(filter(None, (hub["endpoint"], states[hub["state"]]))) + reason)
    if hub["user"]:
        yield _row("token", f"belongs to {hub['user']} ({hub['role'] or 'unknown role'})")
    elif hub["token"]:
        yield _row("token", "found, but its owner is unknown")
    else:
        yield _row("token", "none: public models can be pulled, nothing can be published")


def _package_lines(packages: Sequence[Package]) -> Iterator[str]:
    """Yield the frameworks, the packages that are missing or have another version, and the number of the others."""
    matching = 0
    for package in packages:
        if package.name in FRAMEWORKS or package.differs or not package.installed:
            version = f"{package.installed} {f'({package.variant})' if package.variant else ''}".strip() or "missing"
            expected = f", expected {package.expected}" if package.differs or not package.installed else ""
            yield f"  {package.name:<20}{version}{expected}"
        else:
            matching += 1
    yield f"  {matching} more packages are installed as expected"


def _remedy(feature: Feature) -> str:
    if not feature.lacks:
        return ""
    rest = len(feature.lacks) - MAX_NAMES
    lacks = ", ".join(feature.lacks[:MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")
    return f": lacks {lacks}" + (f"\n             → {feature.command}" if feature.command else "")


def _row(title: str, value: str) -> str:
    return f"{title:<{WIDTH}}{value}"


def _gigabytes(count: int | None) -> str:
    return "unknown" if count is None else f"{count / 1e9:.1f} GB"


def _or_unknown(number: int | None) -> str:
    return "unknown" if number is None else str(number)


if __name__ == "__main__":
    sys.exit(main())
