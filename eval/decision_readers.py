"""What the reports say on each criterion: one short reader each, which gives numbers or the reason for their lack."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eval.decision_compare import Measured, measured
from eval.decision_criteria import BY_KEY, FRAMEWORKS
from eval.decision_evidence import COMMANDS, Evidence, Source
from eval.decision_trace import Cell, Place, cell

Found = Measured | str
BOTH = ("pytorch", "tensorflow")  # FRAMEWORKS, as the evaluation writes them


class Reader:
    """Reads cells of one kind of report.

    Args:
        source: the report.
    """

    def __init__(self, source: Source):
        self.source = source
        self._contents = {source.id: source.content}

    def cell(self, paths: str | Sequence[str], how: str = "as reported", factor: float = 1.0) -> Cell:
        """The cell made from these paths of the report."""
        paths = [paths] if isinstance(paths, str) else paths
        return cell(self._contents, [Place(self.source.id, path) for path in paths], how, factor)

    def cells(self, path: str, how: str = "as reported", factor: float = 1.0) -> dict[str, Cell]:
        """Both frameworks' cells; `{}` in the path stands for the framework's name."""
        return {name: self.cell(path.format(name), how, factor) for name in FRAMEWORKS}


def read(evidence: Evidence, key: str) -> Found:
    """What the evidence says on a measured criterion.

    Raises:
        ReportError: a report lacks a place that today's version of it has.
    """
    kind, reader = READERS[key]
    if key == "training_step" and evidence.of(kind) is None:
        kind, reader = "training", _training_step_of_runs
    source = evidence.of(kind)
    if source is None:
        return f"no report of `{COMMANDS[kind]}` was given"
    return reader(evidence, Reader(source))


def finish(key: str, cells: Mapping[str, Cell], paired: Cell | None = None, note: str = "") -> Found:
    """The cells of a criterion, compared as its scale asks for."""
    criterion = BY_KEY[key]
    ratio = criterion.scale.logarithmic
    return measured(cells, ratio=ratio, paired=paired, spread=criterion.spread, note=note)


def _accuracy(evidence: Evidence, reader: Reader) -> Found:
    seeds = reader.source.content["seeds"]
    several = bool(seeds) and seeds["metrics"]["accuracy"]["difference"]["value"] is not None
    top = f"{'seeds' if several else 'comparison'}/metrics/accuracy/"
    cells = {name: reader.cell(top + low, factor=100) for name, low in zip(FRAMEWORKS, BOTH, strict=True)}
    note = f"{seeds['pytorch_runs']} and {seeds['tensorflow_runs']} trainings" if several else "one training of each"
    return finish("accuracy", cells, reader.cell(top + "difference", factor=100), note)


def _robustness(evidence: Evidence, reader: Reader) -> Found:
    rows = reader.source.content["robustness"]
    if not rows:
        return "the evaluation was made without it (--no-robustness)"

    def mean(part: str) -> Cell:
        return reader.cell([f"robustness/{row}/{part}" for row in range(len(rows))], "mean", 100)

    cells = dict(zip(FRAMEWORKS, (mean("first/drop"), mean("second/drop")), strict=True))
    return finish("robustness", cells, mean("difference"), f"{len(rows)} kinds of damage")


def _calibration(evidence: Evidence, reader: Reader) -> Found:
    parts = [["calibration/{}/calibration/error", "calibration/{}/calibration/if_calibrated"]] * 2
    cells = {
        name: reader.cell([path.format(name) for path in paths], "first less second", 100)
        for name, paths in zip(FRAMEWORKS, parts, strict=True)
    }
    return finish("calibration", cells)


def _training_step(evidence: Evidence, reader: Reader) -> Found:
    if not reader.source.content["figures"]["training"]:
        return _not_measured("training")
    cells = reader.cells("figures/training/frameworks/{}/seconds_per_step")
    return finish("training_step", cells, reader.cell("figures/training/ratio"))


def _training_step_of_runs(evidence: Evidence, reader: Reader) -> Found:
    """From the trainings themselves: their last epoch, in which nothing is compiled any more."""
    identity, steps = (reader.source.content[key] for key in ("identity", "steps"))
    epochs = identity["recipe"]["epochs"]
    path = f"seconds_per_epoch/{epochs - 1}"
    return _of_runs("training_step", evidence, path, epochs / steps, "not in turns: other work may have slowed some")


def _training_start(evidence: Evidence, reader: Reader) -> Found:
    if not reader.source.content["figures"]["training"]:
        return _not_measured("training")
    return finish("training_start", reader.cells("figures/training/frameworks/{}/first_step_seconds"))


def _training_memory(evidence: Evidence, reader: Reader) -> Found:
    return _of_runs("training_memory", evidence, "peak_memory_megabytes", 1.0, "")


def _of_runs(key: str, evidence: Evidence, path: str, factor: float, remark: str) -> Found:
    cells, counts = {}, []
    for name in FRAMEWORKS:
        runs = evidence.trainings(name)
        if not runs:
            return f"no training.json of {name} was given"
        contents = {run.id: run.content for run in runs}
        cells[name] = cell(contents, [Place(run.id, path) for run in runs], "mean of runs", factor)
        counts.append(len(runs))
    return finish(key, cells, note="; ".join(filter(None, [f"{counts[0]} and {counts[1]} trainings", remark])))


def _cold_start(evidence: Evidence, reader: Reader) -> Found:
    if not reader.source.content["figures"]["cold_start"]:
        return _not_measured("cold_start")
    cells = reader.cells("figures/cold_start/frameworks/{}/total")
    return finish("cold_start", cells, reader.cell("figures/cold_start/ratio"))


def _latency(evidence: Evidence, reader: Reader) -> Found:
    return _single_text("latency", reader, min)


def _latency_long(evidence: Evidence, reader: Reader) -> Found:
    return _single_text("latency_long", reader, max)


def _single_text(key: str, reader: Reader, pick: Callable) -> Found:
    rows = reader.source.content["figures"]["latency"]
    if not rows:
        return _not_measured("latency")
    tokens, number = pick((row["tokens"], number) for number, row in enumerate(rows))
    return single_text(key, reader, number, f"{tokens} tokens")


def single_text(key: str, reader: Reader, number: int, note: str) -> Found:
    """Milliseconds for a single text, from a row of the benchmark's latencies."""
    top = f"figures/latency/{number}/"
    cells = reader.cells(top + "frameworks/{}/texts_per_second", "one over it", 1000)
    return finish(key, cells, reader.cell(top + "ratio"), note)


