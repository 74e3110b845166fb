"""Draw the first weights of the classification head with numpy, so that both frameworks start from the same."""

import numpy as np
from numpy.typing import NDArray


def initial_head(hidden_size: int, classes: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw the head's first kernel (hidden_size, classes) and bias (classes,), once for both frameworks.

    The kernel is drawn from a normal distribution with standard deviation 0.02, truncated at two standard deviations.
    The bias is zero. BERT itself starts from these values (Devlin et al., 2019, and its published code).
    """
    rng = np.random.default_rng([seed, hidden_size, classes])
    kernel = rng.normal(0.0, 0.02, (hidden_size, classes))
    while (beyond := np.abs(kernel) > 0.04).any():
        kernel[beyond] = rng.normal(0.0, 0.02, beyond.sum())
    return kernel.astype(np.float32), np.zeros(classes, dtype=np.float32)
