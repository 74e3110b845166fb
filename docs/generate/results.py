"""Write the page of results from the published reports: every number comes from a file in results/."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bakeoff.common.root import ROOT
from bakeoff.stats.estimate import Estimate
from docs.generate.blocks import table
from eval.measure import timing
from eval.speed import tables as speed_tables

STUDY = ROOT / "results" / "bbc-minilm"
FRAMEWORKS = ("PyTorch", "TensorFlow")
SEEDS = range(5)


def page() -> str:
    """Return the page of results as Markdown."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, from our own reports
    )
    environment.filters.update(
        interval=interval, ratio=ratio, percent=percent, points=points, milliseconds=milliseconds, measured=measured
    )
    reports = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(STUDY.glob("*.json"))}
    speed = [
        (
            sheet.title,
            table(("&nbsp;", *sheet.columns[1:]) if not sheet.columns[0] else sheet.columns, list(sheet.rows)),
            sheet.note,
        )
        for sheet in speed_tables.tables(reports["benchmark"])
    ]
    return environment.get_template("results.md.j2").render(
        reports=reports,
        trainings=[{name: training(seed, name) for name in FRAMEWORKS} for seed in SEEDS],
        frameworks=FRAMEWORKS,
        speed=speed,
    )


def headline() -> str:
    """Return the three numbers of the README as a Markdown table."""
    report, speed = _read("report.json"), _read("benchmark.json")
    accuracy = report["seeds"]["metrics"]["accuracy"]
    latency = next(row for row in speed["figures"]["latency"] if row["tokens"] == 16)
    start = speed["figures"]["cold_start"]
    rows = [
        (
            "accuracy, mean of 5 trainings each",
            *(f"{100 * accuracy[name.lower()]['value']:.1f} %" for name in FRAMEWORKS),
            f"TensorFlow − PyTorch {points(accuracy['difference'], 2)} points: **no difference shown**",
        ),
        (
            "latency of one headline (16 tokens), p50",
            *(f"{milliseconds(latency['frameworks'][name]['seconds']['p50'])} ms" for name in FRAMEWORKS),
            f"TensorFlow ÷ PyTorch {ratio(latency['ratio'])}: **PyTorch faster**",
        ),
        (
            "cold start, process start to first answer",
            *(f"{start['frameworks'][name]['total']['value']:.2f} s" for name in FRAMEWORKS),
            f"TensorFlow ÷ PyTorch {ratio(start['ratio'])}: **PyTorch faster**",
        ),
    ]
    return "\n\n".join([table(("", *FRAMEWORKS, "difference, 95 % interval"), rows), _scope(report, speed)])


def _scope(report: Mapping[str, Any], speed: Mapping[str, Any]) -> str:
    """Return what the headline's numbers were measured on."""
    machine, shapes = speed["machine"], speed["figures"]["throughput"]
    level = [row for row in shapes if timing.too_noisy(Estimate(**row["ratio"]))]
    versions = machine["versions"]
    return (
        f"Scope: BBC News ({speed['corpus']['train']:,} articles to train, {report['corpus']['texts']} to test), a "
        f"MiniLM encoder with 22.7 M parameters, {machine['cores']['logical']} cores of an {machine['processor']}, no "
        f"GPU, PyTorch {versions['torch']}, TensorFlow {versions['tensorflow']}, Bakeoff's tuned forward passes, "
        f"{speed['created'][:10]}. In {len(level)} of {len(shapes)} batch shapes, the difference in speed is within "
        "the noise."
    )


def training(seed: int, framework: str) -> Mapping[str, Any]:
    """Return the training report of a seed and a framework."""
    return _read(f"seed-{seed}/{framework.lower()}/training.json")


def _read(name: str) -> dict[str, Any]:
    return json.loads((STUDY / name).read_text(encoding="utf-8"))


def interval(estimate: Mapping[str, Any], digits: int = 2, scale: float = 1) -> str:
    """Return an estimate with its interval, such as `0.85 [0.76, 0.94]`."""
    value, low, high = (
        "–" if estimate[key] is None else f"{scale * estimate[key]:,.{digits}f}" for key in ("value", "low", "high")
    )
    return value if estimate["low"] is None else f"{value} [{low}, {high}]"


def ratio(estimate: Mapping[str, Any]) -> str:
    """Return a ratio with its interval; ratios of 20 and more are whole numbers."""
    return interval(estimate, 2 if estimate["value"] < 20 else 0)


def percent(estimate: Mapping[str, Any]) -> str:
    """Return a share with its interval in percent."""
    return "{value:.0%} [{low:.0%}, {high:.0%}]".format(**estimate)


def points(estimate: Mapping[str, Any], digits: int = 1) -> str:
    """Return a difference of shares in percentage points, with signs."""
    return "{0:+.{3}f} [{1:+.{3}f}, {2:+.{3}f}]".format(
        *(100 * estimate[key] for key in ("value", "low", "high")), digits
    )


def milliseconds(seconds: float) -> str:
    """Return seconds as milliseconds with one digit."""
    return f"{1e3 * seconds:.1f}"


def measured(estimate: Mapping[str, Any] | None) -> str:
    """Return a criterion's value with four significant digits and its interval."""
    if not isinstance(estimate, Mapping):
        return "not measured"
    low, high = estimate.get("low"), estimate.get("high")
    bounds = "" if low is None else f" [{low:,.4g}, {high:,.4g}]"
    return f"{estimate['value']:,.4g}{bounds}"
