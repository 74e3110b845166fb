"""Compare the disk, cold start and loaded memory that serving takes, by variant of the packages.

bakeoff footprint --output footprint.json
bakeoff footprint --models runs/demo --environments /tmp/environments

The variants are what plain pip installs on Linux x86-64, CPU-only wheels, and a runtime without a framework. Sizes are
read from the wheels' tables of contents, so nothing is downloaded. With --environments, a virtual environment is made
for each variant, and fresh processes there load the model and answer one text. Measurements are kept line by line
beside the output. After Ctrl-C, run the same command again to resume. Other work on the machine distorts the times.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from tqdm import tqdm

from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.classifiers.pair import NAMES, locate
from bakeoff.common import code_digest, json_report, options, processors
from bakeoff.common.errors import ReportError, one_sentence_errors
from bakeoff.common.files import export, json_text
from eval.footprint import figures, resolve, tables, wheel_sizes
from eval.footprint.environments import Environments, NotMeasured
from eval.footprint.variants import VARIANTS, Contents, contents, pins
from eval.measure import machine, timing
from eval.measure.measurement_log import MeasurementLog
from eval.report.provenance import weights_digest

FILE_WIDTH = 200  # width of the table in characters if it is not printed in a terminal
BASIS = "documented"  # what `eval.footprint.serving` calls is the route that each library documents


@dataclass(frozen=True)
class Job:
    """A model to start in an environment.

    Attributes:
        framework: `pytorch` or `tensorflow`.
        contents: The environment.
        weights: Digest of the model's weights; empty if no model was named.
    """

    framework: str
    contents: Contents
    weights: str

    @property
    def sizes(self) -> tuple:
        """The log's key of the environment's packages, which do not depend on the model."""
        return ("sizes", self.contents.name, self.contents.roots, self.contents.alone)

    def start(self, number: int) -> tuple:
        """Return the log's key of a start."""
        return ("start", self.framework, self.weights, self.contents.name, self.contents.roots, number)

    def starts(self, log: MeasurementLog, count: int) -> list[dict[str, Any]]:
        """Return the logged starts, at most `count`."""
        return [log.measured[key] for number in range(count) if (key := self.start(number)) in log.measured]


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = options.command("footprint", __doc__, "bakeoff footprint --models runs/demo --environments environments")
    add_models(out, required=False, purpose="with --environments: the models to start")
    options.add_output(out, "where the report is written", Path("footprint.json"))
    out.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table")
    out.add_argument(
        "--environments", type=Path, metavar="FOLDER", help="make environments there, and measure start and memory"
    )
    out.add_argument(
        "--install",
        nargs="+",
        choices=VARIANTS,
        default=("cpu", "runtime"),
        metavar="VARIANT",
        help="variants to install there: plain (about 7 GB), cpu, runtime (default: cpu runtime)",
    )
    out.add_argument(
        "--starts", type=int, default=timing.LEAST_ROUNDS, metavar="N", help="fresh processes of each; 5 for intervals"
    )
    out.add_argument("--refresh", action="store_true", help="ask pip again for packages whose sizes are known")
    options.add_json(out)
    options.add_quiet(out)
    return out


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table and write the report."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    if arguments.starts <= 0:
        raise ReportError("--starts takes a number above 0; change the flag.")
    if arguments.environments and not arguments.models:
        raise ReportError("--environments starts the models there, and none is named; add --models.")
    ran_on = machine.record()
    models = _models(arguments.models) if arguments.models else {}
    log = MeasurementLog(arguments.output.with_suffix(".jsonl"), _identity(ran_on))
    digests = {name: digest for name, (_, digest) in models.items()}
    jobs = [
        Job(framework, each, digests.get(framework, ""))
        for framework, environments in contents().items()
        for each in environments
    ]
    try:
        reasons = size(jobs, log, arguments.refresh, options.hide_progress(arguments))
        unmeasured = _start(jobs, log, arguments, models)
    except KeyboardInterrupt:
        print("stopped; run the same command again to resume.", file=sys.stderr)
        return 130
    made = json_report.build(
        "footprint",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=machine.public_command("bakeoff footprint", given),
        code=code_digest.of_kind("footprint"),
        models={
            NAMES[name]: {"revision": found.revision, "weights": digest} for name, (found, digest) in models.items()
        },
        machine=ran_on,
        settings={"basis": BASIS, "starts": arguments.starts, "python": resolve.PYTHON, "system": "Linux x86-64"},
        figures=_figures(jobs, log, reasons, unmeasured, arguments.starts),
    )
    json_report.write(arguments.output, made)
    options.note(arguments, f"footprint {made['id']} written to {arguments.output}")
    if arguments.markdown:
        export(arguments.markdown, tables.markdown(made), ReportError)
    if arguments.json:
        print(json_text(made), end="")
    else:
        Console(width=None if sys.stdout.isatty() else FILE_WIDTH).print(tables.table(made))
    return 0


