"""What a benchmark measures, how often and in which order."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eval.measure.timing import abba

FRAMEWORKS = ("pytorch", "tensorflow")
ONCE = ("facts", "memory")  # sections without repetition
SECTIONS = ("facts", "ceiling", "cold_start", "latency", "throughput", "training", "memory")
ALWAYS = ("facts", "ceiling")  # the others are read against them


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Attributes:
        rounds: of all that is measured repeatedly; in each, both frameworks come twice (ABBA).
        fresh: whether each round has new processes, so that what differs between processes is in the intervals.
        cold_rounds: in how many of the rounds processes are started for their cold start alone.
        least_calls: of one visit to a framework, for single texts and for batches.
        least_seconds: that these calls take together, likewise.
        warm_up: calls before those that count, in each visit.
        latency_tokens: lengths of single texts.
        batch_sizes: texts a call, of `batch_tokens` tokens each.
        batch_tokens: their length.
        lengths: of texts in batches of `length_batch`.
        length_batch: texts a call.
        training_steps: of one visit.
        product: rows and columns of the matrices that give the ceiling.
        memory_texts: short texts that one call classifies, to see whether memory stays flat.
        seed: of the order and of the texts.
    """

    rounds: int = 7
    fresh: bool = True
    cold_rounds: int = 5
    least_calls: tuple[int, int] = (20, 3)
    least_seconds: tuple[float, float] = (1.0, 0.5)
    warm_up: int = 2
    latency_tokens: tuple[int, ...] = (16, 64, 256)
    batch_sizes: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    batch_tokens: int = 128
    lengths: tuple[int, ...] = (16, 32, 64, 128, 256, 512)
    length_batch: int = 32
    training_steps: int = 3
    product: int = 2048
    memory_texts: int = 100_000
    seed: int = 0


QUICK = Settings(
    rounds=5,
    fresh=False,
    cold_rounds=1,
    least_calls=(5, 1),
    least_seconds=(0.1, 0.1),
    warm_up=1,
    batch_sizes=(1, 8, 32),
    batch_tokens=64,
    lengths=(16, 64, 256),
    length_batch=8,
    training_steps=1,
    memory_texts=3000,
)


class Case(NamedTuple):
    """One thing to measure: a section, and the shape of a call where it has one."""

    section: str
    batch: int = 0
    tokens: int = 0


class Visit(NamedTuple):
    """One measurement of one framework: `turn` counts a framework's visits within a round."""

    case: Case
    round: int
    turn: int
    framework: str


def plan(settings: Settings, sections: Sequence[str], max_length: int) -> list[Visit]:
    """All visits in their order: round by round, the cases shuffled, the frameworks of each in ABBA order.

    Which framework comes first in a case does not depend on what else is measured.

    Args:
        settings: how much is measured.
        sections: which of SECTIONS; those in ALWAYS come in any case.
        max_length: tokens that the models read.
    """
    wanted = [case for case in cases(settings, max_length) if case.section in (*sections, *ALWAYS)]
    orders = {case: list(abba(FRAMEWORKS, settings.rounds, f"{settings.seed} {case}")) for case in wanted}
    shuffle = random.Random(settings.seed)
    visits = [Visit(case, 0, 0, framework) for case in wanted if case.section == "facts" for framework in FRAMEWORKS]
    for number in range(settings.rounds):
        repeated = [case for case in wanted if case.section not in ONCE]
        for case in shuffle.sample(repeated, len(repeated)):
            if case.section != "cold_start" or number < settings.cold_rounds:
                visits += _visits(case, number, orders[case][number])
    last = [case for case in wanted if case.section == "memory"]
    return visits + [Visit(case, 0, 0, framework) for case in last for framework in FRAMEWORKS]


def cases(settings: Settings, max_length: int) -> list[Case]:
    """Everything that can be measured of models that read `max_length` tokens; no case twice."""
    out = [Case(section) for section in SECTIONS if section not in ("latency", "throughput")]
    out += [Case("latency", 1, tokens) for tokens in readable(settings.latency_tokens, max_length)]
    tokens = min(settings.batch_tokens, max_length)
    out += [Case("throughput", batch, tokens) for batch in settings.batch_sizes]
    out += [Case("throughput", settings.length_batch, tokens) for tokens in readable(settings.lengths, max_length)]
    return list(dict.fromkeys(out))


def readable(lengths: Sequence[int], max_length: int) -> list[int]:
    """The lengths that a model reads whole; where it cuts some off, its longest in their place."""
    return sorted({min(length, max_length) for length in lengths})


def _visits(case: Case, number: int, order: Sequence[str]) -> list[Visit]:
    return [
        Visit(case, number, order[:position].count(framework), framework) for position, framework in enumerate(order)
    ]
