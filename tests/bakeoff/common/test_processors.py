"""Test the number of processors: affinity and both versions of control groups, in containers and outside."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bakeoff.common import processors
from tests.support import tiny
from tests.support.tiny import FRAMEWORKS, ROOT

V1, V2 = "cgroup cgroup rw,cpu,cpuacct", "cgroup2 cgroup2 rw"


class Machine:
    """A machine whose control groups, as a process sees them, are written to files."""

    def __init__(self, folder: Path, monkeypatch):
        self.folder, self._mounts, self._groups = folder, [], []
        monkeypatch.setattr(processors, "PROCESS", folder)
        monkeypatch.setattr(processors, "CORES", folder / "cores")

    def group(self, path: str, kind: str, *, root: str = "/", controllers: str | None = None) -> Path:
        """Mount a hierarchy, put the process into a group of it, and return the mount point."""
        point = self.folder / f"mount{len(self._mounts)}"
        point.mkdir()
        controllers = controllers if controllers is not None else "" if kind == V2 else "cpu,cpuacct"
        self._mounts.append(f"{30 + len(self._mounts)} 23 0:28 {root} {point} rw,relatime shared:9 - {kind}")
        self._groups.append(f"{9 - len(self._groups)}:{controllers}:{path}")
        (self.folder / "mountinfo").write_text("\n".join(["23 1 0:1 / / rw - ext4 /dev/sda rw", *self._mounts]))
        (self.folder / "cgroup").write_text("\n".join(self._groups) + "\n")
        return point


def limit(folder: Path, amount: str, period: int = 100_000) -> None:
    """Set a quota in the form of version 2."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.max").write_text(f"{amount} {period}\n")


def limit_v1(folder: Path, amount: int, period: int = 100_000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.cfs_quota_us").write_text(f"{amount}\n")
    (folder / "cpu.cfs_period_us").write_text(f"{period}\n")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a machine with 8 cores and without a quota."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    return Machine(tmp_path, monkeypatch)


def test_without_control_groups_there_is_no_quota(machine):
    assert (processors.quota(), processors.usable(), processors.described()) == (None, 8, "8 cores")
    assert processors.facts() == {"usable_cores": 8, "cpu_quota": None}


@pytest.mark.parametrize(
    ("amount", "expected", "threads"), [("200000", 2.0, 2), ("150000", 1.5, 2), ("10000", 0.1, 1), ("max", None, 8)]
)
def test_a_container_s_quota_of_version_2(machine, amount, expected, threads):
    limit(machine.group("/", V2), amount)
    assert (processors.quota(), processors.usable()) == (expected, threads)


def test_the_tightest_of_nested_groups_counts(machine):
    """Set a quota for the parent, as systemd does for CPUQuota of a slice above a service with none or a looser one."""
    point = machine.group("/user.slice/user-0.slice/run.scope", V2)
    limit(point / "user.slice", "300000")
    limit(point / "user.slice" / "user-0.slice", "max")
    limit(point / "user.slice" / "user-0.slice" / "run.scope", "600000")
    limit(point / "other.slice", "100000")
    assert (processors.quota(), processors.usable()) == (3.0, 3)
    assert processors.described() == "8 cores, a quota of 3"


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/docker/ab12", "/docker/ab12"),  # mounted from the host without a namespace of its own
        ("/", "/"),
        ("/../../outside", "/"),  # seen from another namespace, where nothing above the mounted part is visible
    ],
)
def test_a_container_s_quota_of_version_1(machine, path, root):
    machine.group("/elsewhere", "cgroup cgroup rw,memory", controllers="memory")
    limit_v1(machine.group(path, V1, root=root), 250_000)
    assert (processors.quota(), processors.usable()) == (2.5, 3)


def test_groups_of_version_1_without_a_limit_and_of_other_resources_count_for_nothing(machine):
    limit_v1(machine.group("/a", V1) / "a", -1)
    limit_v1(machine.group("/a", "cgroup cgroup rw,cpuset", controllers="cpuset") / "a", 100_000)
    limit(machine.group("/a", V2), "400000")  # a hybrid hierarchy
    assert (processors.quota(), processors.usable()) == (4.0, 4)


