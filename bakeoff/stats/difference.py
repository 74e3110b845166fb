"""The interval of a difference of two independent estimates."""

import numpy as np


def square_and_add(gap: float, first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Return the interval of a difference of two independent estimates (the MOVER method of Zou and Donner 2008).

    Args:
        gap: the second estimate minus the first.
        first: how far the first estimate's interval extends below and above it.
        second: how far the second estimate's interval extends below and above it.
    """
    return gap - float(np.hypot(second[0], first[1])), gap + float(np.hypot(second[1], first[0]))
