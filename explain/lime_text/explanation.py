"""Define an explanation: its settings, the weight of each word, and how far to trust it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bakeoff.common.errors import InputError
from explain.lime_text.targets import TARGETS
from explain.lime_text.trust import Trust


@dataclass(frozen=True)
class Settings:
    """The settings of an explanation.

    Attributes:
        samples: Largest number of perturbed texts, which is the number that each model scores; at least 10.
        seconds: Largest wall time in seconds; None for no limit.
        top: Number of top words whose stability ends the sampling. If fewer words have an effect, only those count.
        target: What is fitted: "log-odds" or "probability" of the explained class.
        stock: Whether to draw, weight and fit as stock lime does: on the whole text, with all samples.
        seed: Seed of the samples. Equal seed, text and settings give equal explanations, unless time ran out.
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
                "these explanation settings are invalid: expected at least 10 samples, at least 1 top word, a seed "
                f"from 0 to 4,294,967,295, a target among {', '.join(TARGETS)} and more than 0 seconds; received "
                f"{self.samples}, {self.top}, {self.seed}, {self.target} and {self.seconds}; change them."
            )


@dataclass(frozen=True)
class Part:
    """A word of the text (all its occurrences), or a passage that was not split into words.

    Attributes:
        name: The word or passage itself.
        starts: Start of each occurrence in the text, in characters.
        weight: What the part adds to the target, on average over the perturbed texts.
        low: Lower end of the weight's 95 % interval; None where there is no interval.
        high: Upper end of the weight's 95 % interval; None where there is no interval.
    """

    name: str
    starts: tuple[int, ...]
    weight: float
    low: float | None
    high: float | None

    @property
    def clear(self) -> bool:
        """Return whether the interval excludes 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True)
class Explanation:
    """The weights of the words that explain one model's answer.

    Attributes:
        framework: Framework of the model.
        revision: Revision of the model.
        label: The explained class.
        against: The class that `label` is compared with; empty for all other classes.
        predicted: The model's own answer.
        probability: The model's probability of the explained class.
        text: The explained text.
        read: Number of characters, from the start of the text, that the model reads.
        parts: The words, in the text's order.
        target: What was fitted: "log-odds" or "probability".
        samples: Number of perturbed texts in the fit, including the text itself.
        r2: Share of the target's variance that the fit explains (R²); None where the target never changes.
        r2_unseen: R² on samples that were not in the fit; None where there are too few.
        trust: How far to trust the explanation.
        replicates: float64 (b, d), the parts' weights from b resamples; each model uses the same resamples.
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
        """Return the parts by descending absolute weight, or the first `top` of them."""
        return tuple(sorted(self.parts, key=lambda part: -abs(part.weight))[:top])
