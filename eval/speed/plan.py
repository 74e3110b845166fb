"""Plan what a benchmark measures, how often and in which order."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eval.measure.timing import abba

FRAMEWORKS = ("pytorch", "tensorflow")
ONCE = ("parity", "facts", "memory")  # sections measured without repetition
FIRST = ("parity", "facts")  # sections before anything is timed
SECTIONS = (*FIRST, "ceiling", "cold_start", "latency", "throughput", "training", "variants", "memory")
ALWAYS = (*FIRST, "ceiling")  # sections needed to interpret the others
STARTING = ("cold_start", "variants")  # sections that start processes in each visit, and so have fewer rounds


@dataclass(frozen=True)
class Settings:
    """The extent of the measurements.

    Attributes:
        rounds: Rounds of everything that is measured repeatedly. Each round runs both frameworks twice (ABBA).
        fresh: Whether each round starts new processes, so that intervals include differences between processes.
        cold_rounds: Number of rounds of the sections that start processes: the cold start and the variants.
        least_calls: Smallest number of calls per visit to a framework, for single texts and for batches.
        least_seconds: Smallest total seconds of the calls of a visit, for single texts and for batches.
        warm_up: Untimed calls at the start of each visit.
        latency_tokens: Lengths of single texts, in tokens.
        batch_sizes: Texts per call, each of `batch_tokens` tokens.
        batch_tokens: Length of the texts in `batch_sizes`, in tokens.
        lengths: Lengths of the texts in batches of `length_batch`, in tokens.
        length_batch: Texts per call for `lengths`.
        training_steps: Training steps per visit.
        product: Rows and columns of the matrices that give the ceiling.
        memory_texts: Number of short texts that one call classifies, to see whether memory stays flat.
        seed: Seed of the order and of the texts.
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
    """One thing to measure: a section, and the shape of a call if the section has one."""

    section: str
    batch: int = 0
    tokens: int = 0


class Visit(NamedTuple):
    """One measurement of one framework; `turn` counts a framework's visits within a round."""

    case: Case
    round: int
    turn: int
    framework: str


def plan(settings: Settings, sections: Sequence[str], max_length: int) -> list[Visit]:
    """Order all visits: round by round, with the cases shuffled and the frameworks of each case in ABBA order.

    Which framework comes first in a case does not depend on what else is measured.

    Args:
        settings: The extent of the measurements.
        sections: Names from SECTIONS to measure; those in ALWAYS are always measured.
        max_length: Number of tokens that the models read.
    """
    wanted = [case for case in cases(settings, max_length) if case.section in (*sections, *ALWAYS)]
    orders = {case: list(abba(FRAMEWORKS, settings.rounds, f"{settings.seed} {case}")) for case in wanted}
    shuffle = random.Random(settings.seed)
    visits = [Visit(case, 0, 0, framework) for case in wanted if case.section in FIRST for framework in FRAMEWORKS]
    for number in range(settings.rounds):
        repeated = [case for case in wanted if case.section not in ONCE]
        for case in shuffle.sample(repeated, len(repeated)):
            if case.section not in STARTING or number < settings.cold_rounds:
                visits += _visits(case, number, orders[case][number])
    last = [case for case in wanted if case.section == "memory"]
    return visits + [Visit(case, 0, 0, framework) for case in last for framework in FRAMEWORKS]


def cases(settings: Settings, max_length: int) -> list[Case]:
    """List every case for models that read `max_length` tokens, without duplicates."""
    all_cases = [Case(section) for section in SECTIONS if section not in ("latency", "throughput")]
    all_cases += [Case("latency", 1, tokens) for tokens in readable(settings.latency_tokens, max_length)]
    tokens = min(settings.batch_tokens, max_length)
    all_cases += [Case("throughput", batch, tokens) for batch in settings.batch_sizes]
    all_cases += [
        Case("throughput", settings.length_batch, tokens) for tokens in readable(settings.lengths, max_length)
    ]
    return list(dict.fromkeys(all_cases))


def readable(lengths: Sequence[int], max_length: int) -> list[int]:
    """Return the lengths that a model reads; longer ones are replaced by its maximum length."""
    return sorted({min(length, max_length) for length in lengths})


def _visits(case: Case, number: int, order: Sequence[str]) -> list[Visit]:
    return [
        Visit(case, number, order[:position].count(framework), framework) for position, framework in enumerate(order)
    ]
