"""Format a benchmark's figures as tables, with the same rows in the terminal and in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.html_page import printable
from bakeoff.stats.estimate import Estimate
from eval.measure import footprint, timing
from eval.speed import basis_tables
from eval.speed.table import Table, formatted, percent

FRAMEWORKS = tuple(NAMES.values())


def show(console: Console, document: Mapping[str, Any]) -> None:
    """Print all tables."""
    console.print(Text(f"Basis: {basis(document['settings'])}", "bold"))
    for table in tables(document):
        drawn = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
        for number, column in enumerate(table.columns):
            drawn.add_column(column, justify="right" if number else "left")
        for row in table.rows:
            drawn.add_row(*(Text(printable(cell)) for cell in row))
        console.print(Text(table.title, "bold"), drawn, Text(f"{table.note}\n" if table.note else ""), sep="\n")


def markdown(document: Mapping[str, Any]) -> str:
    """Format all tables, and what they were measured on, as a Markdown page."""
    machine, settings = document["machine"], document["settings"]
    parts = [
        f"# Speed, {basis(settings)}",
        f"`{document['command']}` (benchmark {document['id']}, {document['created'][:10]})",
        f"{machine['processor']}, {machine['cores']['logical']} cores{_quota(machine)}, "
        f"{settings['threads']} threads per framework, "
        f"load average before: {machine['load_average_before']}; {_versions(document)}. Intervals are 95 %, over "
        f"{settings['rounds']} rounds" + (", each in new processes." if settings["fresh"] else "."),
    ]
    for table in tables(document):
        lines = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
        body = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
        parts += [f"## {table.title}", body, *filter(None, [table.note])]
    return printable("\n\n".join(parts) + "\n")


def basis(settings: Mapping[str, Any]) -> str:
    """Say how both frameworks were used, and whether the weights were random."""
    random = f", random weights of the size of {settings['size']}" if settings.get("size") else ""
    return settings.get("basis", "tuned") + random


def _quota(machine: Mapping[str, Any]) -> str:
    """Return the processor quota in parentheses; empty in reports of earlier versions, which do not record it."""
    return f" (a quota of {machine['cpu_quota']:g})" if machine.get("cpu_quota") else ""


def tables(document: Mapping[str, Any]) -> list[Table]:
    """Return all tables for which there are figures."""
    figures = document["figures"]
    candidates = [_ceiling(figures), _cold_start(figures), _latency(figures), _throughput(figures), _energy(figures)]
    candidates += [
        _stages(figures),
        _growth(figures),
        _training(figures),
        _memory(figures, document["settings"]),
        _room(figures),
    ]
    return [table for table in candidates + basis_tables.tables(document) if table.rows]


def verdict(ratio: Mapping[str, Any]) -> str:
    """Say which framework is faster and by how much, from TensorFlow's seconds ÷ PyTorch's, or that it is unclear."""
    estimate = Estimate(**ratio)
    if estimate.low is None:
        return f"{timing.TOO_NOISY}: too few rounds"
    if timing.too_noisy(estimate):
        return f"{timing.TOO_NOISY} [{estimate.low:.2f}, {estimate.high:.2f}]"
    ratios = (estimate.value, estimate.low, estimate.high)
    name, (value, low, high) = "PyTorch", ratios
    if estimate.value < 1:
        name, (value, high, low) = "TensorFlow", (1 / number for number in ratios)
    return f"{name} {value:.2f} × [{low:.2f}, {high:.2f}]"


def _ceiling(figures: Mapping[str, Any]) -> Table:
    ceiling = figures["ceiling"]
    rows = _rows(ceiling, lambda name: [formatted(ceiling["gigaflops"][name])])
    note = "Shares below are relative to the faster framework. They count operations on real tokens, not on padding."
    return Table("Matrix products: the machine's ceiling, in GFLOP/s", ("", "float32"), rows, note)


def _cold_start(figures: Mapping[str, Any]) -> Table:
    cold_start, stages = figures["cold_start"], ("import", "load", "first_call", "total")
    rows = _rows(cold_start, lambda name: [formatted(cold_start["frameworks"][name][stage]) for stage in stages])
    note = f"Faster: {verdict(cold_start['ratio'])}. {_variants(figures)}" if cold_start else ""
    return Table("Cold start, process start to first answer, in seconds", ("", *map(_words, stages)), rows, note)


def _latency(figures: Mapping[str, Any]) -> Table:
    rows = [
        (
            f"{row['tokens']}, {name}",
            *(f"{1000 * measured['seconds'][point]:.1f}" for point in ("p50", "p90", "p99")),
            percent(measured["share_of_ceiling"]),
            _first(verdict(row["ratio"]), name),
        )
        for row, name, measured in _by_framework(figures["latency"])
    ]
    calls = min((measured["calls"] for _, _, measured in _by_framework(figures["latency"])), default=0)
    note = f"At least {calls} calls per row."
    columns = ("tokens", "p50", "p90", "p99", "of the ceiling", "faster")
    return Table("A single text, in milliseconds", columns, tuple(rows), note)


def _throughput(figures: Mapping[str, Any]) -> Table:
    rows = [
        (
            f"{row['batch']} × {row['tokens']}, {name}",
            formatted(measured["texts_per_second"]),
            f"{measured['gigaflops']['value']:.4g}",
            percent(measured["share_of_ceiling"]),
            _first(verdict(row["ratio"]), name),
        )
        for row, name, measured in _by_framework(figures["throughput"])
    ]
    columns = ("texts × tokens", "texts/s", "GFLOP/s", "of the ceiling", "faster")
    return Table("Batches", columns, tuple(rows))


def _energy(figures: Mapping[str, Any]) -> Table:
    spent = [
        (f"{row['batch']} × {row['tokens']}", [row["frameworks"][name]["joules_per_text"] for name in FRAMEWORKS])
        for row in figures["throughput"]
    ]
    rows = [
        (shape, *("unknown" if number is None else f"{number:.3g}" for number in joules))
        for shape, joules in spent
        if any(number is not None for number in joules)
    ]
    note = "Energy of the whole processor, from its own counters."
    return Table("Energy, in joules per text", ("texts × tokens", *FRAMEWORKS), tuple(rows), note)


def _stages(figures: Mapping[str, Any]) -> Table:
    stages = ("tokenisation", "forward", "rest")
    known = [row for row in (*figures["throughput"], *figures["latency"]) if row["frameworks"][FRAMEWORKS[0]]["stages"]]
    different = {(row["batch"], row["tokens"]): row for row in known}
    rows = [
        (f"{row['batch']} × {row['tokens']}, {name}", *(f"{1000 * measured['stages'][s]:.2f}" for s in stages))
        for row, name, measured in _by_framework(
            sorted(different.values(), key=lambda row: (row["batch"], row["tokens"]))
        )
    ]
    note = "The rest is negative if stages overlap in time."
    columns = ("texts × tokens", "tokenization", "forward", "rest")
    return Table("Time of a call by stage, in milliseconds", columns, tuple(rows), note)


def _growth(figures: Mapping[str, Any]) -> Table:
    growth = figures["growth"]
    rows = _rows(growth, lambda name: [formatted(growth["frameworks"][name])])
    if growth:
        rows += (("operations alone", f"{growth['operations']:.3g}"),)
    title = "Growth of cost: the exponent of seconds per text over tokens"
    return Table(title, ("", "exponent"), rows, "The interval is that of the fit of one power to the points.")


def _training(figures: Mapping[str, Any]) -> Table:
    training = figures["training"]
    rows = _rows(
        training,
        lambda name: [
            formatted(training["frameworks"][name]["seconds_per_step"]),
            formatted(training["frameworks"][name]["tokens_per_second"]),
            percent(training["frameworks"][name]["share_of_ceiling"]),
            f"{training['frameworks'][name]['first_step_seconds']:.1f}",
            _megabytes(training["frameworks"][name]["peak_bytes"]),
        ],
    )
    note = f"Faster: {verdict(training['ratio'])}.{_epochs(training['frameworks'])}" if training else ""
    columns = ("", "seconds per step", "tokens/s", "of the ceiling", "first step, s", "peak MB")
    return Table("Training steps", columns, rows, note)


def _epochs(frameworks: Mapping[str, Any]) -> str:
    """Say how long an epoch takes; empty in earlier reports, which do not have it."""
    known = {name: frameworks[name].get("seconds_per_epoch") for name in FRAMEWORKS}
    times = ", ".join(f"{name} {formatted(seconds)} s" for name, seconds in known.items() if seconds)
    return f" An epoch over the corpus: {times}." if times else ""


def _memory(figures: Mapping[str, Any], settings: Mapping[str, Any]) -> Table:
    memory, points = figures["memory"], ("loaded", "few", "many", "long")
    rows = _rows(memory, lambda name: [_megabytes(memory[name][point]) for point in points])
    columns = ("", "loaded", "1,000 short texts", f"{settings['memory_texts']:,}", "long and mixed texts")
    note = f"Peak resident memory of the process so far, including the framework. {_variants(figures)}"
    return Table("Memory, in MB", columns, rows, note)


def _room(figures: Mapping[str, Any]) -> Table:
    models, packages = figures["model_bytes"], figures["install_bytes"]
    shared = sum(packages["shared"].values())
    rows = tuple(
        (name, _megabytes(models[name]), _megabytes(sum(packages[name].values())), _megabytes(shared))
        for name in FRAMEWORKS
    )
    note = f"{_variants(figures)} `bakeoff footprint` compares all variants."
    return Table("Disk usage, in MB", ("", "model folder", "own packages", "shared packages"), rows, note)


def _variants(figures: Mapping[str, Any]) -> str:
    """Say which variant of each framework's packages was measured."""
    packages = figures["install_bytes"]
    return f"Packages: {', '.join(f'{name}: {footprint.variant(packages[name])}' for name in FRAMEWORKS)}."


def _rows(section: Any, cells) -> tuple[tuple[str, ...], ...]:
    """Return one row per framework; none if the section was not measured."""
    return tuple((name, *cells(name)) for name in FRAMEWORKS) if section else ()


def _by_framework(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    for row in rows:
        for name in FRAMEWORKS:
            yield row, name, row["frameworks"][name]


def _first(text: str, name: str) -> str:
    """Return the text only for the first framework, because it is about both."""
    return text if name == FRAMEWORKS[0] else ""


def _versions(document: Mapping[str, Any]) -> str:
    facts = document["frameworks"]
    return ", ".join(
        f"{name} {facts[name]['version']}{_build(facts[name])} on {facts[name]['device']}"
        for name in FRAMEWORKS
        if facts[name]
    )


def _build(facts: Mapping[str, Any]) -> str:
    """Name the build; empty for reports that do not name it."""
    if "cuda" in facts:
        return f" (torch.version.cuda={facts['cuda']})"
    build = facts.get("build", {})
    return f" (is_cuda_build={build['is_cuda_build']})" if "is_cuda_build" in build else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _megabytes(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e6:,.0f}"
