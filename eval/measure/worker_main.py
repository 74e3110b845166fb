"""The child of `eval.measure.worker`: builds what it was told to, and answers calls until the pipe is closed.

python -m eval.measure.worker_main [CORE ...]

Imports nothing but a few small modules of the standard library: what a contender costs to import is measured here.
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

LONGEST_ERROR = 300  # characters; some libraries list all they know


def main() -> None:
    """Read requests from the standard input and answer on the standard output, one JSON document a line each."""
    ready = time.monotonic()
    # Libraries print where they like: from here on only this module knows the pipe to the parent.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, who then closes the pipe
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
    """Send what the work returns second, and return what it returns first; None where it fails."""
    kept = None
    try:
        kept, result = work()
        line = json.dumps({"result": result}, default=lambda value: value.tolist())  # numpy's arrays and numbers
    except Exception as error:  # noqa: BLE001  whatever it is, the parent is told
        traceback.print_exc()
        line = json.dumps({"error": " ".join(str(error).split())[:LONGEST_ERROR], "kind": type(error).__name__})
    answers.write(line + "\n")
    answers.flush()
    return kept


def _read(requests: queue.Queue) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # closed or dead, the parent waits for nothing; a call that still runs must not outlive it


if __name__ == "__main__":
    main()
