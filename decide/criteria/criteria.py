"""The criteria of the current definitions, in the forms in which the other modules look them up."""

import math
from collections.abc import Iterable

from decide.criteria.criterion import Criterion
from decide.criteria.definitions import CURRENT

FRAMEWORKS = ("PyTorch", "TensorFlow")
RATINGS = {
    -2: "strongly for PyTorch",
    -1: "rather for PyTorch",
    0: "for neither",
    1: "rather for TensorFlow",
    2: "strongly for TensorFlow",
}
CRITERIA = CURRENT.criteria
MEASURED = tuple(criterion for criterion in CRITERIA if not criterion.opinion)
OPINIONS = tuple(criterion for criterion in CRITERIA if criterion.opinion)
BY_KEY = CURRENT.by_key
GROUPS = tuple(dict.fromkeys(criterion.group for criterion in CRITERIA))


def strongest_opinion(criteria: Iterable[Criterion], factor: float) -> float:
    """Return how far apart the strongest opinion puts the frameworks: as this factor on the narrowest scale."""
    scales = [criterion.scale for criterion in criteria if criterion.scale is not None]
    return max(math.log(factor) / abs(math.log(scale.best / scale.worst)) for scale in scales if scale.logarithmic)


STRONGEST = strongest_opinion(CRITERIA, CURRENT.rule.opinion)
