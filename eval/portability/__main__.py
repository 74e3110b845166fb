"""Test portability: export each fine-tuned model to the formats that others serve, run it, and compare and time it.

bakeoff export --models runs/demo --output deployability.json

Some formats need packages and an environment of their own: `pip install -r requirements-export.txt`. A format whose
packages are missing is *not tried*. A format to which a framework can't be exported at all has *no way*. Results are
kept line by line beside the output. After Ctrl-C, run the same command again to resume. Other work on the machine
distorts the times.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.classifiers.pair import NAMES, locate
from bakeoff.common import code_digest, json_report, options, processors, tokenization
from bakeoff.common.errors import ReportError, one_sentence_errors
from bakeoff.common.files import json_text
from bakeoff.corpus import corpus
from eval.measure import machine, timing
from eval.measure.measurement_log import MeasurementLog
from eval.portability import capabilities
from eval.portability.formats import FORMATS, ROUTES, Route, versions
from eval.portability.run import Runner, Settings, untried
from eval.report.provenance import weights_digest
from eval.speed.texts import Cutter

HEADLINE = 16  # length of a headline, in tokens
ARTICLES = 12  # number of articles from the sample corpus
PIECES = (1, 2, 5, 12, 30)  # lengths of short texts, in words
FILE_WIDTH = 160  # width of the table in characters if it is not printed in a terminal
# Texts that users may send and that break code written for ordinary text.
HOSTILE = (
    "",
    " \t\n",
    "[SEP] [CLS] [MASK] [PAD]",
    "a\ud800 lone surrogate \udfff",
    "zero\u200bwidth\u200djoiner \ufeff",
    "e\u0301\u0323\u0308 stacked accents",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇪🇺",
    "مرحبا بالعالم \u202ereversed",
    "ニュースの見出し",
    "\x00\x01\x7f controls",
    "<script>alert('x')</script> %s {0} ${x}",
    "unbroken" * 300,
    "! ? … " * 400,
)


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = options.command("export", __doc__, "bakeoff export --models runs/demo --only ONNX OpenVINO")
    add_models(command)
    options.add_output(command, "where the report is written", Path("deployability.json"))
    command.add_argument(
        "--only",
        nargs="+",
        choices=FORMATS,
        default=FORMATS,
        metavar="FORMAT",
        help=f"formats to try: {', '.join(FORMATS)} (default: all)",
    )
    command.add_argument(
        "--rounds", type=int, default=timing.LEAST_ROUNDS, metavar="N", help="rounds of the timing; 5 for intervals"
    )
    command.add_argument("--headlines", type=int, default=30, metavar="N", help="headlines that are timed in each turn")
    command.add_argument("--timeout", type=float, default=900, metavar="SECONDS", help="time limit of each step")
    command.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="threads of each process (default: the cores that this process may use)",
    )
    options.add_json(command)
    options.add_quiet(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Try all routes, print the table and write the document."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(words)
    folders = {name: locate(name, model).path for name, model in by_framework(arguments.models).items()}
    settings = _settings(arguments, folders)
    digests = {NAMES[name]: weights_digest(folder) for name, folder in folders.items()}
    ran_on = machine.record()
    log = MeasurementLog(arguments.output.with_suffix(".jsonl"), _identity(digests, settings, ran_on))
    rows = attempt(
        [route for route in ROUTES if route.format in arguments.only], log, settings, options.hide_progress(arguments)
    )
    if rows is None:
        print("stopped; run the same command again to resume.", file=sys.stderr)
        return 130
    document = json_report.build(
        "deployability",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=machine.public_command("bakeoff export", words),
        models=digests,
        machine=ran_on,
        code=code_digest.of_kind("deployability"),
        settings={"basis": "exported"},
        formats=rows,
    )
    json_report.write(arguments.output, document)
    options.note(arguments, f"deployability {document['id']} written to {arguments.output}")
    if arguments.json:
        print(json_text(document), end="")
    else:
        Console(width=None if sys.stdout.isatty() else FILE_WIDTH).print(table(document["formats"]))
    return 0


def attempt(
    routes: Sequence[Route], log: MeasurementLog, settings: Settings, hidden: bool | None = None
) -> list[dict[str, Any]] | None:
    """Try each route that is not in the log and return one row per route; None after Ctrl-C, with all work logged."""
    rows: list[dict[str, Any]] = []
    try:
        with Runner(settings) as runner, tqdm(routes, desc="formats", unit="", disable=hidden) as bar:
            for route in bar:
                bar.set_postfix_str(f"{NAMES[route.framework]}, {route.format}")
                rows.append(_row(route, log, runner))
    except KeyboardInterrupt:
        return None
    return rows


def _row(route: Route, log: MeasurementLog, runner: Runner) -> dict[str, Any]:
    """Return a route's row, and log it unless the route can't be tried: its packages may be installed later."""
    if row := untried(route):
        return json_report.plain(row)
    key = (route.framework, route.format, tuple(versions(route.packages).items()))
    if key not in log.measured:
        log.add(key, json_report.plain(runner.take(route)))
    return log.measured[key]


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Format the rows for the terminal."""
    result = Table(
        "framework", "format", "result", "MB", "logits off by", "can't", "headline, ms", "ours, ms", "remarks"
    )
    for row in rows:
        size, difference = row["bytes"], row["largest_logit_difference"]
        packages = ", ".join(f"{name} {version}" for name, version in row["packages"].items())
        result.add_row(
            row["framework"],
            row["format"],
            row["status"],
            "" if size is None else f"{size / 1e6:.1f}",
            "" if difference is None else f"{difference:.1g}",
            ", ".join(name for name, able in row["capabilities"].items() if not able["able"]),
            _milliseconds(row["latency_seconds"]),
            _milliseconds(row["own_latency_seconds"]),
            "; ".join(filter(None, (row["reason"], packages))),
        )
    return result


