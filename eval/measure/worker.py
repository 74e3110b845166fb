"""Run a contender in its own fresh process, with pinned threads.

    with Worker("module:factory", {"folder": "runs/demo/pytorch"}, threads=2) as worker:
        worker.call("latency", text="a headline")

The child process imports the module and calls the factory with the arguments. Then it calls methods of the object that
the factory returned. The two processes exchange only JSON.
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

# Variables that set the threads of each library at import: OpenMP (PyTorch, ONNX Runtime), MKL, OpenBLAS (numpy),
# TensorFlow's two thread pools, and the tokenizer.
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
    """The times at which the child reached each stage, in seconds since its process was started.

    Attributes:
        interpreter: Time at which Python ran.
        imported: Time at which the contender's module was imported.
        built: Time at which the contender's factory returned.
    """

    interpreter: float
    imported: float
    built: float


class Worker:
    """A process that holds one contender; use it in a `with` statement.

    Args:
        factory: The callable that the child imports, as "module:name".
        arguments: Keyword arguments of the factory, as JSON values.
        threads: Threads in every library's pool. It is also the number of cores that the child may use, if the system
            can limit them.
        environment: Variables for the child in addition to the parent's. They override those that pin the threads.

    Attributes:
        startup: When the child reached each stage.
        pid: The child's process id.

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
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed together with the process
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
        """Call a method of the contender with JSON arguments, and return its answer after a round trip through JSON.

        Raises:
            WorkerError: the method failed, or the process has ended.
        """
        return self._ask({"method": method, "arguments": arguments}, f"calling {method}")

    def close(self) -> None:
        """End the process; a second call is a no-op."""
        if self._stderr.closed:
            return
        with suppress(BrokenPipeError):  # the child ended before it read a request
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
        """Say in one sentence why the process has ended."""
        if self._stderr.closed:
            return f"the process of {self.factory} was closed before {doing}; start a new one."
        status = self._process.wait()
        cause = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        self._stderr.seek(0)
        last = (self._stderr.read().decode("utf-8", "replace").strip().splitlines() or ["no output"])[-1]
        return f"the process of {self.factory} {cause} when {doing} ({last[:200]}); check whether memory ran out."


def _environment(threads: int, overrides: Mapping[str, str]) -> dict[str, str]:
    pinned = dict.fromkeys(THREAD_VARIABLES, str(threads))
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    inherited = dict(os.environ)
    plain_environment.neutralize(inherited)  # stock libraries are measured with their own defaults, not a user's
    return inherited | {"PYTHONPATH": path} | pinned | dict(overrides)
