"""Test `bakeoff footprint`: pip resolves planted wheels without a network, and fresh processes start real models."""

import json
import site
import venv
import zipfile

import pytest

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.json_report import identify
from eval.footprint import __main__ as footprint
from eval.footprint import environments, figures, resolve, tables, variants
from eval.footprint.variants import Contents

PLANTED = Contents("plain pip", "PyTorch", ("planted-root===1.0",), ("planted-alone",), "with_pytorch", "planted-root")
LOCAL = Contents("CPU-only wheels", "PyTorch", ("planted-root==1.0+cpu",), (), "with_pytorch", "planted-root")


def write_wheel(folder, name: str, version: str, size: int, requires: str = "") -> None:
    """Write a wheel with one file of `size` bytes."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{name.replace('-', '_')}.py": "#" * size,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Plant wheels that pip finds without a network."""
    folder = tmp_path / "index"
    folder.mkdir()
    write_wheel(folder, "planted-root", "1.0", 1000, "nvidia-planted; platform_system == 'Linux'")
    write_wheel(folder, "planted-root", "1.0+cpu", 300)
    write_wheel(folder, "nvidia-planted", "2.0", 50_000)
    write_wheel(folder, "planted-alone", "3.0", 70, "absent-package")
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr(footprint, "contents", lambda: {"pytorch": (PLANTED, LOCAL)})
    return folder


def run(folder, *flags: str) -> dict:
    assert footprint.main(["--output", str(folder / "footprint.json"), "--quiet", *flags]) == 0
    return json.loads((folder / "footprint.json").read_text())


def test_pip_resolves_each_variant_and_the_report_names_files_and_no_address(index, tmp_path, capsys):
    report = run(tmp_path)
    assert report["kind"] == "footprint" and report["id"] == identify(report) and report["code"]
    plain = report["figures"]["PyTorch"]["plain pip"]["PyTorch"]["disk"]
    cpu = report["figures"]["PyTorch"]["CPU-only wheels"]["PyTorch"]["disk"]
    assert [wheel["name"] for wheel in plain["wheels"]] == ["nvidia-planted", "planted-root", "planted-alone"]
    assert 51_070 < plain["unpacked_bytes"] < 53_000 and 300 < cpu["unpacked_bytes"] < 1000
    assert plain["build"] == "planted_root-1.0-py3-none-any.whl, NVIDIA packages: 1"
    assert cpu["build"] == "planted_root-1.0+cpu-py3-none-any.whl"
    assert all(len(wheel["sha256"]) == 64 for wheel in plain["wheels"])
    for file in ("footprint.json", "footprint.jsonl"):
        assert str(index) not in (tmp_path / file).read_text() and "://" not in (tmp_path / file).read_text()
    assert "not measured here; run" in capsys.readouterr().out


def test_without_the_packages_the_figures_of_an_earlier_day_stay_with_their_date(index, tmp_path):
    before = run(tmp_path)["figures"]["PyTorch"]["plain pip"]["PyTorch"]["disk"]
    for wheel in index.iterdir():
        wheel.unlink()
    kept = run(tmp_path, "--refresh")["figures"]["PyTorch"]["plain pip"]["PyTorch"]["disk"]
    assert kept["reason"].startswith("not sized today: pip found no packages (No matching distribution")
    assert kept | {"reason": ""} == before
    (tmp_path / "footprint.jsonl").unlink()
    never = run(tmp_path)["figures"]["PyTorch"]["plain pip"]["PyTorch"]["disk"]
    assert never["unpacked_bytes"] is None and never["reason"] == kept["reason"]


def test_on_another_system_pip_is_not_asked(monkeypatch):
    monkeypatch.setattr(resolve.platform, "system", lambda: "Darwin")
    with pytest.raises(resolve.NotSized, match="only on Linux x86-64"):
        resolve.wheels(PLANTED)


