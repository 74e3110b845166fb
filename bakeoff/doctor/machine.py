"""Describe the machine that Bakeoff runs on, with the standard library alone, because packages may be missing."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bakeoff.common.root import ROOT

PROC, CGROUP = Path("/proc"), Path("/sys/fs/cgroup")
UNLIMITED = 2**60  # bytes; version 1 of control groups reports "no limit" as a number above this
GPU_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")


@dataclass(frozen=True)
class Machine:
    """A machine, as the operating system describes it. Unknown values are None.

    Attributes:
        system: The operating system and the architecture.
        python: The version of the interpreter.
        processor: The name of the processor.
        logical_cores: The number of logical cores of the machine.
        usable_cores: The number of cores that this process may run on.
        quota_cores: The processor time that the container may use, in cores.
        memory_bytes: The memory of the machine.
        available_bytes: The memory that is available for new work.
        memory_limit_bytes: The memory limit of the container.
        disk_free_bytes: The free space on the disk that holds the project.
        gpus: The name, memory and driver of each NVIDIA GPU, from `nvidia-smi`.
    """

    system: str
    python: str
    processor: str
    logical_cores: int | None
    usable_cores: int | None
    quota_cores: float | None
    memory_bytes: int | None
    available_bytes: int | None
    memory_limit_bytes: int | None
    disk_free_bytes: int
    gpus: tuple[str, ...]


def read() -> Machine:
    """Read the description of the machine."""
    memory = _pairs(PROC / "meminfo")
    cpu = _pairs(PROC / "cpuinfo")
    return Machine(
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        processor=cpu.get("model name") or platform.processor() or "unknown",
        logical_cores=os.cpu_count(),
        usable_cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        quota_cores=quota_cores(),
        memory_bytes=_kibibytes(memory, "MemTotal"),
        available_bytes=_kibibytes(memory, "MemAvailable"),
        memory_limit_bytes=memory_limit(),
        disk_free_bytes=shutil.disk_usage(ROOT).free,
        gpus=gpus(),
    )


def quota_cores(root: Path = CGROUP) -> float | None:
    """Return the processor time that the container may use, in cores, from either version of control groups."""
    if words := _words(root / "cpu.max"):
        quota, period = words
    else:
        quota, period = ((_words(root / "cpu" / f"cpu.cfs_{name}_us") or ["max"])[0] for name in ("quota", "period"))
    if not (quota.isdigit() and period.isdigit()):  # "max", or -1
        return None
    return round(int(quota) / int(period), 2)


def memory_limit(root: Path = CGROUP) -> int | None:
    """Return the memory that the container may use, in bytes."""
    words = _words(root / "memory.max") or _words(root / "memory" / "memory.limit_in_bytes") or ["max"]
    return int(words[0]) if words[0].isdigit() and int(words[0]) < UNLIMITED else None


def gpus() -> tuple[str, ...]:
    """Return one line per NVIDIA GPU. The result is empty if `nvidia-smi` is missing or fails."""
    try:
        answer = subprocess.run(GPU_QUERY, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())


def _pairs(path: Path) -> dict[str, str]:
    """Return the first value of each key of a system file. The result is empty if the file can't be read."""
    pairs: dict[str, str] = {}
    for line in _text(path).splitlines():
        key, _, value = line.partition(":")
        pairs.setdefault(key.strip(), value.strip())
    return pairs


def _kibibytes(pairs: dict[str, str], key: str) -> int | None:
    return int(pairs[key].split()[0]) * 1024 if key in pairs else None


def _words(path: Path) -> list[str]:
    return _text(path).split()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
