"""Readers for the criteria of speed and size, which a benchmark measures."""

from collections.abc import Callable, Iterable

from decide.criteria.criteria import FRAMEWORKS
from decide.evidence.comparison import NotMeasured, Readings
from decide.evidence.provenance import Reader
from decide.evidence.reports import Evidence

MIXED = "the report does not say which builds of the packages it compares, as `bakeoff footprint` does"


def training_step(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the seconds per training step."""
    if not reader.source.content["figures"]["training"]:
        return _not_measured("training")
    cells = reader.cells("figures/training/frameworks/{}/seconds_per_step")
    return Readings(cells, reader.cell("figures/training/ratio"), _trained(reader))


def training_start(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the seconds of the first training step."""
    if not reader.source.content["figures"]["training"]:
        return _not_measured("training")
    cells = reader.cells("figures/training/frameworks/{}/first_step_seconds")
    return Readings(cells, note=_trained(reader))


def training_memory(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the peak memory of a training in MB."""
    if not reader.source.content["figures"]["training"]:
        return _not_measured("training")
    cells = reader.cells("figures/training/frameworks/{}/peak_bytes", factor=1e-6)
    return Readings(cells, note=_trained(reader))


def cold_start(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the seconds from the start of a process to its first answer."""
    if not reader.source.content["figures"]["cold_start"]:
        return _not_measured("cold_start")
    cells = reader.cells("figures/cold_start/frameworks/{}/total")
    return Readings(cells, reader.cell("figures/cold_start/ratio"))


def latency(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the milliseconds for the shortest single text."""
    return _some_text(reader, min)


def latency_long(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the milliseconds for the longest single text."""
    return _some_text(reader, max)


def _some_text(reader: Reader, pick: Callable[[Iterable[tuple[int, int]]], tuple[int, int]]) -> Readings | NotMeasured:
    rows = reader.source.content["figures"]["latency"]
    if not rows:
        return _not_measured("latency")
    tokens, number = pick((row["tokens"], number) for number, row in enumerate(rows))
    return single_text(reader, number, f"{tokens} tokens")


def single_text(reader: Reader, number: int, note: str) -> Readings | NotMeasured:
    """Return the milliseconds for a single text, from one row of the benchmark's latencies."""
    top = f"figures/latency/{number}/"
    cells = reader.cells(top + "frameworks/{}/texts_per_second", "one over it", 1000)
    return Readings(cells, reader.cell(top + "ratio"), note)


def throughput(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the texts per second in the largest batch."""
    number = largest_batch(reader)
    return _not_measured("throughput") if number is None else batches(reader, number)


def batches(reader: Reader, number: int) -> Readings | NotMeasured:
    """Return the texts per second, from one row of the benchmark's batches."""
    row, top = reader.source.content["figures"]["throughput"][number], f"figures/throughput/{number}/"
    # The report divides seconds, and the criterion counts texts per second, so the ratio is inverted.
    paired = reader.cell(top + "ratio", "one over it")
    note = f"{row['batch']} texts of {row['tokens']} tokens"
    return Readings(reader.cells(top + "frameworks/{}/texts_per_second"), paired, note)


def largest_batch(reader: Reader) -> int | None:
    """Return the index of the benchmark's row with the most texts, and the most tokens among those."""
    rows = reader.source.content["figures"]["throughput"]
    return max(range(len(rows)), key=lambda index: (rows[index]["batch"], rows[index]["tokens"])) if rows else None


def serving_memory(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the peak resident memory of a serving process in MB."""
    if not reader.source.content["figures"]["memory"]:
        return _not_measured("memory")
    note = f"texts of up to {_max_length(reader)} tokens, measured once"
    return Readings(reader.cells("figures/memory/{}/long", factor=1e-6), note=note)


def energy(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the joules per text in the largest batch."""
    number = largest_batch(reader)
    if number is None:
        return _not_measured("throughput")
    row = reader.source.content["figures"]["throughput"][number]
    if any(row["frameworks"][name]["joules_per_text"] is None for name in FRAMEWORKS):
        return NotMeasured("the machine shows no energy counters")
    return Readings(reader.cells(f"figures/throughput/{number}/frameworks/{{}}/joules_per_text"))


def model_size(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the size of the model folder in MB."""
    return Readings(reader.cells("figures/model_bytes/{}", factor=1e-6))


def install_size(evidence: Evidence, reader: Reader) -> Readings | NotMeasured:
    """Return the size of all packages that serving needs in MB."""
    shared = "figures/install_bytes/shared"
    cells = {
        name: reader.cell([f"figures/install_bytes/{name}", shared], "sum of the parts", 1e-6) for name in FRAMEWORKS
    }
    note = "as they were installed there; the framework's own packages and those that both need"
    return Readings(cells, note=note, unsettled=MIXED)


def _trained(reader: Reader) -> str:
    """Describe the batches that the training was measured on."""
    batch = reader.source.content["models"][FRAMEWORKS[0]]["recipe"].get("batch_size", "some")
    return f"batches of {batch} texts of up to {_max_length(reader)} tokens"


def _max_length(reader: Reader) -> int:
    return int(reader.source.content["settings"]["max_length"])


def _not_measured(section: str) -> NotMeasured:
    return NotMeasured(f"the benchmark has no section {section}")
