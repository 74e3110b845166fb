"""Make an environment per variant, and start fresh processes there that load a model and answer one text."""

import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bakeoff.common import plain_environment
from bakeoff.common.errors import BakeoffError, ReportError
from bakeoff.common.root import ROOT
from eval.footprint.resolve import constraints, said
from eval.footprint.variants import Contents
from eval.measure.worker import THREAD_VARIABLES, Worker

SCRIPT = ROOT / "eval" / "footprint" / "serving" / "run.py"
DONE = "installed.json"  # appears in an environment when everything is installed
INSTALLING = 3600  # seconds for one environment
SERVING = 600  # seconds for one process
SHOWN = 200  # characters of a failed process's last line


class NotMeasured(ReportError):
    """A start can't be measured here, now."""


class Environments:
    """Environments below one folder, which are made when they are first used and kept.

    Args:
        folder: The folder.
        models: Folder of each framework's model.
        digests: Digest of each framework's weights; exported files are kept by it.
        threads: Threads of each process.
    """

    def __init__(self, folder: Path, models: dict[str, Path], digests: dict[str, str], threads: int):
        self._folder, self._models, self._digests, self._threads = folder.resolve(), models, digests, threads

    def prepare(self, contents: Contents, framework: str) -> None:
        """Install the environment, export the model for a runtime, and start it once to fill the caches.

        Raises:
            NotMeasured: One of these failed.
        """
        self._install(contents)
        if contents.function:
            self._export(contents, framework)
        self.start(contents, framework)

    def start(self, contents: Contents, framework: str) -> dict[str, Any]:
        """Start one process, and return the seconds from its start to each stage, its peak memory, build and logits.

        Raises:
            NotMeasured: The process failed or took too long.
        """
        python = self._folder / contents.name / "bin" / "python"
        file = self._file(contents, framework)
        arguments = [contents.serves, self._models[framework].resolve(), file, contents.function, self._threads]
        started = time.monotonic()
        output = self._run([python, "-E", "-s", SCRIPT, *arguments], "serving", SERVING)
        answer = json.loads(output.splitlines()[-1])
        seconds = {stage: moment - started for stage, moment in answer.pop("moments").items()}
        return answer | {"seconds": seconds}

    def _install(self, contents: Contents) -> None:
        folder = self._folder / contents.name
        wanted = json.dumps([contents.roots, contents.alone])
        done = folder / DONE
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            return
        try:
            venv.create(folder, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotMeasured(f"{folder.name} can't be made ({error}); name another folder.") from error
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
        self._run([*pip, *constraints(), *contents.roots], "installing", INSTALLING)
        if contents.alone:
            self._run([*pip, "--no-deps", *constraints(), *contents.alone], "installing", INSTALLING)
        done.write_text(wanted, encoding="utf-8")

    def _file(self, contents: Contents, framework: str) -> str:
        if not contents.function:
            return ""
        return str(self._folder / "exported" / f"{framework}-{self._digests[framework][:16]}" / contents.file)

    def _export(self, contents: Contents, framework: str) -> None:
        """Export the model as `bakeoff export` does, unless an earlier run did."""
        file = Path(self._file(contents, framework))
        if file.exists():
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        arguments = {"framework": framework, "function": contents.function, "file": str(file)}
        try:
            with Worker("eval.portability.exporter:Export", threads=self._threads) as worker:
                worker.call("write", folder=str(self._models[framework]), **arguments)
        except BakeoffError as error:
            words = str(error).rpartition("failed when calling write: ")[2]
            reason = words.replace(str(self._folder), "…").rstrip(".")[:SHOWN]
            raise NotMeasured(f"the model was not exported ({reason}); install requirements-export.txt.") from error

    def _run(self, command: Sequence[Any], doing: str, limit: float) -> str:
        environment = dict(os.environ)
        plain_environment.neutralize(environment)
        environment |= dict.fromkeys(THREAD_VARIABLES, str(self._threads)) | {"HF_HUB_OFFLINE": "1"}
        environment.pop("VIRTUAL_ENV", None)
        try:
            process = subprocess.run(
                list(map(str, command)), env=environment, capture_output=True, text=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotMeasured(f"{doing} took more than {limit} s; repeat the command.") from error
        if process.returncode:
            reason = said(process.stderr).replace(str(self._folder), "…")[-SHOWN:]
            raise NotMeasured(f"{doing} failed ({reason}); remove the environment and repeat the command.")
        return process.stdout


def python_version() -> str:
    """Return the version of Python that the environments have."""
    return ".".join(map(str, sys.version_info[:3]))
