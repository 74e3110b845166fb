"""The classification head's first weights, drawn once by numpy so that both frameworks start from the same."""

import numpy as np
from numpy.typing import NDArray


def initial_head(hidden_size: int, classes: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The head's first kernel (hidden_size, classes) and bias (classes,), drawn once for both frameworks.

    A normal of standard deviation 0.02 cut at two of them, and zeros: what BERT itself starts from (Devlin et al.,
    2019, and its published code).
    """
    rng = np.random.default_rng([seed, hidden_size, classes])
    kernel = rng.normal(0.0, 0.02, (hidden_size, classes))
    while (beyond := np.abs(kernel) > 0.04).any():
        kernel[beyond] = rng.normal(0.0, 0.02, beyond.sum())
    return kernel.astype(np.float32), np.zeros(classes, dtype=np.float32)