def _milliseconds(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None:
        return ""
    interval = "" if estimate["low"] is None else f" [{1e3 * estimate['low']:.1f}, {1e3 * estimate['high']:.1f}]"
    return f"{1e3 * estimate['value']:.1f}{interval}"


def _settings(arguments: argparse.Namespace, folders: Mapping[str, Path]) -> Settings:
    """Build the settings from the flags.

    Raises:
        ReportError: A flag's value is invalid.
    """
    threads = arguments.threads or processors.usable()
    if min(arguments.rounds, arguments.headlines, arguments.timeout, threads) <= 0:
        raise ReportError("--rounds, --headlines, --timeout and --threads take numbers above 0; change the flags.")
    articles = [example.text for example in corpus.load().test]
    encoder = tokenization.load(ModelFolder(folders["pytorch"]).path)
    cutter = Cutter(encoder, articles)
    headlines = cutter.cut(HEADLINE, arguments.headlines)
    longest = ModelFolder(folders["pytorch"]).recipe["max_length"]
    by_length = {length: cutter.cut(length, 1)[0] for length in capabilities.lengths(longest)}
    return Settings(
        folders, texts(articles), headlines, arguments.rounds, arguments.timeout, threads, by_length=by_length
    )


def texts(articles: Sequence[str]) -> list[str]:
    """Return ordinary texts of many lengths, from one word to more than any model reads, and hostile texts."""
    words = articles[0].split()
    pieces = [" ".join(words[:count]) for count in PIECES]
    return [*pieces, *articles[:ARTICLES], " ".join(articles), *HOSTILE]


def _identity(digests: Mapping[str, str], settings: Settings, ran_on: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be equal for a run to resume from an earlier run's rows."""
    return {
        "models": digests,
        "settings": {name: getattr(settings, name) for name in ("rounds", "timeout", "threads", "seed")},
        "headlines": len(settings.headlines),
        "lengths": list(settings.by_length),
        "machine": {name: ran_on[name] for name in ("processor", "cores", "versions")},
    }


if __name__ == "__main__":
    sys.exit(main())
