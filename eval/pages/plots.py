"""Draw plots of a report as SVG for the HTML page: text stays text, and ink takes the page's text color.

Only a report's numbers are drawn and none of its words, so no text of an uploaded report reaches the SVG.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from bakeoff.common.html_page import COLORS

INK = "#010203"  # placeholder for the page's text color until the SVG is written
GROUP_ID = re.compile(r'(<g) id="[A-Za-z_]+_?\d+"')


def reliability(report: Mapping[str, Any]) -> Markup:
    """Plot accuracy over confidence of both models, one point per bin, with 95 % intervals; the diagonal is ideal."""
    figure = _figure(6.4, 4.2)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":", label="calibrated")
    lowest = 1.0
    for framework, color in COLORS.items():
        bins = report["calibration"][framework]["calibration"]["bins"]
        confidence, accuracy = [row["confidence"] for row in bins], [row["accuracy"] for row in bins]
        _with_intervals(axes, confidence, accuracy, color, framework)
        known = [estimate["value"] for estimate in accuracy if estimate["value"] is not None]
        lowest = min([lowest, *confidence, *known])
    floor = max(0.0, lowest - 0.1)
    axes.set(xlim=(floor, 1.02), ylim=(floor, 1.02), xlabel="confidence", ylabel="accuracy")
    return _svg(figure, axes, "Reliability: accuracy of texts of similar confidence", "reliability")


def differences(report: Mapping[str, Any]) -> Markup:
    """Plot the differences of accuracy and F1 with their intervals, and the margin of equivalence."""
    names = [name for name in SHARES if _defined(report, name)]
    figure = _figure(6.4, 1.6 + 0.4 * len(names))
    axes = figure.add_subplot()
    margin = 100 * report["settings"]["margin"]
    axes.axvspan(-margin, margin, color=INK, alpha=0.12, linewidth=0, label="margin of equivalence")
    axes.axvline(0, color=INK, linewidth=1)
    for row, name in enumerate(names):
        difference = report["comparison"]["metrics"][name]["difference"]
        axes.plot([100 * difference["low"], 100 * difference["high"]], [row, row], color=INK, linewidth=2)
        axes.plot([100 * difference["value"]], [row], marker="o", color=INK)
    axes.set(yticks=range(len(names)), ylim=(len(names) - 0.5, -0.5))
    axes.set_yticklabels([SHARES[name] for name in names])
    axes.set_xlabel("← PyTorch better | percentage points | TensorFlow better →")
    return _svg(figure, axes, "Differences, TensorFlow minus PyTorch, with 95 % intervals", "differences")


SHARES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
}


def seeds(report: Mapping[str, Any]) -> Markup:
    """Plot the accuracy of each training run; return an empty string if the report has no seeds."""
    if not report["seeds"]:
        return Markup("")
    accuracy = report["seeds"]["metrics"]["accuracy"]
    figure = _figure(6.4, 2.4)
    axes = figure.add_subplot()
    for row, (framework, color) in enumerate(COLORS.items()):
        runs = [100 * run for run in accuracy[f"{framework.lower()}_runs"] if run is not None]
        axes.plot(runs, [row] * len(runs), linestyle="", marker="o", alpha=0.7, color=color)
    axes.set(yticks=range(len(COLORS)), ylim=(len(COLORS) - 0.5, -0.5), xlabel="accuracy, %")
    axes.set_yticklabels(list(COLORS))
    return _svg(figure, axes, "Accuracy of the training with each seed", "seeds")


def _defined(report: Mapping[str, Any], name: str) -> bool:
    compared = report["comparison"]["metrics"].get(name)
    return compared is not None and None not in (compared["difference"][key] for key in ("value", "low", "high"))


def _with_intervals(axes, xs: Sequence[float], estimates: Sequence[Mapping[str, Any]], color: str, label: str) -> None:
    known = [(x, estimate) for x, estimate in zip(xs, estimates, strict=True) if estimate["value"] is not None]
    axes.plot([x for x, _ in known], [estimate["value"] for _, estimate in known], marker="o", color=color, label=label)
    for x, estimate in known:
        if estimate["low"] is not None and estimate["high"] is not None:
            axes.plot([x, x], [estimate["low"], estimate["high"]], color=color, alpha=0.4, linewidth=1)


def _figure(width: float, height: float):
    # pyplot is avoided because its global state is not thread-safe. The import is late because it takes half a second.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="tight")
    figure.patch.set_visible(False)
    return figure


def _svg(figure, axes, title: str, name: str) -> Markup:
    import matplotlib

    axes.patch.set_visible(False)
    axes.set_title(title, color=INK, fontsize=11, parse_math=False)
    axes.tick_params(colors=INK, labelsize=9)
    for text in (axes.xaxis.label, axes.yaxis.label):
        text.set_color(INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(INK)
    if axes.get_legend_handles_labels()[1]:
        # The legend goes below the axes, where it hides no point.
        axes.legend(frameon=False, labelcolor=INK, fontsize=9, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    # These settings apply to the whole process, and every call sets them to the same values.
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["svg.hashsalt"] = "bakeoff"
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(INK, "currentColor")
    # Several drawings share a page, and an id must be unique within a page.
    drawing = GROUP_ID.sub(r"\1", drawing)
    drawing = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", drawing)
    return Markup(drawing.replace("<svg", f'<svg role="img" aria-label="{title}"', 1))