def test_the_affinity_counts_physical_cores(machine, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 5}, raising=False)
    for core in range(6):
        folder = machine.folder / "cores" / f"cpu{core}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{core // 2 * 2}-{core // 2 * 2 + 1}\n")
    assert processors.usable() == 3
    assert processors.described() == "8 cores, 4 of them for this process"
    limit(machine.group("/", V2), "200000")
    assert processors.usable() == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "8"),
        ({"OMP_NUM_THREADS": "3"}, "3"),
        ({"TF_NUM_INTRAOP_THREADS": "5"}, "5"),
        ({"OMP_NUM_THREADS": "3,2"}, "8"),
    ],
)
def test_both_frameworks_get_equally_many_threads(machine, given, expected):
    environment = dict(given)
    processors.set_threads(environment)
    assert set(environment) == set(processors.THREAD_VARIABLES)
    assert {name: value for name, value in environment.items() if name not in given} == {
        name: expected for name in processors.THREAD_VARIABLES if name not in given
    }
    assert environment.items() >= given.items()


LIMITED = """
import json, os, pathlib, sys
os.sched_getaffinity = lambda _: set(range(8))
from bakeoff.common import processors  # of a machine with 8 cores
found = []
processors.PROCESS, processors.CORES = pathlib.Path(sys.argv[1]), pathlib.Path("/nowhere")
"""
PROBED = {
    name: f"from eval.speed.probe_{name} import Probe\nfound.append(Probe().facts()['threads'])\n"
    for name in FRAMEWORKS
}
# What the framework that was not trained would read: importing it takes seconds.
ENVIRONMENT = "found.append([os.environ[name] for name in processors.THREAD_VARIABLES])\n"
PRINTED = "print(json.dumps(found))"
SERVED = (
    "import app\nfrom tabs.page import page\nfrom bakeoff.classifiers.pair import load_pair\nload_pair(*sys.argv[2:])\n"
)
SERVING = LIMITED + SERVED + "".join(PROBED.values()) + PRINTED
TRAINING = LIMITED + "from trainers.__main__ import main\nassert main(sys.argv[2:]) == 0\n"


@pytest.mark.slow
def test_a_server_of_both_models_follows_the_quota(machine, tiny_runs):
    limit(machine.group("/box", V2) / "box", "100000")  # at most what a small machine has, because PyTorch rejects more
    assert probe_threads(str(machine.folder), *(str(tiny_runs / name) for name in FRAMEWORKS), code=SERVING) == [1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_training_follows_the_quota_and_its_report_says_so(machine, encoder_folder, tmp_path, framework):
    limit(machine.group("/box", V2) / "box", "50000")
    command = tiny.arguments(encoder_folder, tmp_path / "runs", "--framework", framework, "--set", "epochs=1")
    ended = TRAINING + ENVIRONMENT + PROBED[framework] + PRINTED
    assert probe_threads(str(machine.folder), *command, code=ended) == [["1", "1", "1"], 1]
    report = tiny.read(tmp_path / "runs" / framework / "training.json")
    assert report["processors"] == {"usable_cores": 1, "cpu_quota": 0.5}
    assert " cores" in report["environment"]["system"]
    assert "a quota of 0.5" in report["environment"]["system"]


def probe_threads(*arguments: str, code: str, **settings) -> list:
    environment = {name: value for name, value in os.environ.items() if name not in processors.THREAD_VARIABLES}
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        **settings,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.fixture
def real_group():
    """Create a real control group with half a processor, or skip the test if this user may not create one."""
    for parent in (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup")):
        group = parent / f"bakeoff-test-{os.getpid()}"
        with suppress(OSError):
            group.mkdir()
            try:
                version_1 = (group / "cpu.cfs_quota_us").exists()
                (group / ("cpu.cfs_quota_us" if version_1 else "cpu.max")).write_text("50000")
                yield group
            finally:
                group.rmdir()
            return
    pytest.skip("no control group can be made here")


def test_a_real_group_is_found(real_group):
    code = "import json; from bakeoff.common.processors import quota, usable; print(json.dumps([quota(), usable()]))"

    def enter() -> None:
        (real_group / "cgroup.procs").write_text(str(os.getpid()))

    assert probe_threads(code=code, preexec_fn=enter) == [0.5, 1]
