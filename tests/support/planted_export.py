"""Replace the processes of `eval.portability` with planted faults and known logits, without a framework.

A text's logits are its number of characters and the parity of it.
"""

import os
import time
from pathlib import Path

import numpy as np


def logits(texts):
    return np.array([[len(text), len(text) % 2] for text in texts], dtype=np.float32)


class Export:
    def write(self, framework: str, function: str, folder: str, file: str) -> None:
        if function == "refuses":
            raise ValueError(f"no operator Gelu in {file} (see /usr/lib/python3/exporter.py:7)")
        if function == "hangs":
            time.sleep(60)
        if function == "crashes":
            os.abort()
        Path(file).write_bytes(b"x" * 123)


class Exported:
    def open(self, function: str, file: str, folder: str, threads: int) -> None:
        assert Path(file).stat().st_size == 123
        self.function = function

    def logits(self, batches):
        return [self._logits(texts) for texts in batches]

    def _logits(self, texts):
        longest = max(map(len, texts))
        if self.function == "fixed" and len(texts) > 1:
            raise RuntimeError("expected 1 text")
        seen = [text.ljust(longest) for text in texts] if self.function == "blind" else texts
        return logits(seen) + {"rounds": 1e-5, "wrong": 0.1, "overflows": float("nan")}.get(self.function, 0)

    def seconds(self, texts):
        return [0.002 for _ in texts]


class AsItIs(Exported):
    pass


class WithoutFramework(Exported):
    def open(self, function: str, file: str, folder: str, threads: int) -> None:
        if function == "needs":
            raise ImportError("it imports torch")
        super().open(function, file, folder, threads)


class Own:
    def open(self, framework: str, folder: str) -> None:
        if framework == "broken":
            raise ValueError("no model here")

    def logits(self, batches):
        return [logits(texts) for texts in batches]

    def seconds(self, texts):
        return [0.004 for _ in texts]
