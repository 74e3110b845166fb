"""Compare the app's cold start with its minimum: an empty Gradio page, and both libraries with both models.

python -m benchmarks.start --models runs/bbc/pytorch runs/bbc/tensorflow --output start.json
python -m benchmarks.start --models runs/demo/pytorch runs/demo/tensorflow --repeats 1        # a try

Every start is a new process, with files already in the page cache. The contenders take turns in random order and in
reverse. Measurements are kept line by line beside the output. After Ctrl-C, run the same command again to resume. Other
work on the machine distorts the times.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from bakeoff.common.errors import one_sentence_errors
from bakeoff.common.files import write_json
from bakeoff.stats.estimate import Estimate
from benchmarks.start import processes
from benchmarks.start.processes import Marks
from eval.measure import machine, timing
from eval.measure.measurement_log import MeasurementLog
from eval.report import logits_cache

CONTENDERS = ("app", "empty page", "stock libraries")
LIMIT = 1.3
POINTS = {
    ("app", "page"): "the page is served",
    ("app", "typed"): "its text box takes a text",
    ("app", "first"): "the first framework answers",
    ("app", "both"): "both frameworks answer",
    ("empty page", "page"): "an empty Gradio page is served",
    ("empty page", "typed"): "its text box takes a text",
    ("stock libraries", "loaded"): "both libraries imported, both models loaded",
    ("stock libraries", "answered"): "both classified a text",
}
RATIOS = {
    "page": (("app", "page"), ("empty page", "page")),
    "typed": (("app", "typed"), ("empty page", "typed")),
    "both_to_loaded": (("app", "both"), ("stock libraries", "loaded")),
    "both_to_answered": (("app", "both"), ("stock libraries", "answered")),
}

Point = tuple[str, str]  # a contender, and the stage it reaches
Measured = dict[tuple[int, int], tuple[str, Marks]]  # by round and place in the round


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__.split("\n")[0])
    command.add_argument("--models", nargs=2, required=True, metavar=("PYTORCH", "TENSORFLOW"), help="folders")
    command.add_argument(
        "--repeats", type=int, default=5, help="rounds, in which each contender starts twice (default: 5)"
    )
    command.add_argument("--browser", action="store_true", help="also until a Chromium has typed into the page")
    command.add_argument("--seed", type=int, default=0, help="of the order (default: 0)")
    command.add_argument("--output", type=Path, default=Path("start.json"), metavar="FILE")
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them."""
    arguments = parser().parse_args(argv)
    models = [str(Path(model).resolve()) for model in arguments.models]
    about = {"command": _command(arguments), "machine": machine.record((*machine.PACKAGES, "gradio"))}
    log = MeasurementLog(arguments.output.with_suffix(".jsonl"), subject(models, arguments))
    with ExitStack() as stack:
        typing = stack.enter_context(processes.browser()) if arguments.browser else None
        contenders = {
            "app": partial(processes.app, models, typing),
            "empty page": partial(processes.empty_page, typing),
            "stock libraries": partial(processes.stock, models),
        }
        try:
            measure(contenders, arguments, log)
        except KeyboardInterrupt:
            print("stopped; the figures are of the rounds measured so far.", file=sys.stderr)
    found = figures(log.measured)
    write_json(arguments.output, about | {"limit": LIMIT} | found)
    show(found)
    return 0


def measure(contenders: Mapping[str, Callable[[], Marks]], arguments: argparse.Namespace, log: MeasurementLog) -> None:
    """Start all contenders in their order, except for the starts that are already in the log."""
    rounds = timing.abba(CONTENDERS, arguments.repeats, arguments.seed)
    plan = [((number, place), name) for number, names in enumerate(rounds) for place, name in enumerate(names)]
    missing = [(where, name) for where, name in plan if where not in log.measured]
    if missing:
        for run in tqdm(contenders.values(), desc="reading all files once", disable=None):
            run()
    for where, name in tqdm(missing, desc="starts", disable=None):
        log.add(where, (name, contenders[name]()))


def subject(models: Sequence[str], arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what identifies a run's measurements."""
    weights = [logits_cache.weights_digest(Path(model))[:16] for model in models]
    return {"models": weights, "seed": arguments.seed, "browser": arguments.browser}


def figures(measured: Measured) -> dict[str, Any]:
    """Compute medians in seconds and ratios of the complete rounds, with intervals; empty without such rounds."""
    rounds: dict[int, list[tuple[str, Marks]]] = {}
    for (number, _), start in sorted(measured.items()):
        rounds.setdefault(number, []).append(start)
    whole = [starts for starts in rounds.values() if len(starts) == 2 * len(CONTENDERS)]
    seconds = {
        point: [[marks[point[1]] for name, marks in starts if name == point[0]] for starts in whole]
        for point in POINTS
        if whole and all(point[1] in marks for starts in whole for name, marks in starts if name == point[0])
    }
    medians = {f"{name}: {mark}": asdict(timing.median(values)) for (name, mark), values in seconds.items()}
    ratios = {
        key: asdict(timing.ratio(seconds[one], seconds[other]))
        for key, (one, other) in RATIOS.items()
        if one in seconds
    }
    return {"rounds": len(whole), "seconds": medians, "ratios": ratios}


def show(results: Mapping[str, Any]) -> None:
    """Print the figures as two tables."""
    seconds = Table("a start", "until", "seconds", title=f"Medians of {results['rounds']} rounds of two starts each")
    for (name, mark), words in POINTS.items():
        if estimate := results["seconds"].get(f"{name}: {mark}"):
            seconds.add_row(name, words, _written(Estimate(**estimate)))
    ratios = Table("ratio of", "to", "times", title=f"The app ÷ its minimum (goal: at most {LIMIT})")
    for key, (one, other) in RATIOS.items():
        if estimate := results["ratios"].get(key):
            ratios.add_row(f"{one[0]}: {POINTS[one]}", f"{other[0]}: {POINTS[other]}", _written(Estimate(**estimate)))
    console = Console()
    console.print(seconds, ratios)


def _written(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f} ({estimate.reason})"
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"


def _command(arguments: argparse.Namespace) -> str:
    """Return the command line with only the models' last folders, because full paths are private."""
    models = " ".join("/".join(Path(model).resolve().parts[-2:]) for model in arguments.models)
    browser = " --browser" if arguments.browser else ""
    return f"python -m benchmarks.start --models {models} --repeats {arguments.repeats}{browser}"


if __name__ == "__main__":
    sys.exit(main())
