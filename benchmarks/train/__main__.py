"""Compare our trainers with what a user would pick: stock `Trainer` and KerasHub `fit`, padded to the maximum length.

python -m benchmarks.train --corpus bbc_train.csv --test bbc_test.csv --output train.json
python -m benchmarks.train --max-length 64 --fraction 0.3 --block 2 --output train.json     # a try, on the sample

Four training runs in separate processes take turns: some steps each, in random order and then in reverse. So other work
on the machine affects all equally. After Ctrl-C, run the same command again to resume the timing. Only an uninterrupted
run gives accuracies.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from bakeoff.common.errors import one_sentence_errors
from bakeoff.common.files import write_json
from bakeoff.corpus import corpus
from benchmarks.train import figures as train_figures
from benchmarks.train import log as train_log
from benchmarks.train.work import Work, plan_work
from eval.measure import machine, timing
from eval.measure.worker import Worker
from trainers.recipe import Recipe

PRODUCT = 2048  # rows of the square matrices of the ceiling
PRODUCTS = 3  # matrix products per round
OURS = "benchmarks.train.ours:OurTraining"
PROBES = {"pytorch": "eval.speed.probe_pytorch:Probe", "tensorflow": "eval.speed.probe_tensorflow:Probe"}


@dataclass(frozen=True)
class Contender:
    """How to start a contender, and the framework whose contenders it is compared with."""

    factory: str
    framework: str
    ours: bool = False
    environment: tuple[tuple[str, str], ...] = ()


CONTENDERS = {
    "ours, PyTorch": Contender(OURS, "pytorch", ours=True),
    "ours, TensorFlow": Contender(OURS, "tensorflow", ours=True),
    "stock Trainer": Contender("benchmarks.stock.hf_trainer:StockTrainer", "pytorch"),
    "stock KerasHub fit": Contender(
        "benchmarks.stock.keras_fit:StockFit", "tensorflow", environment=(("KERAS_BACKEND", "tensorflow"),)
    ),
}


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = argparse.ArgumentParser(prog="python -m benchmarks.train", description=__doc__.split("\n")[0])
    out.add_argument("--corpus", default=corpus.SAMPLE, help="a file, a Hub data set id, or `sample` (default)")
    out.add_argument("--test", help="a second file")
    out.add_argument("--encoder", default="embedded", help="`embedded` (default), a folder or a Hub id")
    out.add_argument("--max-length", type=int, default=512, help="tokens (default: 512)")
    out.add_argument("--batch-size", type=int, default=16)
    out.add_argument("--epochs", type=int, default=1)
    out.add_argument("--learning-rate", type=float, default=1e-4)
    out.add_argument("--fraction", type=float, default=1.0, help="of the training; the rest is extrapolated")
    out.add_argument("--block", type=int, default=4, metavar="STEPS", help="in one turn (default: 4)")
    out.add_argument("--threads", type=int, default=2, help="of each process (default: 2)")
    out.add_argument("--seed", type=int, default=0, help="of the recipe and of the order of turns")
    out.add_argument("--output", type=Path, default=Path("train.json"), metavar="FILE")
    return out


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    recipe = Recipe(
        encoder=arguments.encoder,
        max_length=arguments.max_length,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        learning_rate=arguments.learning_rate,
        seed=arguments.seed,
    )
    data = corpus.load(arguments.corpus, arguments.test)
    work = plan_work(recipe, data, arguments.fraction)
    about = {"recipe": asdict(recipe.public()), "corpus": data.digest, "steps": work.steps, "block": arguments.block}
    about |= {"threads": arguments.threads}
    computer = machine.record()
    log = train_log.TrainLog(arguments.output.with_suffix(".jsonl"), about)
    try:
        measure(arguments, recipe, work, log)
    except KeyboardInterrupt:
        print("stopped; the figures are of what was measured so far.", file=sys.stderr)
    frameworks = {name: contender.framework for name, contender in CONTENDERS.items()}
    ours = {name for name, contender in CONTENDERS.items() if contender.ours}
    figures = train_figures.summarize(log, work, frameworks, ours, data, PRODUCT)
    write_json(
        arguments.output,
        {
            "command": machine.public_command("python -m benchmarks.train", given),
            **about,
            "machine": computer,
            "figures": figures,
        },
    )
    print("\n".join(train_figures.lines(figures)))
    return 0


def measure(arguments: argparse.Namespace, recipe: Recipe, work: Work, log: train_log.TrainLog) -> None:
    """Train the steps that are not in the log, in turns, and classify the test texts if all steps were trained here."""
    done = log.steps_done
    if done >= work.steps:
        return
    with ExitStack() as stack:
        workers, probes = {}, {}
        for name in tqdm(CONTENDERS, desc="starting", disable=None):
            workers[name] = stack.enter_context(_start(CONTENDERS[name], arguments, recipe, done))
            log.add(("facts", name, done), workers[name].call("facts"))
            # The first step of each process compiles and warms up, so it is timed separately.
            log.add(("first", name, done), workers[name].call("advance", steps=1))
        for framework, factory in PROBES.items():
            probes[framework] = stack.enter_context(Worker(factory, threads=arguments.threads))
        _take_turns(arguments, work, log, workers, probes)
        for name, worker in workers.items():
            log.add(("memory", name, done), machine.peak_memory(worker.pid))
            if done == 0:
                log.add(("predicted", name, done), worker.call("predict"))


def _start(contender: Contender, arguments: argparse.Namespace, recipe: Recipe, done: int) -> Worker:
    first = {"framework": contender.framework, "first_step": done} if contender.ours else {}
    settings = {"recipe": asdict(recipe), "corpus_file": arguments.corpus, "test": arguments.test, **first}
    return Worker(contender.factory, settings, threads=arguments.threads, environment=dict(contender.environment))


def _take_turns(
    arguments: argparse.Namespace,
    work: Work,
    log: train_log.TrainLog,
    workers: dict[str, Worker],
    probes: dict[str, Worker],
) -> None:
    step = log.steps_done + 1  # every contender has trained one step already
    rounds = -(-(work.steps - step) // (2 * arguments.block))
    orders = timing.abba(list(workers), rounds, f"{arguments.seed} {step}")
    for order in tqdm(orders, total=rounds, desc="turns", disable=None):
        sizes = _turn_sizes(work.steps - step, arguments.block)
        turns = {name: iter(sizes) for name in workers}
        seconds: dict[str, list[float]] = {name: [] for name in workers}
        for name in order:
            seconds[name] += workers[name].call("advance", steps=next(turns[name]))
        products = {
            framework: [probe.call("matrix_product", size=PRODUCT) for _ in range(PRODUCTS)]
            for framework, probe in probes.items()
        }
        log.add_round(step, seconds, products)
        step += sum(sizes)


def _turn_sizes(left: int, block: int) -> tuple[int, int]:
    """Divide a round's steps into two turns as evenly as possible."""
    both = min(left, 2 * block)
    return (both + 1) // 2, both // 2


if __name__ == "__main__":
    sys.exit(main())
