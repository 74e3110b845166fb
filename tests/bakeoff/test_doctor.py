"""Test what `bakeoff doctor` reads and advises, and that it prints no token."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from bakeoff.common.root import ROOT
from bakeoff.doctor import __main__ as doctor
from bakeoff.doctor import features, machine, packages
from bakeoff.hub.account import account

TORCH = "__version__ = '2.13.0+x'\ncuda: Optional[str] = {cuda}\nhip: Optional[str] = {hip}\n"
TENSORFLOW = "build_info = OrderedDict([('cuda_version', '12.5.1'), ('is_cuda_build', {}), ('is_rocm_build', False)])"
HUB = {"endpoint": "", "state": "answers", "token": True, "user": "alice", "role": "write", "sentence": ""}


def run(environment, *flags, cwd=ROOT):
    """Run the command in a separate process, and return its exit status, output and error output."""
    command = [sys.executable, "-m", "bakeoff", "doctor", *flags]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("role", ["write", "read"])
def test_the_owner_of_the_token_is_shown_and_the_token_is_not(fake_hub, tmp_path, role):
    token = fake_hub.token("alice", role)
    for flags in ([], ["--json"]):
        status, out, err = run(fake_hub.env(tmp_path, token=token), *flags)
        assert status == 0, out
        assert token not in out + err
        assert "alice" in out and fake_hub.endpoint in out
    found = json.loads(out)
    assert found["hub"]["role"] == role and found["ready"]
    publish = next(feature for feature in found["features"] if feature["name"] == features.PUBLISHING)
    assert bool(publish["lacks"]) == (role == "read")


def test_a_token_that_the_hub_refuses_is_not_shown_either(fake_hub, tmp_path):
    status, out, err = run(fake_hub.env(tmp_path, token="hf_" + "x" * 34))
    assert status == 0
    assert "does not accept the token" in out
    assert "x" * 10 not in out + err


def test_the_hub_answers_without_a_token_too(connected_hub):
    found = account()
    assert (found.state, found.token, found.user, found.sentence) == ("answers", False, "", "")


def test_a_hub_that_is_unreachable_or_not_contacted_is_reported(fake_hub, tmp_path):
    environment = fake_hub.env(tmp_path, token=fake_hub.token("alice"))
    asked = len(fake_hub.requests)
    _, out, _ = run(environment | {"HF_HUB_OFFLINE": "1"})
    assert "not contacted: HF_HUB_OFFLINE is set" in out and len(fake_hub.requests) == asked
    fake_hub.stop()
    try:
        status, out, _ = run(environment)
    finally:
        fake_hub.start()
    assert status == 0, "the main job does not need the Hub"
    assert "can't be reached" in out
    assert "lacks confirmation of the token" in out


def test_a_password_in_the_endpoint_is_not_shown(fake_hub, tmp_path):
    endpoint = fake_hub.endpoint.replace("//", "//user:secret@")
    for more in ({}, {"HF_HUB_OFFLINE": "1"}):
        _, out, err = run(fake_hub.env(tmp_path, **{"HF_ENDPOINT": endpoint}, **more))
        assert "secret" not in out + err


def test_no_framework_is_imported(monkeypatch):
    script = (
        "import sys\nfrom bakeoff.doctor.__main__ import main\nmain([])\n"
        "print([name for name in ('torch', 'tensorflow', 'keras', 'gradio') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stderr.splitlines()[-1] == "[]"


def test_it_runs_where_nothing_is_installed(tmp_path):
    """Start the interpreter without its site-packages."""
    script = (
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom bakeoff.__main__ import main\nsys.exit(main(['doctor']))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 1
    assert "lacks torch, tensorflow" in done.stdout
    assert "→ pip install -r requirements.txt" in done.stdout
    assert "huggingface_hub is not installed" in done.stdout


@pytest.mark.parametrize(
    ("cuda", "hip", "expected"),
    [("None", "None", "CPU build"), ("'12.8'", "None", "CUDA 12.8 build"), ("None", "'6.4'", "ROCm 6.4 build")],
)
def test_pytorch_s_variant_is_read_from_its_files(tmp_path, cuda, hip, expected):
    (tmp_path / "version.py").write_text(TORCH.format(cuda=cuda, hip=hip), encoding="utf-8")
    assert packages.torch_variant(tmp_path) == expected
    assert packages.torch_variant(tmp_path / "absent") == "unknown build"


@pytest.mark.parametrize(
    ("is_cuda", "switch", "expected"),
    [
        (True, None, "CUDA 12.5.1 build, without CUDA's libraries, oneDNN on (Bakeoff sets TF_ENABLE_ONEDNN_OPTS=1)"),
        (False, None, "CPU build, oneDNN on (Bakeoff sets TF_ENABLE_ONEDNN_OPTS=1)"),
        (False, "0", "CPU build, oneDNN off (TF_ENABLE_ONEDNN_OPTS=0)"),
    ],
)
def test_tensorflow_s_variant_is_read_from_its_files(tmp_path, monkeypatch, is_cuda, switch, expected):
    folder = tmp_path / "python" / "platform"
    folder.mkdir(parents=True)
    (folder / "build_info.py").write_text(TENSORFLOW.format(is_cuda), encoding="utf-8")
    monkeypatch.setattr(packages, "has_cuda_libraries", lambda: False)
    monkeypatch.delenv(packages.ONEDNN, raising=False)
    if switch is not None:
        monkeypatch.setenv(packages.ONEDNN, switch)
    assert packages.tensorflow_variant(tmp_path) == expected


def test_requirements_are_read_with_their_versions(tmp_path):
    text = "# a comment\n-r other.txt\nnumpy==0.1\nno-such-package[extra]==2  # why\nbare\n"
    (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
    found = {package.name: package for package in packages.required("requirements.txt", tmp_path)}
    assert list(found) == ["numpy", "no-such-package", "bare"]
    assert found["numpy"].differs and found["numpy"].expected == "0.1"
    assert not found["no-such-package"].installed and not found["no-such-package"].differs
    assert packages.required("absent.txt", tmp_path) == ()


def test_tensorflow_cpu_serves_as_tensorflow(monkeypatch):
    monkeypatch.setattr(packages, "installed_version", lambda name: "2.21.0" if name == "tensorflow-cpu" else "")
    found = packages.look_up("tensorflow", "2.21.0")
    assert (found.name, found.installed) == ("tensorflow-cpu", "2.21.0")


def test_the_build_s_suffix_is_ignored():
    assert not packages.Package("torch", "2.13.0", "2.13.0+cpu").differs


@pytest.mark.parametrize(
    ("files", "quota", "memory"),
    [
        ({"cpu.max": "150000 100000", "memory.max": "2147483648"}, 1.5, 2**31),
        ({"cpu.max": "max 100000", "memory.max": "max"}, None, None),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5, None),
        ({"cpu/cpu.cfs_quota_us": "-1", "memory/memory.limit_in_bytes": "9223372036854771712"}, None, None),
        ({}, None, None),
    ],
)
def test_the_container_s_limits_are_read_in_both_versions(tmp_path, files, quota, memory):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n", encoding="ascii")
    assert machine.quota_cores(tmp_path) == quota
    assert machine.memory_limit(tmp_path) == memory


def test_a_gpu_is_read_from_its_own_tool(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H100, 81559 MiB, 570.1'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert machine.gpus() == ("NVIDIA H100, 81559 MiB, 570.1",)
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert machine.gpus() == ()


def test_a_gpu_that_a_cpu_build_can_not_use_gets_a_command(monkeypatch):
    computer = replace(machine.read(), gpus=("NVIDIA H100",))
    builds = {"torch": packages.Package("torch", "", "2.13.0+cpu", "CPU build")}
    monkeypatch.setattr(features, "look_up", lambda name: builds.get(name, packages.Package(name, "", "")))
    found = features.gpu(computer)
    assert found.lacks == ("PyTorch's CUDA build",)
    assert found.command == "pip install --force-reinstall torch==2.13.0"
    assert features.gpu(replace(computer, gpus=())).lacks[0].startswith("an NVIDIA GPU")


def test_the_main_job_alone_decides_the_exit_status(monkeypatch, capsys):
    computer = machine.read()
    for missing, status in ((), 0), ((packages.Package("torch", "2.13.0", ""),), 1):
        made = (packages.Package("numpy", "2", "2"), *missing)
        monkeypatch.setattr(doctor, "required", lambda _, made=made: made)
        monkeypatch.setattr(doctor, "ask_hub", lambda: HUB | {"user": "", "token": False})
        monkeypatch.setattr(doctor.machine, "read", lambda: computer)
        assert doctor.main(["--json"]) == status
        found = json.loads(capsys.readouterr().out)
        assert found["ready"] == (status == 0)
        assert any(feature["lacks"] for feature in found["features"])
