"""Find out how many processors this process may use: its affinity, and the quotas of its control groups (containers).

PyTorch and TensorFlow read no quota. On a large machine, in a container with two cores, they would start a thread per
core and be stopped for most of every tenth of a second. joblib reads the quota at the root, but not of nested groups.
"""

import math
import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import psutil

PROCESS = Path("/proc/self")
CORES = Path("/sys/devices/system/cpu")
# OpenMP, which PyTorch computes with, reads the first; TensorFlow's two pools read the others.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def set_threads(environment: MutableMapping[str, str] = os.environ) -> None:
    """Give both frameworks equally many threads; call it before one is imported.

    The number is the first one in the environment, or else the number of usable processors.
    """
    numbers = (environment.get(name, "") for name in THREAD_VARIABLES)
    threads = next((number for number in numbers if number.isdecimal() and int(number)), None) or str(usable())
    for name in THREAD_VARIABLES:
        environment[name] = environment.get(name) or threads


def usable() -> int:
    """Return how many threads can compute at one time: physical cores of the affinity, within the quota."""
    cores = len({siblings(core) for core in _affinity()}) or psutil.cpu_count(logical=False) or os.cpu_count() or 1
    limit = quota()
    return cores if limit is None else min(cores, math.ceil(limit))


def quota() -> float | None:
    """Return the processor time, in cores, that this process's tightest control group allows; None without a limit."""
    limits = [limit for folder in _control_groups() if (limit := _limit(folder)) is not None]
    return min(limits, default=None)


def facts() -> dict[str, Any]:
    """Describe what this process may use, as JSON for a report."""
    limit = quota()
    return {"usable_cores": usable(), "cpu_quota": None if limit is None else round(limit, 2)}


def described() -> str:
    """Describe the machine's cores in words, and what this process may use of them if that is less."""
    limit = quota()
    restricted = len(_affinity() or range(os.cpu_count() or 1)) < (os.cpu_count() or 1)
    parts = [f"{os.cpu_count()} cores"]
    parts += [f"{len(_affinity())} of them for this process"] if restricted else []
    parts += [f"a quota of {limit:g}"] if limit is not None else []
    return ", ".join(parts)


def siblings(core: int) -> str:
    """Return a key that is equal for the logical cores of one physical core."""
    path = CORES / f"cpu{core}" / "topology" / "thread_siblings_list"
    return path.read_text(encoding="ascii").strip() if path.exists() else str(core)


def _affinity() -> set[int]:
    """Return the logical cores that this process may run on; empty if the system sets no affinity."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _control_groups() -> Iterator[Path]:
    """Yield the folders of this process's groups that limit processors, each followed by its parents."""
    mounts = _lines(PROCESS / "mountinfo")
    for line in _lines(PROCESS / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        for mount in mounts:
            place, _, described_as = mount.partition(" - ")
            kind, _, options = described_as.split(" ", 2)
            if (kind, bool(controllers)) == ("cgroup2", False) or (
                kind == "cgroup" and controllers and "cpu" in options.split(",")
            ):
                root, point = place.split()[3:5]
                yield from _upwards(Path(point), path, root)


def _upwards(point: Path, path: str, root: str) -> Iterator[Path]:
    """Yield the folders from a group's up to the mount point, which shows the groups below `root`."""
    below = path.removeprefix(root.rstrip("/")).strip("/")
    inside = path.startswith(root) and ".." not in below.split("/")
    parts = below.split("/") if inside and below else []
    for depth in range(len(parts), -1, -1):
        yield point.joinpath(*parts[:depth])


def _limit(folder: Path) -> float | None:
    """Return the limit of one group, from version 2's file or version 1's two files; None if it sets none."""
    if lines := _lines(folder / "cpu.max"):
        amount, period = lines[0].split()
    else:
        amount, period = (next(iter(_lines(folder / f"cpu.cfs_{name}_us")), "-1") for name in ("quota", "period"))
    if amount == "max" or int(amount) <= 0 or int(period) <= 0:
        return None
    return int(amount) / int(period)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux, or a group that this process may not read
        return []
