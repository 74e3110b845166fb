"""Format what a benchmark says about its basis: parity, statements, the latency's line, and compiled variants."""

from collections.abc import Iterator, Mapping
from typing import Any

from bakeoff.classifiers.pair import NAMES
from eval.speed.table import Table, formatted

FRAMEWORKS = tuple(NAMES.values())


def tables(document: Mapping[str, Any]) -> list[Table]:
    """Return the tables, without rows where there are no figures; earlier reports have none of them."""
    figures = document["figures"]
    return [
        _parity(figures.get("parity")),
        _statements(document.get("statements")),
        _scale(figures.get("scale")),
        _variants(figures.get("variants")),
    ]


def _parity(parity: Mapping[str, Any] | None) -> Table:
    rows = []
    for name in FRAMEWORKS if parity else ():
        row = parity[name]
        differing = ", ".join(dict.fromkeys(row["read_differently"] + row["failed"])) or "none"
        compared = f"{row['texts_compared']} of {row['texts']}"
        rows.append((name, row["compared_with"], f"{row['largest_difference']:.1e}", compared, differing))
    columns = ("", "compared with", "largest difference", "texts", "read differently")
    note = "Texts that the tokenizers read differently are left out, because their logits have to differ."
    return Table("Parity of the logits, checked before anything was timed", columns, tuple(rows), note)


def _statements(statements: Mapping[str, Any] | None) -> Table:
    rows = tuple(
        (name, str(statements[name]["statements"]), ", ".join(statements[name]["files"]))
        for name in (FRAMEWORKS if statements else ())
    )
    note = "Statements of the code that serves and trains on this basis, without the code that both frameworks share."
    return Table("Code to write", ("", "statements", "files"), rows, note)


def _scale(scale: Mapping[str, Any] | None) -> Table:
    rows = []
    for name in FRAMEWORKS if scale else ():
        row = scale["frameworks"][name]
        fitted = (formatted(row["fixed_milliseconds"]), formatted(row["milliseconds_per_token"]))
        rows.append((name, *fitted, f"{row['largest_residual_milliseconds']:.2g}"))
    columns = ("", "fixed, ms", "ms per token", "farthest point, ms")
    lengths = ", ".join(map(str, scale["tokens"])) if scale else ""
    note = f"Least squares over single texts of {lengths} tokens. Attention grows faster than a line beyond them."
    return Table("Latency of a single text = fixed + tokens × slope", columns, tuple(rows), note)


def _variants(variants: Mapping[str, Any] | None) -> Table:
    rows = tuple(row for name in (FRAMEWORKS if variants else ()) for row in _variant_rows(name, variants[name]))
    columns = ("tokens", "prepared, s", "call, ms", "÷ plain", "break-even, calls")
    note = (
        "Preparation is loading the model and the first call at each length. Break-even: the number of calls after "
        "which a longer preparation is made up."
    )
    return Table("Documented model, plain and compiled", columns, rows, note)


def _variant_rows(framework: str, variants: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, variant in variants.items():
        if variant["failed"]:
            yield f"{framework}, {name}", "failed", variant["failed"][:80], "", ""
        for place, row in enumerate(variant["latency"]):
            milliseconds = {
                key: value and (1000 * value if key != "reason" else value) for key, value in row["seconds"].items()
            }
            calls = row["break_even_calls"]
            plain = name == "plain"
            yield (
                f"{row['tokens']}, {framework}, {name}",
                "" if place else formatted(variant["preparation_seconds"]),
                formatted(milliseconds),
                "" if plain else formatted(row["ratio_to_plain"]),
                "" if plain else "never" if calls is None else f"{calls:,}",
            )
