"""Hold the result of a fit of `explain.lime_text.surrogate`, without importing the libraries that fit it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Surrogate:
    """A fitted surrogate model.

    Attributes:
        weights: float64 (d,), what each part adds to the target, on average over the samples.
        replicates: float64 (b, d), the weights from b resamples of the samples. Empty where there are too few samples.
        samples: Number of samples in the fit.
        r2: Share of the target's variance that the fit explains on its samples (R²); None for a constant target.
        r2_unseen: R² on the samples that a resample left out; None without replicates.
    """

    weights: NDArray[np.float64]
    replicates: NDArray[np.float64] = field(repr=False)
    samples: int
    r2: float | None
    r2_unseen: float | None


def intervals(weights: NDArray[np.float64], replicates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 95 % intervals (2, d) of weights (d,) from the spread of their replicates (b, d), with b at least 1.

    A resample has fewer distinct samples than the original, so a penalized fit to it shrinks. Therefore only the
    spread of the replicates is used, not their mean.
    """
    return weights + np.quantile(replicates - replicates.mean(axis=0), [0.025, 0.975], axis=0)
