r"""Measure two models' speed: cold start, single texts, batches, training steps, memory and disk usage.

A basis says how both frameworks are used. `as-shipped`: the calls of the libraries' quickstarts. `documented`: the
libraries' own advice for serving and training, plain and compiled. `tuned`: Bakeoff's forward passes and kernels.

bakeoff speed --models runs/demo --quick
bakeoff speed --models runs/bbc --corpus bbc_train.csv --test bbc_test.csv --basis tuned \
    --output results/bbc-minilm/benchmark.json --plot results/bbc-minilm/benchmark.svg
bakeoff speed --size bert-base --only cold_start latency

The frameworks run in separate processes, in turns. Measurements are kept line by line beside the output. After Ctrl-C,
run the same command again to resume. Other work on the machine distorts the times.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from tqdm import tqdm

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.classifiers.pair import NAMES, locate
from bakeoff.common import options, processors, tokenization
from bakeoff.common.errors import ModelError, ReportError, one_sentence_errors
from bakeoff.common.files import export, json_text
from bakeoff.corpus import corpus
from bakeoff.corpus.corpus import Corpus
from eval.measure import footprint, machine, random_models
from eval.measure.measurement_log import MeasurementLog
from eval.report.provenance import check_comparable, provenance, weights_digest
from eval.speed import plots, report, tables
from eval.speed.bases.basis import BASES, DEFAULT, statements
from eval.speed.figures import figures
from eval.speed.plan import ALWAYS, FRAMEWORKS, QUICK, SECTIONS, Case, Settings, Visit, plan
from eval.speed.run import Runner, Subject
from eval.speed.texts import Architecture, Cutter
from trainers.recipe import Recipe

LEAST_TOKENS = 8
CHOICES = tuple(section for section in SECTIONS if section not in ALWAYS)
FILE_WIDTH = 120  # width of the tables in characters if they are not printed in a terminal


@dataclass(frozen=True)
class Source:
    """A model that is not loaded, with the attributes that `eval.report.provenance` needs."""

    framework: str
    revision: str
    folder: ModelFolder

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the model's classes."""
        return self.folder.labels


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = options.command("speed", __doc__, "bakeoff speed --models runs/demo --quick --output benchmark.json")
    add_models(out, required=False)
    size = "measure an encoder of this size with random weights instead of --models"
    out.add_argument("--size", choices=random_models.SIZES, help=size)
    basis = "how both frameworks are used: %(choices)s (default: %(default)s)"
    out.add_argument("--basis", choices=BASES, default=DEFAULT, help=basis)
    corpus.add_corpus(out, "of the texts to classify and to train on")
    options.add_output(out, "where the report is written", Path("benchmark.json"))
    out.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables")
    out.add_argument("--plot", type=Path, metavar="FILE", help="also draw how cost grows, as SVG")
    out.add_argument("--quick", action="store_true", help="about two minutes: rough figures")
    sections = f"what to measure: {', '.join(CHOICES)} (default: all, with --quick all but variants)"
    out.add_argument("--only", nargs="+", choices=CHOICES, metavar="SECTION", help=sections)
    out.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="threads of each framework (default: the cores that this process may use)",
    )
    rounds = "rounds of all repeated measurements; at least 5 for intervals (default: 7, with --quick 5)"
    out.add_argument("--rounds", type=int, metavar="N", help=rounds)
    texts = "texts in the call whose memory is measured (default: 100,000, with --quick 3,000)"
    out.add_argument("--memory-texts", type=int, metavar="N", help=texts)
    length = "tokens that are read of a text; speed does not depend on the training's (default: the models' recipe)"
    out.add_argument("--max-length", type=int, metavar="TOKENS", help=length)
    options.add_seed(out, "the order and the texts")
    options.add_json(out)
    options.add_quiet(out)
    return out


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the tables and write the report."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    settings, threads = _settings(arguments)
    data = corpus.from_options(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        return _benchmark(arguments, given, settings, threads, data, _sources(arguments, data, Path(scratch)))


def _benchmark(
    arguments: argparse.Namespace,
    given: Sequence[str],
    settings: Settings,
    threads: int,
    data: Corpus,
    sources: Sequence[Source],
) -> int:
    """Measure these models, print the tables and write the report."""
    check_comparable(sources, data)
    max_length = _max_length(arguments.max_length, sources[0].folder)
    subject = _subject(sources, data, threads, settings.seed, max_length, arguments.basis)
    ran_on = machine.record()
    log = MeasurementLog(arguments.output.with_suffix(".jsonl"), _identity(subject, settings, ran_on, arguments.size))
    visits = plan(settings, _sections(arguments), subject.max_length)
    measured = measure(visits, log, Runner(subject, settings), options.hide_progress(arguments))
    if not measured:
        return 130
    architecture = Architecture.of(sources[0].folder)
    trained = tokenization.load(sources[0].folder.path, max_length).encode([example.text for example in data.train])
    about = {"basis": BASES[arguments.basis].name, "size": arguments.size, "quick": arguments.quick}
    made = report.build(
        command=machine.public_command("bakeoff speed", given),
        data=data,
        models={source.framework: provenance(source) for source in sources},
        machine=ran_on,
        settings=asdict(settings) | {"threads": threads, "max_length": max_length} | about,
        statements=statements(arguments.basis),
        frameworks={NAMES[name]: measured.get(Visit(Case("facts"), 0, 0, name)) for name in FRAMEWORKS},
        figures=figures(measured, settings, architecture, subject.max_length, list(map(len, trained))) | _room(sources),
    )
    report.write(arguments.output, made)
    options.note(arguments, f"benchmark {made['id']} written to {arguments.output}")
    if arguments.markdown:
        export(arguments.markdown, tables.markdown(made), ReportError)
    if arguments.plot:
        export(arguments.plot, plots.growth(made), ReportError)
    if arguments.json:
        print(json_text(made), end="")
    else:
        tables.show(Console(width=None if sys.stdout.isatty() else FILE_WIDTH), made)
    return 0


def measure(
    visits: Sequence[Visit], log: MeasurementLog, runner: Runner, hidden: bool | None = None
) -> dict[Visit, Any]:
    """Measure the visits that are not in the log, until Ctrl-C, and return the log's measurement of each visit."""
    left = [visit for visit in visits if visit not in log.measured]
    try:
        with runner, tqdm(left, desc="measurements", unit="", disable=hidden) as bar:
            for visit in bar:
                bar.set_postfix_str(f"{visit.case.section}, {NAMES[visit.framework]}", refresh=False)
                log.add(visit, runner.take(visit))
    except KeyboardInterrupt:
        print(
            "stopped; run the same command again to resume. The figures cover what is measured so far.", file=sys.stderr
        )
    return {visit: log.measured[visit] for visit in visits if visit in log.measured}


def _settings(arguments: argparse.Namespace) -> tuple[Settings, int]:
    """Return the settings and the number of threads that the flags ask for.

    Raises:
        ReportError: A flag's value is invalid.
    """
    flags = {"rounds": arguments.rounds, "memory_texts": arguments.memory_texts, "seed": arguments.seed}
    settings = replace(
        QUICK if arguments.quick else Settings(), **{name: value for name, value in flags.items() if value is not None}
    )
    if (most := BASES[arguments.basis].memory_texts) and arguments.memory_texts is None:
        settings = replace(settings, memory_texts=min(settings.memory_texts, most))
    threads = arguments.threads or processors.usable()
    if min(settings.rounds, settings.memory_texts, threads) < 1:
        raise ReportError("--rounds, --memory-texts and --threads must be at least 1; change the flags.")
    return settings, threads


def _sections(arguments: argparse.Namespace) -> list[str]:
    """Return the sections to measure; only the documented basis has variants, and compiling them takes minutes."""
    asked = arguments.only or [section for section in CHOICES if section != "variants" or not arguments.quick]
    return [section for section in asked if section != "variants" or arguments.basis == DEFAULT]


def _max_length(asked: int | None, folder: ModelFolder) -> int:
    """Return the number of tokens that the models read of a text.

    Raises:
        ReportError: The model has fewer positions than were asked for.
    """
    positions = json.loads((folder.path / "config.json").read_text(encoding="utf-8"))["max_position_embeddings"]
    if asked is not None and not LEAST_TOKENS <= asked <= positions:
        raise ReportError(
            f"--max-length {asked} is out of range: the models read {LEAST_TOKENS} to {positions} tokens."
        )
    return asked or folder.recipe["max_length"]


def _sources(arguments: argparse.Namespace, data: Corpus, scratch: Path) -> list[Source]:
    """Return the two models that the flags ask for.

    Raises:
        ModelError: Neither models nor a size were named, or both, or a model can't be found.
    """
    if (arguments.models is None) == (arguments.size is None):
        raise ModelError("name either --models or --size, for example --models runs/demo.")
    if arguments.size:
        size = random_models.SIZES[arguments.size]
        recipe = Recipe(max_length=arguments.max_length or min(Recipe().max_length * 2, size.positions))
        built = random_models.build(size, data, recipe, scratch)
        return [Source(NAMES[name], "local", ModelFolder(folder)) for name, folder in built.items()]
    located = ((name, locate(name, model)) for name, model in by_framework(arguments.models).items())
    return [Source(NAMES[name], found.revision, ModelFolder(found.path)) for name, found in located]


def _subject(sources: Sequence[Source], data: Corpus, threads: int, seed: int, max_length: int, basis: str) -> Subject:
    folder = sources[0].folder
    recipe = folder.recipe | {"max_length": max_length}
    cutter = Cutter(tokenization.load(folder.path), [example.text for example in data.test], seed)
    folders = {framework: source.folder.path for framework, source in zip(FRAMEWORKS, sources, strict=True)}
    return Subject(folders, data, cutter, recipe, folder.labels, max_length, threads, basis)


def _identity(subject: Subject, settings: Settings, ran_on: dict[str, Any], size: str | None) -> dict[str, Any]:
    """Return what must be equal for a run to resume from an earlier run's measurements."""
    return {
        # Models with random weights are built anew in each run, with other times in their files.
        "models": size or [weights_digest(folder)[:16] for folder in subject.folders.values()],
        "basis": subject.basis,
        "corpus": subject.data.digest,
        "settings": asdict(settings),
        "threads": subject.threads,
        "max_length": subject.max_length,
        "machine": {name: ran_on[name] for name in ("processor", "cores", "versions")},
    }


def _room(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the bytes on disk of the models, and of the packages that serving each of them needs."""
    packages = {NAMES[name]: footprint.install_bytes(roots) for name, roots in footprint.SERVING.items()}
    first, second = packages.values()
    shared = {name: size for name, size in first.items() if name in second}
    own = {
        name: {package: size for package, size in sizes.items() if package not in shared}
        for name, sizes in packages.items()
    }
    return {
        "model_bytes": {source.framework: footprint.folder_bytes(source.folder.path) for source in sources},
        "install_bytes": {"shared": shared, **own},
    }


if __name__ == "__main__":
    sys.exit(main())
