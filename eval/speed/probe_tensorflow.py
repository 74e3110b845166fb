"""Describe TensorFlow for a benchmark: its build, its threads, its device, and how fast it multiplies matrices.

The class is a contender for `eval.measure.worker`, with the same methods as probe_pytorch.py.
"""

import os
import time
from functools import lru_cache
from typing import Any

from bakeoff.common.keras_on_tensorflow import tf


class Probe:
    """TensorFlow as it is configured in this process."""

    def facts(self) -> dict[str, Any]:
        """Return the version, the device, the threads and the libraries that TensorFlow computes with."""
        gpus = tf.config.list_physical_devices("GPU")
        return {
            "version": tf.__version__,
            "device": tf.config.experimental.get_device_details(gpus[0]).get("device_name", "gpu") if gpus else "cpu",
            # 0 means the environment variable's value, or else all cores.
            "threads": _threads(tf.config.threading.get_intra_op_parallelism_threads(), "TF_NUM_INTRAOP_THREADS"),
            "interop_threads": _threads(
                tf.config.threading.get_inter_op_parallelism_threads(), "TF_NUM_INTEROP_THREADS"
            ),
            "onednn": os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1",
            "build": {
                name: value for name, value in tf.sysconfig.get_build_info().items() if isinstance(value, str | bool)
            },
        }

    def matrix_product(self, size: int) -> float:
        """Time one float32 product of two random (size, size) matrices, in seconds; it has 2 · size³ operations."""
        left, right = _prepared(size)
        started = time.perf_counter()
        tf.matmul(left, right)[0, 0].numpy()  # waits for the device
        return time.perf_counter() - started


@lru_cache(maxsize=1)
def _prepared(size: int) -> tuple[tf.Tensor, tf.Tensor]:
    left, right = tf.unstack(tf.random.uniform((2, size, size)))
    for _ in range(3):
        tf.matmul(left, right)
    return left, right


def _threads(configured: int, variable: str) -> int:
    return configured or int(os.environ.get(variable, 0)) or os.cpu_count()
