"""A benchmark's figures as tables: the same rows for the terminal and, in Markdown, for a page of results."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.html_page import printable
from bakeoff.stats.estimate import Estimate
from eval.measure import timing

FRAMEWORKS = tuple(NAMES.values())


@dataclass(frozen=True)
class Table:
    """A table of text: the first column names the row, the others hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def show(console: Console, made: Mapping[str, Any]) -> None:
    """Print all tables."""
    for table in tables(made):
        drawn = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
        for number, column in enumerate(table.columns):
            drawn.add_column(column, justify="right" if number else "left")
        for row in table.rows:
            drawn.add_row(*(Text(printable(cell)) for cell in row))
        console.print(Text(table.title, "bold"), drawn, Text(f"{table.note}\n" if table.note else ""), sep="\n")


def markdown(made: Mapping[str, Any]) -> str:
    """All tables, and what they were measured on, as a page."""
    machine, settings = made["machine"], made["settings"]
    out = [
        "# Speed",
        f"`{made['command']}` (benchmark {made['id']}, {made['created'][:10]})",
        f"{machine['processor']}, {machine['cores']['logical']} cores{_quota(machine)}, "
        f"{settings['threads']} threads a framework, "
        f"load average before: {machine['load_average_before']}; {_versions(made)}. Intervals are 95 %, over "
        f"{settings['rounds']} rounds" + (", each in processes of its own." if settings["fresh"] else "."),
    ]
    for table in tables(made):
        lines = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
        body = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
        out += [f"## {table.title}", body, *filter(None, [table.note])]
    return printable("\n\n".join(out) + "\n")


def _quota(machine: Mapping[str, Any]) -> str:
    """Reports of earlier versions don't say."""
    return f" (a quota of {machine['cpu_quota']:g})" if machine.get("cpu_quota") else ""


def tables(made: Mapping[str, Any]) -> list[Table]:
    """All tables that the figures fill."""
    figures = made["figures"]
    out = [_ceiling(figures), _cold_start(figures), _latency(figures), _throughput(figures), _energy(figures)]
    out += [_stages(figures), _growth(figures), _training(figures), _memory(figures, made["settings"]), _room(figures)]
    return [table for table in out if table.rows]


def verdict(ratio: Mapping[str, Any]) -> str:
    """Which framework is faster by how much, from TensorFlow's seconds over PyTorch's; or that it can't be said."""
    estimate = Estimate(**ratio)
    if estimate.low is None:
        return f"{timing.TOO_NOISY}: too few rounds"
    if timing.too_noisy(estimate):
        return f"{timing.TOO_NOISY} [{estimate.low:.2f}, {estimate.high:.2f}]"
    ends = (estimate.value, estimate.low, estimate.high)
    name, (value, low, high) = "PyTorch", ends
    if estimate.value < 1:
        name, (value, high, low) = "TensorFlow", (1 / each for each in ends)
    return f"{name} {value:.2f} × [{low:.2f}, {high:.2f}]"


def _ceiling(figures: Mapping[str, Any]) -> Table:
    found = figures["ceiling"]
    rows = _rows(found, lambda name: [_number(found["gigaflops"][name])])
    note = "Shares below are of the faster one's. They count the multiplications of real tokens, not of padding."
    return Table("Matrix products: what the machine can do, in GFLOP/s", ("", "float32"), rows, note)


def _cold_start(figures: Mapping[str, Any]) -> Table:
    found, stages = figures["cold_start"], ("import", "load", "first_call", "total")
    rows = _rows(found, lambda name: [_number(found["frameworks"][name][stage]) for stage in stages])
    note = f"Faster: {verdict(found['ratio'])}." if found else ""
    return Table("Cold start, process start to first answer, in seconds", ("", *map(_words, stages)), rows, note)


def _latency(figures: Mapping[str, Any]) -> Table:
    rows = [
        (
            f"{row['tokens']}, {name}",
            *(f"{1000 * each['seconds'][point]:.1f}" for point in ("p50", "p90", "p99")),
            _percent(each["share_of_ceiling"]),
            _first(verdict(row["ratio"]), name),
        )
        for row, name, each in _each(figures["latency"])
    ]
    note = f"Calls of each: {min((each['calls'] for _, _, each in _each(figures['latency'])), default=0)} at least."
    columns = ("tokens", "p50", "p90", "p99", "of the ceiling", "faster")
    return Table("A single text, in milliseconds", columns, tuple(rows), note)


def _throughput(figures: Mapping[str, Any]) -> Table:
    rows = [
        (
            f"{row['batch']} × {row['tokens']}, {name}",
            _number(each["texts_per_second"]),
            f"{each['gigaflops']['value']:.4g}",
            _percent(each["share_of_ceiling"]),
            _first(verdict(row["ratio"]), name),
        )
        for row, name, each in _each(figures["throughput"])
    ]
    columns = ("texts × tokens", "texts/s", "GFLOP/s", "of the ceiling", "faster")
    return Table("Batches", columns, tuple(rows))


