"""A contender in a fresh process of its own, with pinned threads.

    with Worker("module:factory", {"folder": "runs/demo/pytorch"}, threads=2) as worker:
        worker.call("latency", text="a headline")

The child imports the module, calls the factory with the arguments, and then the methods of what it returned. All that
passes between the two is JSON.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bakeoff.common import plain_environment
from bakeoff.common.errors import WorkerError
from bakeoff.common.root import ROOT
from eval.measure import machine

# What the libraries read at import: OpenMP (PyTorch, ONNX Runtime), MKL, OpenBLAS (numpy), TensorFlow's two thread
# pools, and the tokenizer's.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "RAYON_NUM_THREADS",
)
CLOSING_SECONDS = 10


@dataclass(frozen=True)
class Startup:
    """When the child got how far, in seconds since its process was started.

    Attributes:
        interpreter: Python runs.
        imported: the contender's module is imported.
        built: its factory has returned.
    """

    interpreter: float
    imported: float
    built: float


class Worker:
    """A process that holds one contender; use it in a `with` statement.

    Args:
        factory: "module:name" of a callable, as the child imports it.
        arguments: its keyword arguments; JSON.
        threads: of every library's pool; also the number of cores that the child may use, where the system allows it.
        environment: variables for the child, beside the parent's; they win over those that pin the threads.

    Attributes:
        startup: when the child got how far.
        pid: the child's process id.

    Raises:
        WorkerError: the contender can't be built.
    """

    def __init__(
        self,
        factory: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        threads: int,
        environment: Mapping[str, str] | None = None,
    ):
        self.factory = factory
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        started = time.monotonic()
        self._process = subprocess.Popen(
            # -P: a folder `eval` where the command runs must not hide ours, which PYTHONPATH names.
            [sys.executable, "-P", "-m", "eval.measure.worker_main", *map(str, machine.cores(threads))],
            env=_environment(threads, environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
        )
        self.pid = self._process.pid
        try:
            moments = self._ask({"factory": factory, "arguments": dict(arguments or {})}, "starting")
        except BaseException:
            self.close()
            raise
        self.startup = Startup(**{name: moment - started for name, moment in moments.items()})

    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method of the contender with JSON arguments; returns its answer, which has passed through JSON.

        Raises:
            WorkerError: the method failed, or the process has ended.
        """
        return self._ask({"method": method, "arguments": arguments}, f"calling {method}")

    def close(self) -> None:
        """End the process; twice does no harm."""
        if self._stderr.closed:
            return
        with suppress(BrokenPipeError):  # the child is dead already, and has left a request unread
            self._process.stdin.close()
        try:
            self._process.wait(CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: Mapping[str, Any], doing: str) -> Any:
        written = json.dumps(request) + "\n"
        try:
            self._process.stdin.write(written)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except (BrokenPipeError, ValueError):  # ended before, or closed
            line = ""
        if not line:
            raise WorkerError(self._obituary(doing))
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.factory} failed when {doing}: {answer['kind']}: {answer['error']}")
        return answer["result"]

    def _obituary(self, doing: str) -> str:
        """Why the process has ended, in one sentence."""
        if self._stderr.closed:
            return f"the process of {self.factory} was closed before {doing}; start another."
        status = self._process.wait()
        cause = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        self._stderr.seek(0)
        last = (self._stderr.read().decode("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
        return f"the process of {self.factory} {cause} when {doing} ({last[:200]}); look for a lack of memory."


def _environment(threads: int, given: Mapping[str, str]) -> dict[str, str]:
    pinned = dict.fromkeys(THREAD_VARIABLES, str(threads))
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    inherited = dict(os.environ)
    plain_environment.neutralise(inherited)  # stock libraries are measured with their own defaults, not a user's
    return inherited | {"PYTHONPATH": path} | pinned | dict(given)
