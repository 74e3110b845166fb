"""One short reader per criterion, which returns the numbers that the reports give or the reason why there are none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from decide.criteria.criteria import BY_KEY, FRAMEWORKS
from decide.criteria.criterion import Criterion
from decide.criteria.definitions import VARIANTS
from decide.evidence import speed_readers as speed
from decide.evidence.caveats import busy_load
from decide.evidence.comparison import Measured, NotMeasured, Readings, compare
from decide.evidence.provenance import Cell, Place, Reader, cell
from decide.evidence.reports import COMMANDS, Evidence

RUNTIME_ONLY, RUNTIME = "runtime only", "ONNX Runtime"  # the variant, and the runtime that both can use
NEUTRAL = ("ONNX", "LiteRT", "OpenVINO")  # the export formats that neither framework owns
LESS = "first less second"
BOTH = ("pytorch", "tensorflow")  # the evaluation's spelling of FRAMEWORKS, in the same order

CriterionReader = Callable[[Evidence, Reader], Readings | NotMeasured]


def measure(evidence: Evidence, criterion: Criterion, variant: str = "") -> Measured | NotMeasured:
    """Return what the evidence says about a measured criterion, with the comparison of the two frameworks.

    Args:
        evidence: the reports, with at most one benchmark.
        criterion: the criterion.
        variant: the builds of the packages, for criteria that depend on them.

    Raises:
        ReportError: a report was written by another version and lacks a place.
    """
    kind, reader = READERS[criterion.key]
    if criterion.key == "install_size" and evidence.of("footprint"):
        kind, reader = "footprint", partial(_packages, variant=variant)
    if criterion.key in OF_BASIS and _has(evidence, "benchmark", "statements"):
        kind, reader = "benchmark", OF_BASIS[criterion.key]
    readings = _read(evidence, kind, reader)
    if isinstance(readings, NotMeasured) and criterion.key in OF_RUNS and evidence.of("training"):
        kind, reader = "training", OF_RUNS[criterion.key]
        readings = _read(evidence, kind, reader)
    if isinstance(readings, Readings) and criterion.basis and not criterion.exact:
        readings = replace(readings, unsettled=_under_load(evidence, kind))
    return compare(criterion, readings)


def _has(evidence: Evidence, kind: str, part: str) -> bool:
    source = evidence.of(kind)
    return source is not None and bool(source.content.get(part))


def _under_load(evidence: Evidence, kind: str) -> str:
    """Say that other work ran while the times of this kind were measured; empty if none did."""
    loads = [load for source in evidence.sources if source.kind == kind and (load := busy_load(source))]
    if not loads:
        return ""
    highest, cores = max(loads)
    return f"other work ran on the machine when the measurement began (load {highest:g} on {cores} cores)"


def _read(evidence: Evidence, kind: str, reader: CriterionReader) -> Readings | NotMeasured:
    source = evidence.of(kind)
    if source is None:
        return NotMeasured(f"no report of `{COMMANDS[kind]}` was given")
    return reader(evidence, Reader(source))


def _accuracy(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    seeds = reader.source.content["seeds"]
    several = bool(seeds) and seeds["metrics"]["accuracy"]["difference"]["value"] is not None
    top = f"{'seeds' if several else 'comparison'}/metrics/accuracy/"
    cells = {name: reader.cell(top + lower_case, factor=100) for name, lower_case in zip(FRAMEWORKS, BOTH, strict=True)}
    note = f"{seeds['pytorch_runs']} and {seeds['tensorflow_runs']} trainings" if several else "one training of each"
    return Readings(cells, reader.cell(top + "difference", factor=100), note)


def _robustness(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    rows = reader.source.content["robustness"]
    if not rows:
        return NotMeasured("the evaluation was made without it (--no-robustness)")

    def mean(part: str) -> Cell:
        return reader.cell([f"robustness/{row}/{part}" for row in range(len(rows))], "mean", 100)

    cells = dict(zip(FRAMEWORKS, (mean("first/drop"), mean("second/drop")), strict=True))
    return Readings(cells, mean("difference"), f"{len(rows)} kinds of damage")


def _calibration(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    cells = {
        name: reader.cell([f"calibration/{name}/calibration/{part}" for part in ("error", "if_calibrated")], LESS, 100)
        for name in FRAMEWORKS
    }
    return Readings(cells)


def _training_step_of_runs(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Read the last epoch of the trainings themselves, in which nothing is compiled any more."""
    identity, steps = (reader.source.content[key] for key in ("identity", "steps"))
    epochs = identity["recipe"]["epochs"]
    path = f"seconds_per_epoch/{epochs - 1}"
    return _of_runs(evidence, path, epochs / steps, "not in turns: other work may have slowed some")