def _energy(figures: Mapping[str, Any]) -> Table:
    spent = [
        (f"{row['batch']} × {row['tokens']}", [row["frameworks"][name]["joules_per_text"] for name in FRAMEWORKS])
        for row in figures["throughput"]
    ]
    rows = [
        (shape, *("not told" if each is None else f"{each:.3g}" for each in joules))
        for shape, joules in spent
        if any(each is not None for each in joules)
    ]
    note = "Of the whole processor, as its own counters tell."
    return Table("Energy, in joules a text", ("texts × tokens", *FRAMEWORKS), tuple(rows), note)


def _stages(figures: Mapping[str, Any]) -> Table:
    stages = ("tokenisation", "forward", "rest")
    different = {(row["batch"], row["tokens"]): row for row in [*figures["throughput"], *figures["latency"]]}
    rows = [
        (f"{row['batch']} × {row['tokens']}, {name}", *(f"{1000 * each['stages'][s]:.2f}" for s in stages))
        for row, name, each in _each(sorted(different.values(), key=lambda row: (row["batch"], row["tokens"])))
    ]
    note = "Where stages overlap in time, the rest is negative."
    return Table("Where the time of a call goes, in milliseconds", ("texts × tokens", *stages), tuple(rows), note)


def _growth(figures: Mapping[str, Any]) -> Table:
    found = figures["growth"]
    rows = _rows(found, lambda name: [_number(found["frameworks"][name])])
    if found:
        rows += (("multiplications alone", f"{found['operations']:.3g}"),)
    title = "How cost grows: the exponent of seconds a text in its tokens"
    return Table(title, ("", "exponent"), rows, "The interval is of the fit: how far the points lie from one power.")


def _training(figures: Mapping[str, Any]) -> Table:
    found = figures["training"]
    rows = _rows(
        found,
        lambda name: [
            _number(found["frameworks"][name]["seconds_per_step"]),
            _number(found["frameworks"][name]["tokens_per_second"]),
            _percent(found["frameworks"][name]["share_of_ceiling"]),
            f"{found['frameworks'][name]['first_step_seconds']:.1f}",
            _megabytes(found["frameworks"][name]["peak_bytes"]),
        ],
    )
    note = f"Faster: {verdict(found['ratio'])}." if found else ""
    columns = ("", "seconds a step", "tokens/s", "of the ceiling", "first step, s", "peak MB")
    return Table("Training steps", columns, rows, note)


def _memory(figures: Mapping[str, Any], settings: Mapping[str, Any]) -> Table:
    found, points = figures["memory"], ("loaded", "few", "many", "long")
    rows = _rows(found, lambda name: [_megabytes(found[name][point]) for point in points])
    columns = ("", "loaded", "1,000 short texts", f"{settings['memory_texts']:,}", "long ones and all lengths")
    note = "Largest resident memory of the process so far, the framework's own included."
    return Table("Memory, in MB", columns, rows, note)


def _room(figures: Mapping[str, Any]) -> Table:
    models, packages = figures["model_bytes"], figures["install_bytes"]
    shared = sum(packages["shared"].values())
    rows = tuple(
        (name, _megabytes(models[name]), _megabytes(sum(packages[name].values())), _megabytes(shared))
        for name in FRAMEWORKS
    )
    return Table("Room on the disk, in MB", ("", "model folder", "its packages", "packages of both"), rows)


def _rows(found: Any, cells) -> tuple[tuple[str, ...], ...]:
    """A row for each framework; none where the section was not measured."""
    return tuple((name, *cells(name)) for name in FRAMEWORKS) if found else ()


def _each(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    for row in rows:
        for name in FRAMEWORKS:
            yield row, name, row["frameworks"][name]


def _first(text: str, name: str) -> str:
    """What is of both frameworks stands in the row of the first."""
    return text if name == FRAMEWORKS[0] else ""


def _versions(made: Mapping[str, Any]) -> str:
    facts = made["frameworks"]
    return ", ".join(
        f"{name} {facts[name]['version']} on {facts[name]['device']}" for name in FRAMEWORKS if facts[name]
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(estimate: Mapping[str, Any]) -> str:
    return _with_interval(estimate, 1, "{:.4g}")


def _percent(estimate: Mapping[str, Any]) -> str:
    return _with_interval(estimate, 100, "{:.0f}")


def _with_interval(estimate: Mapping[str, Any], scale: float, form: str) -> str:
    value, low, high = (
        None if estimate[key] is None else form.format(scale * estimate[key]) for key in ("value", "low", "high")
    )
    unit = " %" if scale == 100 else ""
    if value is None:
        return "not defined"
    return f"{value}{unit}" if low is None else f"{value}{unit} [{low}, {high}]"


def _megabytes(size: int | None) -> str:
    return "not told" if size is None else f"{size / 1e6:,.0f}"
