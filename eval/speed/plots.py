"""How cost grows, drawn as one SVG that stands alone: texts a second by length and by batch size."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.common.html_page import COLORS


def growth(made: Mapping[str, Any]) -> str:
    """The drawing, from a benchmark that `benchmark_report.check` let pass.

    Raises:
        ReportError: there are no throughputs in it.
    """
    # Not pyplot, whose global state is not for threads; imported late, as it takes half a second.
    import matplotlib
    from matplotlib.figure import Figure

    rows, settings = made["figures"]["throughput"], made["settings"]
    if not rows:
        raise ReportError("the benchmark has no throughputs to draw; measure them: leave --only out.")
    figure = Figure(figsize=(10, 4.2), layout="tight")
    by_length, by_batch = figure.subplots(1, 2)
    exponents = (made["figures"]["growth"] or {}).get("frameworks", {})
    labels = {
        name: f"{name}, seconds ∝ tokens^{exponents[name]['value']:.2f}" if name in exponents else name
        for name in COLORS
    }
    lengths = [row for row in rows if row["batch"] == settings["length_batch"]]
    _draw(by_length, sorted(lengths, key=lambda row: row["tokens"]), "tokens", labels)
    by_length.set_yscale("log", base=2)
    by_length.yaxis.set_major_formatter("{x:g}")
    by_length.set(xlabel=f"tokens of a text, {settings['length_batch']} texts a call")
    tokens = max((row["tokens"] for row in rows if row["tokens"] <= settings["batch_tokens"]), default=0)
    batches = [row for row in rows if row["tokens"] == tokens]
    _draw(by_batch, sorted(batches, key=lambda row: row["batch"]), "batch", {name: name for name in COLORS})
    by_batch.set_ylim(bottom=0)
    by_batch.set(xlabel=f"texts a call, {tokens} tokens each")
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bakeoff"}):
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _draw(axes, rows: Sequence[Mapping[str, Any]], over: str, labels: Mapping[str, str]) -> None:
    """Texts a second of both frameworks, with their intervals, the lengths or sizes on a logarithmic axis."""
    for name, color in COLORS.items():
        found = [row["frameworks"][name]["texts_per_second"] for row in rows]
        xs = [row[over] for row in rows]
        axes.plot(xs, [each["value"] for each in found], marker="o", color=color, label=labels[name])
        for x, each in zip(xs, found, strict=True):
            if each["low"] is not None:
                axes.plot([x, x], [each["low"], each["high"]], color=color, alpha=0.4, linewidth=3)
    axes.set_xscale("log", base=2)
    ticks = [row[over] for row in rows]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_ylabel("texts a second")
    axes.grid(visible=True, which="major", alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