def _training_memory_of_runs(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    return _of_runs(evidence, "peak_memory_megabytes", 1.0, "")


def _of_runs(evidence: Evidence, path: str, factor: float, remark: str) -> Readings | NotMeasured:
    cells, counts = {}, []
    for name in FRAMEWORKS:
        runs = evidence.trainings(name)
        if not runs:
            return NotMeasured(f"no training.json of {name} was given")
        contents = {run.id: run.content for run in runs}
        cells[name] = cell(contents, [Place(run.id, path) for run in runs], "mean of runs", factor)
        counts.append(len(runs))
    trainings = f"{counts[0]} and {counts[1]} trainings"
    return Readings(cells, note=f"{trainings}; {remark}" if remark else trainings)


def _explanation_time(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    stock = reader.source.content["figures"]["stock"]
    if not all(f"stock lime, {name}" in stock for name in FRAMEWORKS):
        return NotMeasured("stock LIME was not timed over both (`python -m benchmarks.explain`, to the end)")
    counts = " and ".join(str(stock[f"stock lime, {name}"]["articles"]) for name in FRAMEWORKS)
    cells = reader.cells("figures/stock/stock lime, {}/median_seconds")
    ratio = reader.cell("figures/stock_ratio_of_seconds")
    return Readings(cells, ratio, note=f"{counts} articles")


def _faithfulness(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    return _ours(reader, "mean_drop_read", 1.0)


def _stability(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    return _ours(reader, "overlap_of_two_seeds", 100.0)


def _ours(reader: Reader, figure: str, factor: float) -> Readings | NotMeasured:
    ours = reader.source.content["figures"]["ours"]
    if not ours:
        return NotMeasured("no article was explained")
    cells = reader.cells(f"figures/ours/models/{{}}/{figure}", factor=factor)
    difference = reader.cell(f"figures/ours/difference/{figure}", factor=factor)
    return Readings(cells, difference, note=f"{ours['articles']} articles")


def _code_size(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    files = [reader.source.content["frameworks"][name]["files"] for name in FRAMEWORKS]
    note = f"{len(files[0])} and {len(files[1])} files, one author's code"
    return Readings(reader.cells("frameworks/{}/logical_lines"), note=note)


def _statements(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Compare the statements that one has to write on the benchmark's basis."""
    files = [reader.source.content["statements"][name]["files"] for name in FRAMEWORKS]
    note = f"on the basis “{reader.source.basis}”, {len(files[0])} and {len(files[1])} files, one author's code"
    return Readings(reader.cells("statements/{}/statements"), note=note)


def _deployability(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Compare the formats that neither framework owns."""
    return _formats(reader, NEUTRAL)


def _formats(reader: Reader, formats: Sequence[str]) -> Readings | NotMeasured:
    """Compare the share of these formats that works; a format that a framework has no way to does not work."""
    rows = reader.source.content["formats"]
    numbers = {(row["framework"], row["format"]): n for n, row in enumerate(rows) if row["status"] != "not tried"}
    tried = [format_ for format_ in formats if all((framework, format_) in numbers for framework in FRAMEWORKS)]
    if formats == NEUTRAL and len(tried) < len(NEUTRAL):
        return NotMeasured(f"of {', '.join(NEUTRAL)}, not all were tried for both frameworks")
    cells = {}
    for name in FRAMEWORKS:
        paths = [f"formats/{numbers[name, format_]}/status" for format_ in tried]
        cells[name] = reader.cell(paths, "share that works", 100)
    working = [f"{name}: {_working(rows, name, tried)}" for name in FRAMEWORKS]
    return Readings(cells, note="; ".join(working))


def _working(rows: Sequence[Mapping[str, Any]], framework: str, formats: Sequence[str]) -> str:
    names = [row["format"] for row in rows if row["framework"] == framework and row["status"] == "works"]
    return ", ".join(name for name in names if name in formats) or "none"


def every_format(evidence: Evidence) -> dict[str, Any] | None:
    """Return the row of portable formats with every format that was tried for both, the frameworks' own ones included.

    None if no report was given, or no other format was tried.
    """
    source, criterion = evidence.of("deployability"), BY_KEY["deployability"]
    if source is None:
        return None
    rows = source.content["formats"]
    names = dict.fromkeys(row["format"] for row in rows if row["status"] != "not tried")
    measured = compare(criterion, _formats(Reader(source), tuple(names)))
    if isinstance(measured, NotMeasured) or set(names) <= set(NEUTRAL):
        return None
    return {"key": criterion.key, "measured": measured.to_json(), "reason": ""}


def variants(evidence: Evidence) -> list[str]:
    """Return the variants of the packages whose sizes are known for both frameworks."""
    source = evidence.of("footprint")
    if source is None:
        return []
    results = {
        variant: compare(BY_KEY["install_size"], _packages(evidence, Reader(source), variant)) for variant in VARIANTS
    }
    return [variant for variant, result in results.items() if isinstance(result, Measured)]


def _packages(evidence: Evidence, reader: Reader, variant: str) -> Readings | NotMeasured:
    """Compare the unpacked wheels of one variant; without a framework, both models run in ONNX Runtime."""
    figures, cells, builds = reader.source.content["figures"], {}, []
    for name in FRAMEWORKS:
        runtime = RUNTIME if variant == RUNTIME_ONLY else name
        disk = figures[name].get(variant, {}).get(runtime, {}).get("disk", {})
        if not disk.get("unpacked_bytes"):
            return NotMeasured(f"{name}, {variant}: {disk.get('reason') or 'the report has no size'}")
        cells[name] = reader.cell(f"figures/{name}/{variant}/{runtime}/disk/unpacked_bytes", factor=1e-6)
        builds.append(disk["build"])
    return Readings(cells, note=f"{variant}: {' and '.join(dict.fromkeys(builds))}")


def _hub_models(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    hub = reader.source.content["hub"]
    if not hub:
        return NotMeasured("the Hub was out of reach when the adoption was asked for")
    return Readings(reader.cells("hub/{}"), note=f"counted on {hub['date'][:10]}")


def _search_interest(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    if not reader.source.content["trends"]:
        return NotMeasured("no file exported from Google Trends was given")
    return Readings(reader.cells("trends/mean_of_last_year/{}"))


READERS: dict[str, tuple[str, CriterionReader]] = {
    "accuracy": ("evaluation", _accuracy),
    "robustness": ("evaluation", _robustness),
    "calibration": ("evaluation", _calibration),
    "training_step": ("benchmark", speed.training_step),
    "training_start": ("benchmark", speed.training_start),
    "training_memory": ("benchmark", speed.training_memory),
    "cold_start": ("benchmark", speed.cold_start),
    "latency": ("benchmark", speed.latency),
    "latency_long": ("benchmark", speed.latency_long),
    "throughput": ("benchmark", speed.throughput),
    "serving_memory": ("benchmark", speed.serving_memory),
    "energy": ("benchmark", speed.energy),
    "model_size": ("benchmark", speed.model_size),
    "install_size": ("benchmark", speed.install_size),
    "explanation_time": ("explanations", _explanation_time),
    "faithfulness": ("explanations", _faithfulness),
    "stability": ("explanations", _stability),
    "code_size": ("code_size", _code_size),
    "deployability": ("deployability", _deployability),
    "hub_models": ("adoption", _hub_models),
    "search_interest": ("adoption", _search_interest),
}

# Readers of the trainings, used if no benchmark measured the criterion.
OF_RUNS = {"training_step": _training_step_of_runs, "training_memory": _training_memory_of_runs}

# Readers of the benchmark's basis, used instead where the benchmark has these figures.
OF_BASIS = {"code_size": _statements}

KIND_OF = {key: kind for key, (kind, _) in READERS.items()}  # the kind of report that measures a criterion