def test_an_address_in_pips_error_is_not_shown():
    said = resolve.said("WARNING: x\nERROR: 403 for url: https://user:secret@index.example/simple/torch/ (from torch)")
    assert said == "403 for url: its index (from torch)"


def test_every_framework_has_every_variant_and_only_pinned_main_packages():
    for framework, all_of_it in variants.contents().items():
        assert {each.variant for each in all_of_it} == set(variants.VARIANTS.values()), framework
        assert len({each.name for each in all_of_it}) == len(all_of_it)
        for each in all_of_it:
            assert "==" in each.roots[0] and each.roots[0].startswith(each.main)


def test_environments_need_models(tmp_path, capsys):
    assert footprint.main(["--environments", str(tmp_path), "--output", str(tmp_path / "f.json")]) == 2
    assert "add --models" in capsys.readouterr().err


@pytest.fixture
def installed(tmp_path):
    """Make environments that share this process's packages, so that nothing has to be downloaded."""

    def make(contents: Contents) -> None:
        folder = tmp_path / "environments" / contents.name
        venv.create(folder, with_pip=False)
        (packages,) = folder.glob("lib/python*/site-packages")
        (packages / "shared.pth").write_text("\n".join(site.getsitepackages()))
        (folder / environments.DONE).write_text(json.dumps([contents.roots, contents.alone]))

    return make


@pytest.mark.slow
def test_fresh_processes_start_each_framework_and_a_runtime(tiny_runs, installed, index, tmp_path, monkeypatch):
    offered = variants.contents()
    chosen = {name: tuple(each for each in offered[name] if each.variant == variants.CPU_ONLY) for name in NAMES}
    runtime = next(each for each in offered["pytorch"] if each.runtime == "ONNX Runtime")
    chosen["pytorch"] += (runtime,)
    monkeypatch.setattr(footprint, "contents", lambda: chosen)
    for each in {each for all_of_it in chosen.values() for each in all_of_it}:
        installed(each)
    flags = ("--models", str(tiny_runs), "--environments", str(tmp_path / "environments"), "--starts", "1")
    report = run(tmp_path, *flags)
    assert set(report["models"]) == {"PyTorch", "TensorFlow"}
    cells = [
        report["figures"]["PyTorch"]["CPU-only wheels"]["PyTorch"],
        report["figures"]["PyTorch"]["runtime only"]["ONNX Runtime"],
        report["figures"]["TensorFlow"]["CPU-only wheels"]["TensorFlow"],
    ]
    for cell, words in zip(cells, ("torch.version.cuda=", "onnxruntime 1", "is_cuda_build="), strict=True):
        assert words in cell["start"]["build"] and not cell["start"]["reason"]
        parts = [cell["start"][name]["value"] for name in figures.SPANS]
        assert min(parts) > 0 and sum(parts) < cell["start"]["cold_start_seconds"]["value"]
        assert 0 < cell["memory"]["loaded_bytes"] <= cell["memory"]["answered_bytes"]
    assert cells[1]["memory"]["loaded_bytes"] < cells[0]["memory"]["loaded_bytes"] / 2  # no framework was imported
    log = [json.loads(line) for line in (tmp_path / "footprint.jsonl").read_text().splitlines()[1:]]
    logits = [measured["logits"] for key, measured in log if key[0] == "start" and key[1] == "pytorch"]
    assert logits[0] == pytest.approx(logits[1], abs=1e-4)
    assert "cold start, s" in tables.markdown(report)
    again = run(tmp_path, *flags)
    assert again["figures"] == report["figures"]


def test_a_process_that_fails_gives_a_sentence_and_the_others_are_measured(index, installed, tmp_path, monkeypatch):
    installed(PLANTED)
    measured = environments.Environments(tmp_path / "environments", {"pytorch": tmp_path}, {"pytorch": ""}, 1)
    with pytest.raises(environments.NotMeasured, match="serving failed .*tokenizer.json|serving failed .*No such file"):
        measured.start(PLANTED, "pytorch")
