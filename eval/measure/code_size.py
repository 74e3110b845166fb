"""Count the code that each framework needs: logical lines of this project's two trainers and classifiers.

bakeoff code-size --output code_size.json

Both sides do the same work with the same shared code (batches, head, monitor, model folder, ...). The shared code is
not counted, so the count is the code that the framework requires. `transplant.py` is not counted, because only the
comparison needs it. The fast kernels and forward passes (SPEED) are not counted, because using a framework does not
require them. One author wrote this code to be read side by side; another author's counts would differ. The counts are
the statements that coverage.py (https://coverage.readthedocs.io) finds.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.common import code_digest, json_report, options
from bakeoff.common.errors import ReportError, one_sentence_errors
from bakeoff.common.files import json_text
from bakeoff.common.root import ROOT
from eval.measure.machine import public_command

# The patterns also count files that are added later.
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
    """Count the statements of a Python file, without comments and docstrings; a multi-line statement counts once.

    Raises:
        ReportError: coverage.py is not installed.
    """
    try:
        import coverage
    except ImportError as error:
        raise ReportError(
            "coverage, which counts the lines, is not installed: install requirements-dev.txt."
        ) from error
    counter = coverage.Coverage(data_file=None, config_file=False)
    counter.clear_exclude()  # count lines that are excluded from test coverage, too
    _, statements, *_ = counter.analysis2(str(path))
    return len(statements)


def files(framework: str, root: Path = ROOT) -> list[Path]:
    """List the files of one framework's trainer and classifier, without shared files and SPEED.

    Raises:
        ReportError: There are no such files.
    """
    fast = {path for pattern in SPEED for path in root.glob(pattern)}
    paths = sorted({path for pattern in FILES[framework] for path in root.glob(pattern)} - fast)
    if not paths:
        raise ReportError(f"there are no files {', '.join(FILES[framework])}; run the command in the project's folder.")
    return paths


def count(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """Count the logical lines of each file, and in total, by framework."""
    counts = {}
    for framework in FILES:
        lines = {path.relative_to(root).as_posix(): logical_lines(path) for path in files(framework, root)}
        counts[framework] = {"files": lines, "logical_lines": sum(lines.values())}
    return counts


def digest(root: Path = ROOT) -> str:
    """Compute the sha256 over the statements of all counted files, which identifies this code."""
    return code_digest.of_files(path for framework in FILES for path in files(framework, root))


def lines(frameworks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Format the counts for the terminal."""
    text = []
    for framework, counted in frameworks.items():
        text.append(f"{framework}: {counted['logical_lines']} logical lines")
        text += [f"  {number:5}  {path}" for path, number in counted["files"].items()]
    return text


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = options.command("code-size", __doc__, "bakeoff code-size --output code_size.json")
    options.add_output(command, "where the report is written", Path("code_size.json"))
    options.add_json(command)
    options.add_quiet(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Count the lines, print the counts and write them."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(words)
    command = public_command("bakeoff code-size", words)
    document = json_report.build("code_size", command=command, commit_or_digest=digest(), frameworks=count())
    json_report.write(arguments.output, document)
    options.note(arguments, f"code size {document['id']} written to {arguments.output}")
    print(json_text(document) if arguments.json else "\n".join(lines(document["frameworks"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
