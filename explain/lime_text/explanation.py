"""What an explanation is: how it is asked for, what each word weighs, and whether to believe it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bakeoff.common.errors import InputError
from explain.lime_text.targets import TARGETS
from explain.lime_text.trust import Trust


@dataclass(frozen=True)
class Settings:
    """How to explain.

    Attributes:
        samples: perturbed texts at most, that is calls of each model; at least 10.
        seconds: wall time at most; None for no limit.
        top: the words whose stability ends the sampling: so many, or those with an effect where they are fewer.
        target: "log-odds" or "probability" of the explained class.
        stock: draw, weigh and fit as stock lime does, on the whole text, to the last sample.
        seed: of the draws; equal seed, text and settings give equal explanations, unless time ran out.
    """

    samples: int = 500
    seconds: float | None = 60.0
    top: int = 10
    target: str = "log-odds"
    stock: bool = False
    seed: int = 0

    def __post_init__(self):
        in_time = self.seconds is None or self.seconds > 0  # false for NaN too
        if self.samples < 10 or self.top < 1 or not 0 <= self.seed < 2**32 or self.target not in TARGETS or not in_time:
            raise InputError(
                "these settings can't be explained with: expected at least 10 samples, 1 top word, a seed from 0 to "
                f"4,294,967,295, a target among {', '.join(TARGETS)} and more than 0 seconds; received {self.samples}, "
                f"{self.top}, {self.seed}, {self.target} and {self.seconds}; change them."
            )


@dataclass(frozen=True)
class Part:
    """A word of the text (all its occurrences), or a passage that was not looked into further.

    Attributes:
        name: what it says.
        starts: where it stands in the text, one position an occurrence.
        weight: what it adds to the target, on average over the perturbed texts.
        low: lower end of the weight's 95 % interval; None where there is none.
        high: upper end of it.
    """

    name: str
    starts: tuple[int, ...]
    weight: float
    low: float | None
    high: float | None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True)
class Explanation:
    """Why one model answers as it does, in words and weights.

    Attributes:
        framework: of the model.
        revision: of the model.
        label: the explained class.
        against: the class it is held against; empty for all others.
        predicted: the model's own answer.
        probability: the model's, of the explained class.
        text: what was explained.
        read: how many of its first characters the model reads.
        parts: the words, in the text's order.
        target: what was fitted: "log-odds" or "probability".
        samples: the perturbed texts that were fitted, the text itself among them.
        r2: share of the target's variance that the fit explains; None where the target never changes.
        r2_unseen: the same on samples that it was not fitted to; None where they are too few.
        trust: whether to believe it.
        replicates: float64 (b, d): the parts' weights from b resamples, the same draws for each model.
    """

    framework: str
    revision: str
    label: str
    against: str
    predicted: str
    probability: float
    text: str
    read: int
    parts: tuple[Part, ...]
    target: str
    samples: int
    r2: float | None
    r2_unseen: float | None
    trust: Trust
    replicates: NDArray[np.float64] = field(repr=False, compare=False)

    def heaviest(self, top: int | None = None) -> tuple[Part, ...]:
        """The parts (or the first `top` of them) by their absolute weight."""
        return tuple(sorted(self.parts, key=lambda part: -abs(part.weight))[:top])