def _throughput(evidence: Evidence, reader: Reader) -> Found:
    number = largest_batch(reader)
    return _not_measured("throughput") if number is None else batches(reader, number)


def batches(reader: Reader, number: int) -> Found:
    """Texts a second, from a row of the benchmark's batches."""
    row, top = reader.source.content["figures"]["throughput"][number], f"figures/throughput/{number}/"
    # The report's ratio is of seconds, and the criterion counts texts.
    paired = reader.cell(top + "ratio", "one over it")
    note = f"{row['batch']} texts of {row['tokens']} tokens"
    return finish("throughput", reader.cells(top + "frameworks/{}/texts_per_second"), paired, note)


def largest_batch(reader: Reader) -> int | None:
    """The number of the benchmark's row with the most texts, among those the most tokens."""
    rows = reader.source.content["figures"]["throughput"]
    return max(range(len(rows)), key=lambda n: (rows[n]["batch"], rows[n]["tokens"])) if rows else None


def _serving_memory(evidence: Evidence, reader: Reader) -> Found:
    if not reader.source.content["figures"]["memory"]:
        return _not_measured("memory")
    return finish("serving_memory", reader.cells("figures/memory/{}/long", factor=1e-6), note="measured once")


def _energy(evidence: Evidence, reader: Reader) -> Found:
    number = largest_batch(reader)
    if number is None:
        return _not_measured("throughput")
    row = reader.source.content["figures"]["throughput"][number]
    if any(row["frameworks"][name]["joules_per_text"] is None for name in FRAMEWORKS):
        return "the machine shows no energy counters"
    return finish("energy", reader.cells(f"figures/throughput/{number}/frameworks/{{}}/joules_per_text"))


def _model_size(evidence: Evidence, reader: Reader) -> Found:
    return finish("model_size", reader.cells("figures/model_bytes/{}", factor=1e-6))


