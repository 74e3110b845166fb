"""Describe the machine that a benchmark ran on: processor, memory, system, versions, other load, and energy."""

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
# Instruction sets that speed up matrix products, with Linux's names.
FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8")
PACKAGES = ("torch", "transformers", "accelerate", "tensorflow", "keras", "keras-hub", "numpy", "tokenizers")


def record(packages: Sequence[str] = PACKAGES) -> dict[str, Any]:
    """Describe the machine and the installed packages as JSON; call it before measuring, as it records the load."""
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
    """Return the command line with only the last part of each path, because full paths are private.

    Args:
        program: The command, such as `bakeoff speed`, or `python -m benchmarks.load` for a benchmark.
        arguments: The flags, as they were given.
    """
    shown = [Path(part).name if part.startswith(("/", "~", ".")) else part for part in arguments]
    return " ".join([program, *shown])


def processor() -> str:
    """Return the processor's name."""
    return _cpuinfo().get("model name") or platform.processor() or "unknown"


def flags() -> list[str] | None:
    """Return which of FLAGS the processor has; None if the system does not report them."""
    reported = _cpuinfo().get("flags")
    return None if reported is None else [flag for flag in FLAGS if flag in reported.split()]


def cores(count: int) -> list[int]:
    """Choose `count` of the logical cores that this process may use, one per physical core first.

    Two threads that share a physical core would slow each other down. The list is empty if the system has no affinity.
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
    """Return the load average of the last minute, 0 on an idle machine; None if the system does not report it."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def peak_memory(pid: int) -> int | None:
    """Return a running process's peak resident memory in bytes, including libraries; None if it is not reported.

    `getrusage` is not used, because on Linux its figure is inherited from the parent process.
    """
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
    return getattr(psutil.Process(pid).memory_info(), "peak_wset", None)  # Windows


@dataclass(frozen=True)
class EnergyReader:
    """The processor's energy counters (RAPL of Intel and AMD), if the system lets this user read them.

    Attributes:
        counters: Folders of the processor packages' counters.
        reason: Why there are no counters; empty if there are.
    """

    counters: tuple[Path, ...]
    reason: str = ""

    def readings(self) -> tuple[int, ...] | None:
        """Read each counter in microjoules, from an arbitrary start; None if there are no counters."""
        return tuple(_number(counter / "energy_uj") for counter in self.counters) or None

    def spent(self, before: tuple[int, ...] | None, after: tuple[int, ...] | None) -> float | None:
        """Return the joules between two readings, at most one counter overflow apart; None without readings."""
        if before is None or after is None:
            return None
        ranges = [_number(counter / "max_energy_range_uj") for counter in self.counters]
        parts = zip(before, after, ranges, strict=True)
        return sum(end - start if end >= start else end - start + overflow for start, end, overflow in parts) / 1e6


def energy_reader(folder: Path = POWERCAP) -> EnergyReader:
    """Find the counters of whole processor packages; counting their parts too would count energy twice."""
    counters = sorted(folder.glob("*-rapl:[0-9]")) if folder.is_dir() else []
    if not counters:
        return EnergyReader((), "the system shows no energy counters, as is usual in a virtual machine")
    try:
        for counter in counters:
            _number(counter / "energy_uj")
    except OSError as error:
        return EnergyReader((), f"the energy counters can't be read by this user ({error.strerror})")
    return EnergyReader(tuple(counters))


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))


def _cpuinfo() -> dict[str, str]:
    """Return the first core's entries of /proc/cpuinfo; empty if there is no such file."""
    if not CPUINFO.exists():
        return {}
    first = CPUINFO.read_text(encoding="utf-8").split("\n\n")[0]
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
