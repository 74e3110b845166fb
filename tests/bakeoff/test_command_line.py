"""Test the `bakeoff` command: its table of commands, its imports, and the flags that all commands share."""

import argparse
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib

import pytest

from bakeoff import __version__
from bakeoff.__main__ import COMMANDS, main
from bakeoff.common import errors
from bakeoff.common.errors import (
    BakeoffError,
    CorpusError,
    HubError,
    InputError,
    Interrupted,
    ModelError,
    ReportError,
    TrainingError,
    one_sentence_errors,
)
from bakeoff.common.root import ROOT

HEAVY = ("numpy", "torch", "transformers", "tensorflow", "keras", "gradio", "fastapi", "huggingface_hub", "pandas")
SHARED = {"--models", "--corpus", "--text-column", "--label-column", "--output", "--seed", "--json", "--quiet", "--yes"}


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command, built by its module."""
    return {name: importlib.import_module(command.module).parser() for name, command in COMMANDS.items()}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run `python -m bakeoff` in a separate process."""
    return subprocess.run(
        [sys.executable, "-m", "bakeoff", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("flags", [["--help"], ["--version"], [], ["unknown"]])
def test_the_overview_imports_no_library(flags):
    script = (
        "import sys\nfrom bakeoff.__main__ import main\n"
        f"main({flags})\nprint(sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_overview_shows_every_command_in_the_order_of_the_walk(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert re.findall(r"^  ([a-z-]+) ", printed, re.MULTILINE) == list(COMMANDS)
    groups = re.findall(r"^([A-Z][a-z]+):$", printed, re.MULTILINE)
    assert groups == list(dict.fromkeys(command.group for command in COMMANDS.values()))
    assert groups.index("Data") < groups.index("Train") < groups.index("Evaluate") < groups.index("Decide")
    assert max(map(len, printed.splitlines())) <= 120


def test_the_version_is_the_one_of_the_package(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bakeoff {__version__}\n"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("evalute", "did you mean `bakeoff evaluate`?"), ("xyz", "lists the commands"), ("--quiet", "there is no flag")],
)
def test_an_unknown_command_gets_one_sentence_with_the_nearest_name(name, sentence, capsys):
    assert main([name]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.err.count("\n") == 1 and not printed.out


def test_a_package_that_is_missing_gets_one_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "trainers.parity", None)
    assert main(["parity"]) == 1
    assert "`bakeoff doctor` says what brings it" in capsys.readouterr().err


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_has_a_parser_of_its_name_whose_example_it_takes(name):
    parser = parsers()[name]
    assert parser.prog == f"bakeoff {name}"
    examples = [line.strip() for line in (parser.epilog or "").splitlines() if line.strip().startswith("bakeoff ")]
    assert examples, "its help shows an example"
    for example in examples:
        program, command, *flags = shlex.split(example)
        assert (program, command) == ("bakeoff", name)
        parser.parse_args(flags)
    assert "default: None" not in parser.format_help()


def test_every_default_is_shown():
    for name, parser in parsers().items():
        for action in parser._actions:
            if action.option_strings and type(action.default) in (int, float, str) and action.default != "==SUPPRESS==":
                entry = parser._get_formatter()._expand_help(action)
                assert "default" in entry, f"{name} {action.option_strings}"


def test_the_shared_flags_mean_the_same_everywhere():
    kinds: dict[str, set] = {}
    for name, parser in parsers().items():
        for action in parser._actions:
            for flag in SHARED & set(action.option_strings):
                # The default seed of a training comes from the recipe, not from the flag.
                kind = "N" if flag == "--seed" else (type(action).__name__, action.nargs, action.type)
                kinds.setdefault(flag, set()).add(kind)
                assert action.dest == flag[2:].replace("-", "_"), f"{name} {flag}"
    assert set(kinds) == SHARED
    assert {flag: kind for flag, kind in kinds.items() if len(kind) > 1} == {}


def test_the_older_ways_to_start_a_command_still_work():
    for module, name in (("trainers", "train"), ("explain", "explain"), ("eval", "evaluate")):
        done = subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0 and f"usage: bakeoff {name} " in done.stdout


def test_an_unknown_flag_is_asked_wrongly():
    with pytest.raises(SystemExit) as ended:
        main(["corpus", "--color"])
    assert ended.value.code == 2


def test_the_answer_is_on_standard_output_and_it_alone():
    done = run("corpus", "--json")
    assert done.returncode == 0 and not done.stderr
    assert json.loads(done.stdout)["text_column"]


def test_notes_go_to_standard_error_unless_they_are_not_wanted(tmp_path, capsys):
    report, page = "results/bbc-minilm/report.json", tmp_path / "report.html"
    for flags, noted in (([], True), (["--quiet"], False)):
        assert main(["page", str(ROOT / report), "--output", str(page), *flags]) == 0
        printed = capsys.readouterr()
        assert printed.out == ""
        assert (str(page) in printed.err) == noted


def test_json_is_the_whole_answer(tmp_path, capsys):
    reports, bundle = str(ROOT / "results" / "bbc-minilm"), str(tmp_path / "bundle")
    assert main(["decide", "--report", reports, "--output", bundle, "--json"]) == 0
    printed = capsys.readouterr()
    decision = json.loads(printed.out)
    assert decision == json.loads((tmp_path / "bundle" / "decision.json").read_text(encoding="utf-8"))
    assert decision["command"].startswith("bakeoff decide --report ")
    assert bundle in printed.err


def test_a_reader_that_closes_the_pipe_ends_the_command_without_a_word():
    command = [sys.executable, "-m", "bakeoff", "corpus", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        printed = process.stderr.read()
    assert process.wait() == 1
    assert printed == ""


def test_no_escape_codes_go_into_a_pipe():
    for environment in ({}, {"NO_COLOR": "1"}):
        done = run("decide", "--report", "results/bbc-minilm", **environment)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout + done.stderr


def test_what_is_installed_holds_every_folder_and_its_data_files():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {init.parent.name: init.parent for init in ROOT.glob("[a-z]*/__init__.py")}
    for name in ("tests", "docs"):  # not needed to use Bakeoff
        folders.pop(name, None)
    assert {pattern.rstrip("*") for pattern in setuptools["packages"]["find"]["include"]} == set(folders)
    assert [f"{name}.py" for name in setuptools["py-modules"]] == [path.name for path in ROOT.glob("*.py")]
    files = [path for folder in folders.values() for path in folder.rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix != ".py" and "__pycache__" not in path.parts]
    assert len(data) > 20
    assert [path for path in data if not any(map(path.match, setuptools["package-data"]["*"]))] == []


def test_make_alone_lists_its_targets():
    # If make runs the tests, the inner make inherits its level and prints the folders that it enters.
    outer = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    printed = subprocess.run(["make"], cwd=ROOT, env=outer, capture_output=True, text=True, timeout=60).stdout
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split()
    assert {line.split()[1] for line in printed.splitlines()} == set(targets)
    assert all(len(line.split()) > 3 for line in printed.splitlines())


def raising(error: BaseException):
    """Run a command that raises this error."""

    def command(argv=None) -> int:
        raise error

    return one_sentence_errors(command)


def caused(error: BakeoffError, cause: BaseException) -> BakeoffError:
    """Return the error with its cause, as `raise … from` sets it."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("a"), 2),
        (CorpusError("a"), 2),
        (ModelError("a"), 2),
        (ReportError("a"), 2),
        (HubError("a"), 1),
        (TrainingError("a"), 1),
        (errors.WorkerError("a"), 1),
        (Interrupted("a"), 130),
        (KeyboardInterrupt(), 130),
        (caused(ReportError("a"), OSError(28, "No space left on device")), 1),
        (caused(ReportError("a"), PermissionError(13, "Permission denied")), 2),
        (caused(CorpusError("a"), ConnectionError("away")), 1),
        (caused(CorpusError("a"), caused(InputError("b"), TimeoutError("late"))), 1),
    ],
)
def test_what_was_asked_wrongly_is_told_from_what_failed(error, status, capsys):
    assert raising(error)() == status
    printed = capsys.readouterr()
    assert printed.err and not printed.out


def test_another_broken_pipe_is_not_hidden():
    with pytest.raises(BrokenPipeError):
        raising(BrokenPipeError())()
