"""Test `eval.measure.machine`: the description of the machine, and its energy counters."""

import json
import os

import psutil

from bakeoff.common import processors
from eval.measure import machine


def test_the_record_is_json_and_names_what_matters():
    record = json.loads(json.dumps(machine.record(), allow_nan=False))
    assert record["cores"]["logical"] == psutil.cpu_count()
    assert (record["usable_cores"], record["cpu_quota"]) == (processors.usable(), processors.quota())
    assert record["memory_bytes"] == psutil.virtual_memory().total
    assert record["processor"] and record["versions"]["torch"] and record["versions"]["tensorflow"]
    assert machine.record(["no-such-package"])["versions"] == {"no-such-package": None}


def test_the_processor_s_flags_are_those_that_matter(tmp_path, monkeypatch):
    cpuinfo = tmp_path / "cpuinfo"
    core = "processor\t: {}\nmodel name\t: Planted CPU: 9\nflags\t\t: fpu avx2 avx512f avx512_bf16 amx_int8 avx2x\n\n"
    cpuinfo.write_text(core.format(0) + core.format(1), encoding="utf-8")
    monkeypatch.setattr(machine, "CPUINFO", cpuinfo)
    assert machine.processor() == "Planted CPU: 9"
    assert machine.flags() == ["avx2", "avx512f", "avx512_bf16", "amx_int8"]
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "absent")
    assert machine.flags() is None and machine.processor()


def test_threads_go_to_different_physical_cores_first(tmp_path, monkeypatch):
    monkeypatch.setattr(processors, "CORES", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3, 5}, raising=False)
    assert machine.cores(3) == [0, 1, 2]  # the siblings of the cores are unknown
    for core in range(6):
        folder = tmp_path / f"cpu{core}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{core // 2 * 2}-{core // 2 * 2 + 1}\n")
    assert machine.cores(2) == [0, 2] and machine.cores(4) == [0, 2, 5, 1]


def test_the_peak_stays_where_memory_was_given_back():
    block = b"\x01" * 300_000_000
    del block
    assert machine.peak_memory(os.getpid()) > psutil.Process().memory_info().rss + 250_000_000


def counter(folder, microjoules: int, turn: int = 1_000_000):
    folder.mkdir(exist_ok=True)
    (folder / "energy_uj").write_text(str(microjoules), encoding="ascii")
    (folder / "max_energy_range_uj").write_text(str(turn), encoding="ascii")
    return folder


def test_energy_is_the_sum_of_the_packages_also_when_a_counter_turns_over(tmp_path):
    first, second = counter(tmp_path / "intel-rapl:0", 900_000), counter(tmp_path / "intel-rapl:1", 0)
    counter(tmp_path / "intel-rapl:0:0", 500_000)  # a part of the first package
    reader = machine.energy_reader(tmp_path)
    assert reader.counters == (first, second)
    before = reader.readings()
    counter(first, 100_000)
    counter(second, 50_000)
    assert reader.spent(before, reader.readings()) == 0.25  # 200,000 μJ across the overflow, and 50,000 μJ


def test_no_counters_have_a_reason(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        reader = machine.energy_reader(folder)
        assert reader.readings() is None and reader.spent(None, None) is None and "no energy counters" in reader.reason
    counter(tmp_path / "intel-rapl:0", 1).joinpath("energy_uj").unlink()
    assert "can't be read" in machine.energy_reader(tmp_path).reason
