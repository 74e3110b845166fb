"""Provide a tiny contender for `eval.measure.worker` that describes its process and fails in every way on demand."""

import os
import signal
import time

import numpy as np

print("a library that prints when it is imported")


class Contender:
    def __init__(self, greeting: str = "hello", broken: bool = False):
        if broken:
            raise ValueError("built with\na fault")
        self.greeting = greeting

    def greet(self, name: str) -> str:
        os.write(1, b"noise of a library in C\n")
        print('{"result": "not the answer"}')
        return f"{self.greeting} {name}"

    def environment(self, name: str) -> str | None:
        return os.environ.get(name)

    def cores(self) -> int:
        return len(os.sched_getaffinity(0))

    def array(self) -> np.ndarray:
        return np.arange(3, dtype=np.float32)

    def unanswerable(self) -> object:
        return object()

    def fail(self) -> None:
        raise KeyError("x" * 10_000)

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def leave(self) -> None:
        os.write(2, b"out of luck\n")
        os._exit(3)

    def sleep(self) -> None:
        time.sleep(60)
