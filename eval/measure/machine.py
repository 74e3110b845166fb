"""What a benchmark ran on: processor, memory, system, versions, other load, and its energy."""

import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from bakeoff.common import processors

CPUINFO = Path("/proc/cpuinfo")
POWERCAP = Path("/sys/class/powercap")
# What matrix products use, as Linux names them.
FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8")
PACKAGES = ("torch", "transformers", "accelerate", "tensorflow", "keras", "keras-hub", "numpy", "tokenizers")


def record(packages: Sequence[str] = PACKAGES) -> dict[str, Any]:
    """The machine and what is installed, as JSON: call it before the measurements, for the load."""
    frequency = psutil.cpu_freq()
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": processor(),
        "flags": flags(),
        "cores": {"physical": psutil.cpu_count(logical=False), "logical": psutil.cpu_count()},
        **processors.facts(),
        "megahertz": round(frequency.max or frequency.current) if frequency else None,
        "memory_bytes": psutil.virtual_memory().total,
        "load_average_before": load_average(),
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in packages},
    }


def public_command(program: str, arguments: Sequence[str]) -> str:
    """The command line with paths' last parts only: where files lie on a machine is nobody's business.

    Args:
        program: such as `bakeoff evaluate`, or `python -m benchmarks.load` for what is no part of `bakeoff`.
        arguments: the flags, as they were given.
    """
    shown = [Path(part).name if part.startswith(("/", "~", ".")) else part for part in arguments]
    return " ".join([program, *shown])


def processor() -> str:
    """The processor's name."""
    return _cpuinfo().get("model name") or platform.processor() or "unknown"


def flags() -> list[str] | None:
    """Which of FLAGS the processor has; None where the system does not tell."""
    found = _cpuinfo().get("flags")
    return None if found is None else [flag for flag in FLAGS if flag in found.split()]


def cores(count: int) -> list[int]:
    """So many of the logical cores that this process may use, one of each physical core first.

    Two threads that share a physical core would slow each other down. Empty where the system sets no affinity.
    """
    if not hasattr(os, "sched_getaffinity"):
        return []
    taken: Counter[str] = Counter()
    ranked = []
    for core in sorted(os.sched_getaffinity(0)):
        siblings = processors.siblings(core)
        ranked.append((taken[siblings], core))
        taken[siblings] += 1
    return [core for _, core in sorted(ranked)[:count]]


def load_average() -> float | None:
    """Of the last minute: 0 on an idle machine; None where the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def peak_memory(pid: int) -> int | None:
    """Largest resident memory that a running process ever had, its libraries included, in bytes; None if not told.

    Not `getrusage`: Linux hands its figure on from the process that started this one.
    """
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
    return getattr(psutil.Process(pid).memory_info(), "peak_wset", None)  # Windows


@dataclass(frozen=True)
class EnergyReader:
    """The processor's energy counters (Intel's and AMD's RAPL), where the system lets this user read them.

    Attributes:
        counters: folders of the packages' counters.
        reason: why there are none; empty where there are.
    """

    counters: tuple[Path, ...]
    reason: str = ""

    def readings(self) -> tuple[int, ...] | None:
        """Each counter in microjoules, from an arbitrary start; None where there are none."""
        return tuple(_number(each / "energy_uj") for each in self.counters) or None

    def spent(self, before: tuple[int, ...] | None, after: tuple[int, ...] | None) -> float | None:
        """Joules between two readings, less than a turn of a counter apart; None where there are none."""
        if before is None or after is None:
            return None
        turns = [_number(each / "max_energy_range_uj") for each in self.counters]
        parts = zip(before, after, turns, strict=True)
        return sum(end - start if end >= start else end - start + turn for start, end, turn in parts) / 1e6


def energy_reader(folder: Path = POWERCAP) -> EnergyReader:
    """The counters of whole packages; their parts would be counted twice."""
    found = sorted(folder.glob("*-rapl:[0-9]")) if folder.is_dir() else []
    if not found:
        return EnergyReader((), "the system shows no energy counters, as is usual in a virtual machine")
    try:
        for each in found:
            _number(each / "energy_uj")
    except OSError as error:
        return EnergyReader((), f"the energy counters can't be read by this user ({error.strerror})")
    return EnergyReader(tuple(found))


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))


def _cpuinfo() -> dict[str, str]:
    """The first core's entries; empty where there is no such file."""
    if not CPUINFO.exists():
        return {}
    first = CPUINFO.read_text(encoding="utf-8").split("\n\n")[0]
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
