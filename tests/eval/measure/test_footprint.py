"""Test `eval.measure.footprint`: which packages a package needs, and how large they are."""

import pytest

from eval.measure import footprint


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Install three planted packages: the root needs Left_Part, which needs the root and a missing package."""
    install(tmp_path, "root", 1000, ["Left_Part>=1", "absent", 'other; extra == "all"', 'other; python_version < "3"'])
    install(tmp_path, "left-part", 300, ["root"])
    install(tmp_path, "other", 70, [])
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(site, name: str, size: int, requires: list[str]) -> None:
    """Write a distribution of one file as pip does; its records count towards its size."""
    module, info = name.replace("-", "_"), site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (site / f"{module}.py").write_bytes(b"#" * size)
    lines = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{lines}")
    (info / "RECORD").write_text(f"{module}.py,,\nmissing.py,,\n")


def test_what_is_required_is_counted_once_and_what_is_optional_is_not(site):
    assert footprint.install_bytes(["root"]) == {"root": 1000, "left-part": 300}
    assert list(footprint.install_bytes(["other", "Root"])) == ["root", "left-part", "other"]


def test_the_frameworks_need_themselves():
    for roots in footprint.SERVING.values():
        assert set(roots) <= set(footprint.closure(roots))


def test_a_folder_is_all_its_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"12345")
    (tmp_path / ".c").write_bytes(b"678")
    assert footprint.folder_bytes(tmp_path) == 8


def test_the_variant_follows_from_the_packages_names():
    assert footprint.variant({"torch": 1, "nvidia-cublas": 2}) == footprint.PLAIN_PIP
    assert footprint.variant({"torch": 1, "numpy": 2}) == footprint.CPU_ONLY
    assert footprint.variant({"tensorflow": 1}) == footprint.PLAIN_PIP
    assert footprint.variant({"tensorflow-cpu": 1}) == footprint.CPU_ONLY


def test_the_cpu_build_of_tensorflow_counts_where_tensorflow_is_absent(tmp_path, monkeypatch):
    install(tmp_path, "planted-cpu", 500, [])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(footprint.ALTERNATIVES, "planted", "planted-cpu")
    assert footprint.install_bytes(["planted"]) == {"planted-cpu": 500}
