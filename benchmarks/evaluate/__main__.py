"""Time a whole report from cached predictions, and compare our bootstrap with the one that `evaluate` uses.

python -m benchmarks.evaluate                        # 10,000 texts, 5 classes, 2,000 rounds
python -m benchmarks.evaluate --texts 1000 --rounds 200
"""

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap
from tqdm import tqdm

from benchmarks.memory import peak_extra_megabytes
from eval.quality import significance
from eval.report import report

LABELS = tuple("abcde")
RIVAL_ROUNDS = 20  # bootstrap rounds of the slow contender, whose time is scaled up
REPEATS = 3


def logits(references: NDArray[np.int64], seed: int) -> NDArray[np.float32]:
    """Draw the logits (n, 5) of a model that is right on nine texts in ten."""
    drawn = np.random.default_rng(seed).normal(size=(len(references), len(LABELS)))
    drawn[np.arange(len(references)), references] += 2.5
    return drawn.astype(np.float32)


def build(references: NDArray[np.int64], models: dict[str, NDArray], rounds: int) -> None:
    """Build the report as `bakeoff evaluate` does with cached predictions."""
    n = len(references)
    about = {"id": "planted", "revision": "local"}
    token_ids = [np.zeros(length, dtype=np.int32) for length in np.random.default_rng(0).integers(10, 129, n)]
    report.build(
        {"name": "planted", "digest": "0" * 64, "texts": n},
        LABELS,
        references,
        models,
        dict.fromkeys(models, about),
        settings={"margin": 0.01, "rounds": rounds, "seed": 0},
        command="python -m benchmarks.evaluate",
        facets={"token_ids": token_ids, "unknown_id": 100, "max_length": 128},
    )


def compare(references: NDArray[np.int64], models: dict[str, NDArray], rounds: int) -> None:
    """Compute all intervals of both models and of their differences."""
    pytorch, tensorflow = models["PyTorch"], models["TensorFlow"]
    significance.compare_pair(references, pytorch, tensorflow, LABELS, margin=0.01, rounds=rounds, seed=0)


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of some work in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def rival(references: NDArray[np.int64], predicted: NDArray[np.int64], rounds: int) -> None:
    """Compute an interval of accuracy as `evaluate.evaluator` does: SciPy's bootstrap over a metric's `compute`."""
    from eval.quality.metrics import Accuracy

    metric = Accuracy(len(LABELS))

    def accuracy(references, predicted):
        return metric.compute(predictions=predicted, references=references)["accuracy"]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns about so few rounds
        bootstrap((references, predicted), accuracy, n_resamples=rounds, paired=True, vectorized=False, method="basic")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.evaluate", description=__doc__.split("\n")[0])
    command.add_argument("--texts", type=int, default=10_000)
    command.add_argument("--rounds", type=int, default=2000, help="rounds of the bootstrap")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print the figures."""
    arguments = parser().parse_args(argv)
    references = np.random.default_rng(1).integers(len(LABELS), size=arguments.texts)
    models = {"PyTorch": logits(references, 2), "TensorFlow": logits(references, 3)}
    build(references[:100], {name: table[:100] for name, table in models.items()}, 100)  # untimed, for the imports
    memory = peak_extra_megabytes(lambda: build(references, models, arguments.rounds))
    predicted = models["PyTorch"].argmax(axis=1)
    whole, ours, theirs = [], [], []
    for _ in tqdm(range(REPEATS), desc="repeats", disable=None):
        whole.append(seconds(lambda: build(references, models, arguments.rounds)))
        ours.append(seconds(lambda: compare(references, models, arguments.rounds)))
        theirs.append(seconds(lambda: rival(references, predicted, RIVAL_ROUNDS)) / RIVAL_ROUNDS * arguments.rounds)
    ratio = statistics.median(slow / fast for slow, fast in zip(theirs, ours, strict=True))
    size = f"{arguments.texts:,} texts, 2 models, {arguments.rounds:,} rounds"
    print(f"whole report ({size}): {statistics.median(whole):.1f} s, {memory:.0f} MB of extra peak memory")
    print(f"all intervals of both models and of their differences: {statistics.median(ours):.2f} s")
    print(f"SciPy's bootstrap over an evaluate.Metric, one interval of one model's accuracy: {ratio:.0f} times as long")
    return 0


if __name__ == "__main__":
    sys.exit(main())
