"""Ask pip which wheels it would install on Linux x86-64, without downloading them.

pip's own configuration decides from which index. Addresses stay in this process: reports hold only file names, versions
and digests.
"""

import json
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bakeoff.common.errors import ReportError
from eval.footprint.variants import REQUIREMENTS, Contents

PYTHON = "3.11"
# pip reads each of these tags literally, so the older systems that a wheel may name are listed.
PLATFORMS = (*(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)), "manylinux2014_x86_64", "linux_x86_64")
LIMIT = 600  # seconds for one answer of pip
SHOWN = 300  # characters of pip's error


class NotSized(ReportError):
    """The size of packages can't be found out here, now."""


@dataclass(frozen=True)
class Wheel:
    """A wheel that pip would install.

    Attributes:
        name: The package's name.
        version: Its version, such as 2.13.0+cpu.
        file: The wheel's file name.
        sha256: Digest of the wheel; empty if the index does not give it.
        url: Where the wheel is; never written anywhere.
    """

    name: str
    version: str
    file: str
    sha256: str
    url: str


def wheels(contents: Contents) -> list[Wheel]:
    """Return the wheels of an environment.

    Raises:
        NotSized: This is another system than Linux x86-64, or pip finds no solution.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        # pip evaluates `platform_system == "Linux"` for the machine that it runs on, whatever --platform says.
        raise NotSized("pip can list the packages of Linux x86-64 only on Linux x86-64; repeat the command there.")
    found = _ask(contents.roots)
    return found + (_ask(contents.alone, ("--no-deps",)) if contents.alone else [])


def _ask(requirements: Sequence[str], flags: Iterable[str] = ()) -> list[Wheel]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", *flags]
        command += ["--only-binary=:all:", "--python-version", PYTHON, "--target", folder, "--report", str(answer)]
        command += [part for tag in PLATFORMS for part in ("--platform", tag)]
        _pip([*command, *constraints(), *requirements])
        installed = json.loads(answer.read_text(encoding="utf-8"))["install"]
    return [_wheel(package) for package in installed]


def constraints() -> list[str]:
    """Return pip's flags for the project's pins; requirements-export.txt would include the other file by itself."""
    return ["--constraint", str(REQUIREMENTS[0])]


def _pip(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise NotSized(f"pip gave no answer in {LIMIT} s; check the network and repeat the command.") from error
    except (OSError, subprocess.CalledProcessError) as error:
        reason = said(getattr(error, "stderr", "") or str(error))
        raise NotSized(f"pip found no packages ({reason}); check the network and pip's index.") from error


def said(output: str) -> str:
    """Return pip's last error without addresses, which may be private."""
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")] or output.splitlines() or ["no reason"]
    return re.sub(r"\w+://\S+", "its index", errors[-1].removeprefix("ERROR:").strip())[:SHOWN]


def _wheel(package: dict) -> Wheel:
    source = package["download_info"]
    archive = source.get("archive_info", {})
    digest = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix("sha256=")
    file = unquote(urlsplit(source["url"]).path.rpartition("/")[2])
    return Wheel(package["metadata"]["name"], package["metadata"]["version"], file, digest, source["url"])
