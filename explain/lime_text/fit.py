"""What a fit of `explain.lime_text.surrogate` gives, without the libraries that fit it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Surrogate:
    """What was fitted.

    Attributes:
        weights: float64 (d,): what each part adds to the target, on average over the samples.
        replicates: float64 (b, d): the same from b resamples of the samples; none where they would say nothing.
        samples: how many were fitted.
        r2: share of the target's variance that the fit explains on its samples; None where the target is constant.
        r2_unseen: the same on samples that a resample left out; None without replicates.
    """

    weights: NDArray[np.float64]
    replicates: NDArray[np.float64] = field(repr=False)
    samples: int
    r2: float | None
    r2_unseen: float | None


def intervals(weights: NDArray[np.float64], replicates: NDArray[np.float64]) -> NDArray[np.float64]:
    """95 % intervals (2, d) of weights (d,) from the spread of their replicates (b, d), b at least 1.

    Resamples hold fewer different samples than there are, so that a penalised fit to them shrinks: their spread is
    taken, their mean is not.
    """
    return weights + np.quantile(replicates - replicates.mean(axis=0), [0.025, 0.975], axis=0)
