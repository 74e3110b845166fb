"""Remove settings from the environment and the user's home that would change what a framework computes.

These settings silently change precision, steps, compilation or devices in one framework only. Thread counts, caches,
`CUDA_VISIBLE_DEVICES`, `TF_ENABLE_ONEDNN_OPTS` and the like remain the user's: results don't depend on them, or reports
state them.
"""

import logging
import os
from collections.abc import MutableMapping

from bakeoff.common import processors

PREFIXES = (
    "ACCELERATE_",  # mixed precision, sharding, compilation, devices: Trainer trains through accelerate
    "FSDP_",
    "KERAS_",  # steps, epochs, backend, and the folder of keras.json
    "TF_AUTO_MIXED_PRECISION_",
    "TF_FP16_",
)
NAMES = (
    "TF_USE_LEGACY_KERAS",  # uses Keras 2 instead of Keras 3
    "TF_CONV2D_USE_FP16_ACCUMULATE",
    "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    # oneDNN and CUDA read these; each framework ships its own version of them.
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "DNNL_DEFAULT_FPMATH_MODE",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    # transformers reads these.
    "TRANSFORMERS_SDPA_FORCE_GQA",
    "USE_HUB_KERNELS",
    "XLA_DOWNCAST_BF16",
    "XLA_USE_BF16",
    # Launchers tell Trainer with these about processes that train together; Keras would train alone.
    "LOCAL_RANK",
    "LOCAL_WORLD_SIZE",
    "MV2_COMM_WORLD_SIZE",
    "OMPI_COMM_WORLD_SIZE",
    "PMI_SIZE",
    "RANK",
    "TORCHELASTIC_RUN_ID",
    "WORLD_SIZE",
)
FIXED = {
    "KERAS_BACKEND": "tensorflow",
    # No keras.json can be there. Keras then reads none, which may be invalid, and writes none into the home folder.
    "KERAS_HOME": os.devnull,
}

logger = logging.getLogger(__name__)


def prepare(environment: MutableMapping[str, str] = os.environ) -> None:
    """Make both frameworks compute alike, on equally many threads; call it before one is imported."""
    neutralize(environment)
    processors.set_threads(environment)


def neutralize(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove the settings that would change what is computed."""
    names = [name for name in environment if name in NAMES or name.startswith(PREFIXES)]
    ignored = sorted(name for name in names if environment[name] != FIXED.get(name))
    for name in names:
        del environment[name]
    environment.update(FIXED)
    if ignored:
        logger.warning(
            "ignored from the environment, because both frameworks must compute alike: %s", ", ".join(ignored)
        )
