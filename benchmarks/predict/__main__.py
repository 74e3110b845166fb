"""Compare our classifiers with what a user would pick instead: same weights, same texts, one run.

python -m benchmarks.predict --models runs/bbc/pytorch runs/bbc/tensorflow --corpus bbc_test.csv --output predict.json
python -m benchmarks.predict --models runs/demo/pytorch runs/demo/tensorflow --max-length 64 --texts 30    # a try

Each contender runs in a separate process, in turns. Measurements are kept line by line beside the output. After Ctrl-C,
run the same command again to resume. Other work on the machine distorts the times.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tqdm import tqdm

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.classifiers.pair import locate
from bakeoff.common import tokenization
from bakeoff.common.errors import one_sentence_errors
from bakeoff.common.files import write_json
from bakeoff.corpus import corpus
from benchmarks.predict import figures as predict_figures
from eval.measure import machine, timing
from eval.measure.measurement_log import MeasurementLog
from eval.measure.worker import Worker
from eval.report.provenance import weights_digest
from eval.speed.texts import Architecture, Cutter

HEADLINE = 16  # length of a headline, in tokens
HEADLINES = 60  # headlines per visit
LONGEST = 2.0  # seconds after which a visit starts no further headline
PRODUCT, PRODUCTS = 2048, 3  # rows of the ceiling's square matrices, and products per visit
MACHINE = ("machine", 0, 0, "")  # key of the machine's record in the log
PROBES = {"PyTorch": "eval.speed.probe_pytorch:Probe", "TensorFlow": "eval.speed.probe_tensorflow:Probe"}


@dataclass(frozen=True)
class Contender:
    """How to start a contender.

    Attributes:
        kind: Key of `predictors.KINDS`.
        framework: Framework whose weights the contender uses.
        batch_size: Texts per forward pass.
        onednn: Whether TensorFlow uses oneDNN.
        backend: Keras's backend.
    """

    kind: str
    framework: str
    batch_size: int = 32
    onednn: bool = True
    backend: str = "tensorflow"


CONTENDERS = {
    "ours, PyTorch": Contender("ours, PyTorch", "pytorch"),
    "transformers.pipeline, batch 1": Contender("transformers.pipeline", "pytorch", batch_size=1),
    "transformers.pipeline, batch 32": Contender("transformers.pipeline", "pytorch"),
    "ONNX Runtime": Contender("ONNX Runtime", "pytorch"),
    "ours, TensorFlow": Contender("ours, TensorFlow", "tensorflow"),
    "KerasHub predict": Contender("KerasHub predict", "tensorflow"),
    "KerasHub predict, oneDNN off": Contender("KerasHub predict", "tensorflow", onednn=False),
    # The third option: the same preset on another backend of Keras.
    "KerasHub predict, torch backend": Contender("KerasHub predict", "tensorflow", backend="torch"),
    "KerasHub predict, JAX backend": Contender("KerasHub predict", "tensorflow", backend="jax"),
    "Keras predict_on_batch": Contender("Keras predict_on_batch", "tensorflow"),
    "Keras predict_on_batch, torch backend": Contender("Keras predict_on_batch", "tensorflow", backend="torch"),
    "Keras predict_on_batch, JAX backend": Contender("Keras predict_on_batch", "tensorflow", backend="jax"),
}
RIVALS = {
    mine: [name for name, contender in CONTENDERS.items() if contender.framework == framework and name != mine]
    for mine, framework in (("ours, PyTorch", "pytorch"), ("ours, TensorFlow", "tensorflow"))
}


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.predict", description=__doc__.split("\n")[0])
    command.add_argument("--models", nargs=2, required=True, metavar=("PYTORCH", "TENSORFLOW"), help="folders")
    command.add_argument("--corpus", default=corpus.SAMPLE, help="its test split is classified (default: the sample)")
    corpus.add_options(command)
    command.add_argument("--texts", type=int, default=300, help="of the test split (default: 300)")
    command.add_argument("--max-length", type=int, default=256, help="tokens that are read of a text (default: 256)")
    command.add_argument("--rounds", type=int, default=timing.LEAST_ROUNDS)
    command.add_argument("--threads", type=int, default=2, help="of each process (default: 2)")
    command.add_argument("--seed", type=int, default=0, help="of the order of turns")
    command.add_argument("--output", type=Path, default=Path("predict.json"), metavar="FILE")
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(words)
    folders = {
        framework: locate(framework, model).path
        for framework, model in zip(("pytorch", "tensorflow"), arguments.models, strict=True)
    }
    data = corpus.from_options(arguments)
    articles = [example.text for example in data.test[: arguments.texts]]
    unlimited = tokenization.load(folders["pytorch"])
    texts = {"articles": articles, "headlines": Cutter(unlimited, articles).cut(HEADLINE, HEADLINES)}
    about = {
        "models": {framework: weights_digest(folder)[:16] for framework, folder in folders.items()},
        "corpus": data.digest,
        **{name: getattr(arguments, name) for name in ("texts", "max_length", "threads", "seed")},
        "contenders": list(contenders()),
    }
    for name in CONTENDERS.keys() - contenders().keys():
        print(
            f"{name} is left out, because {CONTENDERS[name].backend} is not installed: install requirements-bench.txt.",
            file=sys.stderr,
        )
    log = MeasurementLog(arguments.output.with_suffix(".jsonl"), about)
    if MACHINE not in log.measured:
        log.add(MACHINE, machine.record((*machine.PACKAGES, "jax")))
    try:
        measure(arguments, folders, texts, log)
    except KeyboardInterrupt:
        print("stopped; the figures are of what was measured so far.", file=sys.stderr)
    lengths = [len(ids) for ids in tokenization.load(folders["pytorch"], arguments.max_length).encode(articles)]
    operations = Architecture.of(ModelFolder(folders["pytorch"])).operations(lengths)
    figures = predict_figures.summarize(log.measured, operations, 2 * PRODUCT**3, RIVALS)
    command = machine.public_command("python -m benchmarks.predict", words)
    document = {
        "command": command,
        **about,
        "tokens": sum(lengths),
        "machine": log.measured[MACHINE],
        "figures": figures,
    }
    write_json(arguments.output, document)
    print("\n".join(predict_figures.lines(figures)))
    return 0


def measure(
    arguments: argparse.Namespace, folders: dict[str, Path], texts: dict[str, list[str]], log: MeasurementLog
) -> None:
    """Measure the visits that are not in the log; keys are (what, round, place in the round, contender)."""
    left = [visit for visit in visits(arguments.rounds, arguments.seed) if visit not in log.measured]
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for visit in tqdm(left, desc="visits", disable=None):
            what, _, _, name = visit
            if name not in workers:
                workers[name] = stack.enter_context(_start(name, arguments, folders))
            if what == "product":
                log.add(visit, [workers[name].call("matrix_product", size=PRODUCT) for _ in range(PRODUCTS)])
                continue
            probabilities = workers[name].call("hold", texts=texts[what])
            if what == "articles":
                log.add(visit, {"seconds": workers[name].call("together"), "probabilities": probabilities})
            else:
                log.add(
                    visit, {"seconds": workers[name].call("alone", longest=LONGEST), "probabilities": probabilities}
                )


def contenders() -> dict[str, Contender]:
    """Return the contenders whose backend is installed."""
    return {name: contender for name, contender in CONTENDERS.items() if find_spec(contender.backend)}


def visits(rounds: int, seed: int) -> Iterator[tuple[str, int, int, str]]:
    """Yield each round's visits: matrix products, headlines in random order and in reverse, and articles."""
    names = list(contenders())
    orders = zip(timing.abba(names, rounds, seed), timing.abba(list(PROBES), rounds, seed), strict=True)
    for number, (order, probes) in enumerate(orders):
        yield from (("product", number, place, name) for place, name in enumerate(probes))
        yield from (("headlines", number, place, name) for place, name in enumerate(order))
        yield from (("articles", number, place, name) for place, name in enumerate(order[: len(names)]))


def _start(name: str, arguments: argparse.Namespace, folders: dict[str, Path]) -> Worker:
    if name in PROBES:
        return Worker(PROBES[name], threads=arguments.threads)
    contender = CONTENDERS[name]
    return Worker(
        "benchmarks.predict.predictors:Predictor",
        {
            "kind": contender.kind,
            "folder": str(folders[contender.framework]),
            "max_length": arguments.max_length,
            "batch_size": contender.batch_size,
        },
        threads=arguments.threads,
        environment={
            "TF_ENABLE_ONEDNN_OPTS": "1" if contender.onednn else "0",
            "KERAS_BACKEND": contender.backend,
        },
    )


if __name__ == "__main__":
    sys.exit(main())