def _install_size(evidence: Evidence, reader: Reader) -> Found:
    shared = "figures/install_bytes/shared"
    cells = {
        name: reader.cell([f"figures/install_bytes/{name}", shared], "sum of the parts", 1e-6) for name in FRAMEWORKS
    }
    return finish("install_size", cells, note="the framework's own and those that both need")


def _explanation_time(evidence: Evidence, reader: Reader) -> Found:
    stock = reader.source.content["figures"]["stock"]
    if not all(f"stock lime, {name}" in stock for name in FRAMEWORKS):
        return "stock LIME was not timed over both (`python -m benchmarks.explain`, to the end)"
    counts = " and ".join(str(stock[f"stock lime, {name}"]["articles"]) for name in FRAMEWORKS)
    cells = reader.cells("figures/stock/stock lime, {}/median_seconds")
    return finish("explanation_time", cells, note=f"{counts} articles")


def _faithfulness(evidence: Evidence, reader: Reader) -> Found:
    return _ours("faithfulness", reader, "mean_drop_read", 1.0)


def _stability(evidence: Evidence, reader: Reader) -> Found:
    return _ours("stability", reader, "overlap_of_two_seeds", 100.0)


def _ours(key: str, reader: Reader, figure: str, factor: float) -> Found:
    ours = reader.source.content["figures"]["ours"]
    if not ours:
        return "no article was explained"
    cells = reader.cells(f"figures/ours/models/{{}}/{figure}", factor=factor)
    return finish(key, cells, note=f"{ours['articles']} articles")


def _code_size(evidence: Evidence, reader: Reader) -> Found:
    files = [reader.source.content["frameworks"][name]["files"] for name in FRAMEWORKS]
    note = f"{len(files[0])} and {len(files[1])} files"
    return finish("code_size", reader.cells("frameworks/{}/logical_lines"), note=note)


def _deployability(evidence: Evidence, reader: Reader) -> Found:
    rows = reader.source.content["formats"]
    cells, notes = {}, []
    for name in FRAMEWORKS:
        tried = [n for n, row in enumerate(rows) if row["framework"] == name and row["status"] != "not tried"]
        if not tried:
            return f"no format was tried for {name}"
        cells[name] = reader.cell([f"formats/{n}/status" for n in tried], "share that works", 100)
        notes.append(f"{name}: {_spoken_formats(rows, name)}")
    return finish("deployability", cells, note="; ".join(notes))


def _spoken_formats(rows: Sequence[Mapping[str, Any]], framework: str) -> str:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["framework"] == framework:
            found.setdefault(row["status"], []).append(row["format"])
    return ", ".join(f"{status}: {' '.join(formats)}" for status, formats in sorted(found.items(), reverse=True))


def _hub_models(evidence: Evidence, reader: Reader) -> Found:
    hub = reader.source.content["hub"]
    if not hub:
        return "the Hub was out of reach when the adoption was asked for"
    return finish("hub_models", reader.cells("hub/{}"), note=f"counted on {hub['date'][:10]}")


def _search_interest(evidence: Evidence, reader: Reader) -> Found:
    if not reader.source.content["trends"]:
        return "no file exported from Google Trends was given"
    return finish("search_interest", reader.cells("trends/mean_of_last_year/{}"))


def _not_measured(section: str) -> str:
    return f"the benchmark has no section {section}"


READERS: dict[str, tuple[str, Callable[[Evidence, Reader], Found]]] = {
    "accuracy": ("evaluation", _accuracy),
    "robustness": ("evaluation", _robustness),
    "calibration": ("evaluation", _calibration),
    "training_step": ("benchmark", _training_step),
    "training_start": ("benchmark", _training_start),
    "training_memory": ("training", _training_memory),
    "cold_start": ("benchmark", _cold_start),
    "latency": ("benchmark", _latency),
    "latency_long": ("benchmark", _latency_long),
    "throughput": ("benchmark", _throughput),
    "serving_memory": ("benchmark", _serving_memory),
    "energy": ("benchmark", _energy),
    "model_size": ("benchmark", _model_size),
    "install_size": ("benchmark", _install_size),
    "explanation_time": ("explanations", _explanation_time),
    "faithfulness": ("explanations", _faithfulness),
    "stability": ("explanations", _stability),
    "code_size": ("code_size", _code_size),
    "deployability": ("deployability", _deployability),
    "hub_models": ("adoption", _hub_models),
    "search_interest": ("adoption", _search_interest),
}
