"""Settings that the frameworks read from the environment or the user's home: none may change what is computed.

What is removed here changes precision, steps, compilation or devices in one framework only, and without a word. Thread
counts, caches, `CUDA_VISIBLE_DEVICES`, `TF_ENABLE_ONEDNN_OPTS` and the like stay the user's: results don't depend on
them, or reports state them.
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
    "TF_USE_LEGACY_KERAS",  # Keras 2 in the place of Keras 3
    "TF_CONV2D_USE_FP16_ACCUMULATE",
    "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    # Of oneDNN and CUDA, which each framework carries in a version of its own.
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "DNNL_DEFAULT_FPMATH_MODE",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    # Of transformers.
    "TRANSFORMERS_SDPA_FORCE_GQA",
    "USE_HUB_KERNELS",
    "XLA_DOWNCAST_BF16",
    "XLA_USE_BF16",
    # How launchers tell Trainer of processes that train together; Keras would train alone.
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
    # A place where no keras.json can be: Keras reads none, which may be invalid too, and writes none into the home.
    "KERAS_HOME": os.devnull,
}

logger = logging.getLogger(__name__)


def prepare(environment: MutableMapping[str, str] = os.environ) -> None:
    """Make both frameworks compute alike, on equally many threads; call it before one is imported."""
    neutralise(environment)
    processors.set_threads(environment)


def neutralise(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove the settings that would change what is computed."""
    found = [name for name in environment if name in NAMES or name.startswith(PREFIXES)]
    ignored = sorted(name for name in found if environment[name] != FIXED.get(name))
    for name in found:
        del environment[name]
    environment.update(FIXED)
    if ignored:
        logger.warning("ignored from the environment, as both frameworks must compute alike: %s", ", ".join(ignored))
