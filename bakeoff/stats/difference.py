"""The interval of a difference of two independent estimates."""

import numpy as np


def square_and_add(gap: float, first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Ends of the interval of a difference of two independent estimates (Zou and Donner 2008's MOVER).

    Args:
        gap: the second minus the first.
        first: how far the first's interval reaches below and above it.
        second: likewise.
    """
    return gap - float(np.hypot(second[0], first[1])), gap + float(np.hypot(second[1], first[0]))
