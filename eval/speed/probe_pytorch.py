"""Describe PyTorch for a benchmark: its build, its threads, its device, and how fast it multiplies matrices.

The class is a contender for `eval.measure.worker`, with the same methods as probe_tensorflow.py.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch


class Probe:
    """PyTorch as it is configured in this process."""

    def facts(self) -> dict[str, Any]:
        """Return the version, the device, the threads and the libraries that PyTorch computes with."""
        build = (line.strip(" -") for line in torch.__config__.show().splitlines())
        return {
            "version": torch.__version__,
            "cuda": torch.version.cuda,  # the CUDA that the build brings; None for a CPU build
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
            "threads": torch.get_num_threads(),
            "interop_threads": torch.get_num_interop_threads(),
            "onednn": torch.backends.mkldnn.is_available(),
            "processor_capability": torch.backends.cpu.get_cpu_capability(),
            "libraries": [line for line in build if "Math Kernel Library" in line or "MKL-DNN" in line],
        }

    def matrix_product(self, size: int) -> float:
        """Time one float32 product of two random (size, size) matrices, in seconds; it has 2 · size³ operations."""
        multiply, synchronize = _prepared(size)
        started = time.perf_counter()
        multiply()
        synchronize()
        return time.perf_counter() - started


@lru_cache(maxsize=1)
def _prepared(size: int) -> tuple[Callable[[], torch.Tensor], Callable[[], None]]:
    """Return the warmed-up product in the fastest available form, and a function that waits for the device."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    left, right = torch.rand(2, size, size, device=device).unbind()
    waits = torch.cuda.synchronize if device == "cuda" else lambda: None
    multiply = _packed_product(left, right) if device == "cpu" and _can_pack() else lambda: torch.mm(left, right)
    for _ in range(3):
        multiply()
    waits()
    return multiply, waits


def _can_pack() -> bool:
    """Return whether oneDNN can pack a weight for its kernels in this build, as `torch.compile` does for inference."""
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in ("_reorder_linear_weight", "_linear_pointwise")
    )


def _packed_product(left: torch.Tensor, right: torch.Tensor) -> Callable[[], torch.Tensor]:
    packed = torch.ops.mkldnn._reorder_linear_weight(right, len(left))
    return lambda: torch.ops.mkldnn._linear_pointwise(left, packed, None, "none", [], "")
