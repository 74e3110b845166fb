"""Measure the server (`python app.py`) under load, faults and hostile input on this machine, over the loopback.

python -m benchmarks.load --models runs/bbc/pytorch runs/bbc/tensorflow --output load.json            # about an hour
python -m benchmarks.load --models runs/demo/pytorch runs/demo/tensorflow --quick --output try.json   # some minutes
python -m benchmarks.load --models … --parts soak --soak-seconds 1800 --output load.json              # one part

Parts: users (20 visitors who think 3 s), overload (200 who don't), together (32 clients, batched against one at a
time), fuzz (20,000 hostile requests), soak (5 % hostile), stop (SIGTERM with 20 requests in flight), start (offline,
warm cache). Each starts its own server. Results are kept beside the output: after Ctrl-C the same command resumes
with the missing part. Locust and the server share the machine; other work on it spoils the times.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.errors import one_sentence_errors
from bakeoff.common.files import write_json
from benchmarks.load import lifecycle
from benchmarks.load import parts as load_parts
from eval.measure import machine
from eval.measure.measurement_log import MeasurementLog
from eval.report import logits_cache

Part = Callable[[argparse.Namespace, Path], dict[str, Any]]
PARTS: dict[str, Part] = {
    "users": load_parts.users,
    "overload": load_parts.overload,
    "together": load_parts.together,
    "fuzz": load_parts.fuzz,
    "soak": load_parts.soak,
    "stop": lifecycle.stop,
    "start": lifecycle.start,
}
QUICK = {"seconds": 20, "fuzz_requests": 1000, "soak_seconds": 60, "stops": 1, "blocks": 1}
PACKAGES = (*machine.PACKAGES, "gradio", "fastapi", "uvicorn", "locust")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.split("\n")[0])
    command.add_argument("--models", nargs=2, required=True, metavar=("PYTORCH", "TENSORFLOW"), help="folders")
    command.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    command.add_argument(
        "--seconds",
        type=int,
        default=300,
        help="length of users; a turn of the next two parts takes a tenth of it (default: 300)",
    )
    command.add_argument(
        "--blocks", type=int, default=2, help="blocks of turns, back and forth, of overload and together (default: 2)"
    )
    command.add_argument(
        "--fuzz-requests", type=int, default=20_000, help="number of hostile requests (default: 20,000)"
    )
    command.add_argument("--soak-seconds", type=int, default=1800, help="length of the soak (default: 1,800)")
    command.add_argument("--stops", type=int, default=10, help="number of stops of each kind (default: 10)")
    command.add_argument("--seed", type=int, default=0, help="seed of the hostile requests (default: 0)")
    command.add_argument("--quick", action="store_true", help="run briefly, to try it; the figures are not reliable")
    command.add_argument("--output", type=Path, default=Path("load.json"), metavar="FILE")
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure the missing parts, then print and write all parts."""
    arguments = parser().parse_args(argv)
    if arguments.quick:
        vars(arguments).update(QUICK)
    subject = _subject(arguments)
    about = {
        "models": dict(zip(NAMES.values(), subject["models"], strict=True)),
        "command": machine.public_command("python -m benchmarks.load", sys.argv[1:] if argv is None else list(argv)),
        "machine": machine.record(PACKAGES),
    }
    samples = arguments.output.with_suffix(".samples.jsonl")
    log = MeasurementLog(arguments.output.with_suffix(".jsonl"), subject)
    for name in tqdm(arguments.parts, desc="parts", unit="part"):
        if (name,) not in log.measured:
            date = datetime.now(UTC).isoformat(timespec="seconds")
            log.add((name,), {"date": date, **PARTS[name](arguments, samples)})
        report = about | {"parts": {part: figures for (part,), figures in log.measured.items()}}
        write_json(arguments.output, report)
    samples.unlink(missing_ok=True)
    Console().print(_table(report["parts"]))
    return 0


def _subject(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings and models that identify these measurements."""
    excluded = ("output", "parts", "models")
    settings = {name: value for name, value in vars(arguments).items() if name not in excluded}
    return settings | {"models": [logits_cache.weights_digest(Path(model)) for model in arguments.models]}


def _table(parts: dict[str, Any]) -> Table:
    table = Table("part", "figure", "value")
    for name, figures in parts.items():
        for figure, value in figures.items():
            shown = (
                ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else str(value)
            )
            table.add_row(name, figure, shown)
            name = ""
    return table


if __name__ == "__main__":
    sys.exit(main())
