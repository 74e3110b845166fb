"""Run the child process of `eval.measure.worker`: build the contender, and answer calls until the pipe is closed.

python -m eval.measure.worker_main [CORE ...]

This module imports only a few small modules of the standard library, because it measures the contender's import time.
"""

import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

LONGEST_ERROR = 300  # characters; some libraries write very long messages


def main() -> None:
    """Read requests from standard input and answer on standard output, with one JSON document per line."""
    ready = time.monotonic()
    # Libraries may print to standard output, so only this module keeps the pipe to the parent.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C and closes the pipe
    if cores := set(map(int, sys.argv[1:])):
        os.sched_setaffinity(0, cores)
    requests: queue.Queue[dict] = queue.Queue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    first = requests.get()
    module, _, name = first["factory"].partition(":")
    contender = _answer(answers, lambda: _build(module, name, first["arguments"], ready))
    while contender is not None:
        _answer(answers, partial(_call, contender, **requests.get()))


def _build(module: str, name: str, arguments: dict, ready: float) -> tuple[Any, dict[str, float]]:
    factory = getattr(importlib.import_module(module), name)
    imported = time.monotonic()
    built = factory(**arguments)
    return built, {"interpreter": ready, "imported": imported, "built": time.monotonic()}


def _call(contender: Any, method: str, arguments: dict) -> tuple[None, Any]:
    return None, getattr(contender, method)(**arguments)


def _answer(answers: TextIO, work: Callable[[], tuple[Any, Any]]) -> Any:
    """Send the second value that the work returns, and return the first; None if the work fails."""
    kept = None
    try:
        kept, result = work()
        line = json.dumps({"result": result}, default=lambda value: value.tolist())  # for numpy arrays and numbers
    except Exception as error:  # noqa: BLE001  every error is reported to the parent
        traceback.print_exc()
        line = json.dumps({"error": " ".join(str(error).split())[:LONGEST_ERROR], "kind": type(error).__name__})
    answers.write(line + "\n")
    answers.flush()
    return kept


def _read(requests: queue.Queue) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent has closed the pipe or ended, so a running call must not outlive it


if __name__ == "__main__":
    main()