def size(jobs: Sequence[Job], log: MeasurementLog, refresh: bool, hidden: bool | None) -> dict[str, str]:
    """Log the wheels of each environment and their sizes; return why some are unknown or not of today.

    What is in the log stays, unless it is asked for again and found.
    """
    reasons = {}
    environments = {job.sizes: job.contents for job in jobs}
    for key, each in tqdm(environments.items(), desc="sizes", unit="", disable=hidden):
        if key in log.measured and not refresh:
            continue
        try:
            log.add(key, {"date": datetime.now(UTC).isoformat(timespec="seconds"), "wheels": _sized(each, log)})
        except resolve.NotSized as error:
            reasons[each.name] = f"not sized today: {error}"
    return reasons


def _sized(each: Contents, log: MeasurementLog) -> list[dict[str, Any]]:
    """Return the wheels of an environment with their sizes; a wheel with a known digest is not read again."""
    sized = []
    for wheel in resolve.wheels(each):
        key = ("wheel", wheel.file, wheel.sha256)
        if key not in log.measured:
            log.add(key, asdict(wheel_sizes.measure(wheel.url)))
        about = {"name": wheel.name, "version": wheel.version, "file": wheel.file, "sha256": wheel.sha256}
        sized.append(about | log.measured[key])
    return sized


def start(
    jobs: Sequence[Job], log: MeasurementLog, environments: Environments, count: int, hidden: bool | None
) -> dict[Job, str]:
    """Start processes in turns until each environment has enough, and log them; return why some have none."""
    failed: dict[Job, str] = {}
    left = [job for job in jobs if len(job.starts(log, count)) < count]
    for job in tqdm(left, desc="environments", unit="", disable=hidden):
        with _kept(failed, job):
            environments.prepare(job.contents, job.framework)
    for number in tqdm(range(count), desc="starts", unit="", disable=hidden):
        for job in left:
            if job not in failed and job.start(number) not in log.measured:
                with _kept(failed, job):
                    log.add(job.start(number), environments.start(job.contents, job.framework))
    return failed


@contextmanager
def _kept(failed: dict[Job, str], job: Job) -> Iterator[None]:
    """Keep the reason if the environment fails, so that the others are still measured."""
    try:
        yield
    except NotMeasured as error:
        failed[job] = f"not measured: {error}"


def _start(jobs: Sequence[Job], log: MeasurementLog, arguments: argparse.Namespace, models: Mapping) -> dict[Job, str]:
    """Measure the starts that the flags ask for; return why the others are missing."""
    words = {variant: word for word, variant in VARIANTS.items()}
    reasons = {job: figures.NOT_ASKED.format(word=words[job.contents.variant]) for job in jobs}
    if not arguments.environments:
        return reasons
    wanted = [job for job in jobs if words[job.contents.variant] in arguments.install]
    folders = {name: found.path for name, (found, _) in models.items()}
    digests = {name: digest for name, (_, digest) in models.items()}
    environments = Environments(arguments.environments, folders, digests, processors.usable())
    failed = start(wanted, log, environments, arguments.starts, options.hide_progress(arguments))
    return {job: reason for job, reason in reasons.items() if job not in wanted} | failed


def _figures(
    jobs: Sequence[Job], log: MeasurementLog, reasons: Mapping[str, str], unmeasured: Mapping[Job, str], count: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the cell of each framework, variant and runtime."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for job in jobs:
        each, starts = job.contents, job.starts(log, count)
        why = "" if starts else unmeasured.get(job, "")
        made.setdefault(NAMES[job.framework], {}).setdefault(each.variant, {})[each.runtime] = {
            "disk": figures.disk(each, log.measured.get(job.sizes), reasons.get(each.name, "")),
            "start": figures.start(starts, why),
            "memory": figures.memory(starts, why),
        }
    return made


def _models(named: Sequence[str]) -> dict[str, tuple[Any, str]]:
    """Return the folder of each framework's model, and the digest of its weights."""
    found = {name: locate(name, model) for name, model in by_framework(named).items()}
    return {name: (each, weights_digest(each.path)) for name, each in found.items()}


def _identity(ran_on: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be equal for a run to resume from an earlier run's measurements."""
    return {"pins": pins(), "machine": {name: ran_on[name] for name in ("processor", "cores")}}


if __name__ == "__main__":
    sys.exit(main())
