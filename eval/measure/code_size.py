"""How much code each framework takes: logical lines of this project's two trainers and classifiers.

bakeoff code-size --output code_size.json

Both sides do the same work on the same shared code (batches, head, monitor, model folder, ...), which is not counted:
what is left is what the framework makes one write. `transplant.py`, which only comparing takes, counts for
neither, nor do this project's fast kernels and forward passes (SPEED): nobody has to write them to use a framework.
It is one author's code, written to be read side by side: another author's counts would be others. The counter is
coverage.py (https://coverage.readthedocs.io): its statements.
"""

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.common import json_report, options
from bakeoff.common.errors import ReportError, one_sentence_errors
from bakeoff.common.files import json_text
from bakeoff.common.root import ROOT
from eval.measure.machine import public_command

# A file that a framework gets later is counted by its name.
FILES = {
    "PyTorch": ("trainers/*_pytorch.py", "bakeoff/classifiers/pytorch_*.py"),
    "TensorFlow": (
        "trainers/*_tensorflow.py",
        "bakeoff/classifiers/tensorflow_*.py",
        "bakeoff/common/keras_on_tensorflow.py",
    ),
}
SPEED = ("trainers/kernels_*.py", "bakeoff/classifiers/*_forward.py")


def logical_lines(path: Path) -> int:
    """Statements of a Python file, without comments and docstrings; one over several lines counts once.

    Raises:
        ReportError: coverage is not installed.
    """
    try:
        import coverage
    except ImportError as error:
        raise ReportError("coverage counts the lines and is not installed: see requirements-dev.txt.") from error
    counter = coverage.Coverage(data_file=None, config_file=False)
    counter.clear_exclude()  # lines that tests need not reach are code too
    _, statements, *_ = counter.analysis2(str(path))
    return len(statements)


def files(framework: str, root: Path = ROOT) -> list[Path]:
    """The files that one framework's trainer and classifier are made of; shared ones and SPEED are left out.

    Raises:
        ReportError: there are none.
    """
    fast = {path for pattern in SPEED for path in root.glob(pattern)}
    found = sorted({path for pattern in FILES[framework] for path in root.glob(pattern)} - fast)
    if not found:
        raise ReportError(f"there are no files {', '.join(FILES[framework])}; run the command in the project's folder.")
    return found


def count(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """The logical lines of each file, and of all together, by framework."""
    out = {}
    for framework in FILES:
        lines = {path.relative_to(root).as_posix(): logical_lines(path) for path in files(framework, root)}
        out[framework] = {"files": lines, "logical_lines": sum(lines.values())}
    return out


def digest(root: Path = ROOT) -> str:
    """sha256 over the names and contents of all files that are counted: other code has another one."""
    out = hashlib.sha256()
    for path in (path for framework in FILES for path in files(framework, root)):
        for part in (path.relative_to(root).as_posix().encode(), path.read_bytes()):
            out.update(hashlib.sha256(part).digest())
    return out.hexdigest()


def lines(frameworks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The counts for the terminal."""
    out = []
    for framework, counted in frameworks.items():
        out.append(f"{framework}: {counted['logical_lines']} logical lines")
        out += [f"  {number:5}  {path}" for path, number in counted["files"].items()]
    return out


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = options.command("code-size", __doc__, "bakeoff code-size --output code_size.json")
    options.add_output(out, "where the report is written", Path("code_size.json"))
    options.add_json(out)
    options.add_quiet(out)
    return out


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Count, print and write."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    command = public_command("bakeoff code-size", given)
    made = json_report.build("code_size", command=command, commit_or_digest=digest(), frameworks=count())
    json_report.write(arguments.output, made)
    options.note(arguments, f"code size {made['id']} written to {arguments.output}")
    print(json_text(made) if arguments.json else "\n".join(lines(made["frameworks"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
