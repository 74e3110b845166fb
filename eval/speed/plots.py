"""Draw how cost grows as one self-contained SVG: texts per second by length and by batch size."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.common.html_page import COLORS


def growth(document: Mapping[str, Any]) -> str:
    """Draw a benchmark that `report.check` accepted.

    Raises:
        ReportError: The benchmark has no throughputs.
    """
    # pyplot is avoided because its global state is not thread-safe. The import is late because it takes half a second.
    import matplotlib
    from matplotlib.figure import Figure

    rows, settings = document["figures"]["throughput"], document["settings"]
    if not rows:
        raise ReportError("the benchmark has no throughputs to draw; measure them by leaving out --only.")
    figure = Figure(figsize=(10, 4.2), layout="tight")
    by_length, by_batch = figure.subplots(1, 2)
    exponents = (document["figures"]["growth"] or {}).get("frameworks", {})
    labels = {
        name: f"{name}, seconds ∝ tokens^{exponents[name]['value']:.2f}" if name in exponents else name
        for name in COLORS
    }
    lengths = [row for row in rows if row["batch"] == settings["length_batch"]]
    _draw(by_length, sorted(lengths, key=lambda row: row["tokens"]), "tokens", labels)
    by_length.set_yscale("log", base=2)
    by_length.yaxis.set_major_formatter("{x:g}")
    by_length.set(xlabel=f"tokens per text, {settings['length_batch']} texts per call")
    tokens = max((row["tokens"] for row in rows if row["tokens"] <= settings["batch_tokens"]), default=0)
    batches = [row for row in rows if row["tokens"] == tokens]
    _draw(by_batch, sorted(batches, key=lambda row: row["batch"]), "batch", {name: name for name in COLORS})
    by_batch.set_ylim(bottom=0)
    by_batch.set(xlabel=f"texts per call, {tokens} tokens each")
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bakeoff"}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _draw(axes, rows: Sequence[Mapping[str, Any]], over: str, labels: Mapping[str, str]) -> None:
    """Plot both frameworks' texts per second with intervals, over lengths or sizes on a logarithmic axis."""
    for name, color in COLORS.items():
        estimates = [row["frameworks"][name]["texts_per_second"] for row in rows]
        xs = [row[over] for row in rows]
        axes.plot(xs, [estimate["value"] for estimate in estimates], marker="o", color=color, label=labels[name])
        for x, estimate in zip(xs, estimates, strict=True):
            if estimate["low"] is not None:
                axes.plot([x, x], [estimate["low"], estimate["high"]], color=color, alpha=0.4, linewidth=3)
    axes.set_xscale("log", base=2)
    ticks = [row[over] for row in rows]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_ylabel("texts per second")
    axes.grid(visible=True, which="major", alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
