"""Draw deletion curves as an inline SVG, and list the numbers shown beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from bakeoff.common import html_page
from explain.agreement import Agreement
from explain.faithfulness import Curve, Faithfulness
from explain.lime_text.explanation import Explanation

WIDTH, HEIGHT = 640, 300  # size of the drawing, in SVG units
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 40  # margins of the drawing, in SVG units


@dataclass(frozen=True)
class Line:
    """A curve to draw.

    Attributes:
        name: Name in the legend.
        color: Color as CSS.
        dashed: Whether the curve is the random baseline.
        points: Positions (x, y) of the points, in SVG units.
        titles: Tooltip of each point.
    """

    name: str
    color: str
    dashed: bool
    points: tuple[tuple[float, float], ...]
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Axis:
    """A linear scale from values to positions in SVG units.

    Attributes:
        low: Value at `start`.
        high: Value at `end`.
        start: Position of `low`.
        end: Position of `high`.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the position of a value."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Return the positions and texts of about five round values."""
        rough = (self.high - self.low) / 5
        size = 10.0 ** np.floor(np.log10(rough))
        step = size * next(factor for factor in (1, 2, 5, 10) if factor * size >= rough)
        values = np.arange(np.ceil(self.low / step), np.floor(self.high / step) + 1) * step
        return [(self.at(value), f"{value + 0.0:g}".replace("-", "−")) for value in values]


def deletion_plot(
    explanations: Sequence[Explanation], measured: Sequence[Faithfulness], colors: Mapping[str, str]
) -> Markup:
    """Plot the log-odds of the explained class as words are removed, heaviest first and in random order.

    Args:
        explanations: One explanation per model.
        measured: The faithfulness of each explanation.
        colors: Color of each framework, as CSS.
    """
    curves = [curve for faithfulness in measured for curve in (faithfulness.deletion, faithfulness.random)]
    values = [value for curve in curves for value in curve.log_odds]
    spare = 0.05 * (max(values) - min(values)) or 1.0
    across = Axis(0, max(max(curve.removed) for curve in curves) or 1, LEFT, WIDTH - RIGHT)
    up = Axis(min(values) - spare, max(values) + spare, HEIGHT - BOTTOM, TOP)
    lines = []
    for explanation, faithfulness in zip(explanations, measured, strict=True):
        color = colors[explanation.framework]
        name = f"{explanation.framework}, {explanation.label}"
        lines.append(_line(f"{name}: words that support it first", color, False, faithfulness.deletion, across, up))
        lines.append(_line(f"{name}: in random order", color, True, faithfulness.random, across, up))
    return Markup(
        html_page.render("explain/pages/curves.html.j2", lines=lines, across=across, up=up, width=WIDTH, height=HEIGHT)
    )


def numbers(agreement: Agreement | None, measured: Mapping[str, Faithfulness]) -> list[tuple[str, str, str]]:
    """List the name, value and meaning of each measured number.

    Args:
        agreement: Agreement of both models' explanations; None for one explanation or for different classes.
        measured: Faithfulness by framework.
    """
    rows = []
    if agreement is not None:
        rows += [
            (f"same words in the top {agreement.top}", _share(agreement.overlap), "1: both rely on the same words"),
            ("rank correlation of the weights", _share(agreement.rank_correlation), "1: same order; 0: unrelated"),
            ("same sign among the top words", _share(agreement.sign_agreement), "1: no word pulls both ways"),
        ]
    for framework, faithfulness in measured.items():
        without, alone = faithfulness.comprehensiveness["log-odds"], faithfulness.sufficiency["log-odds"]
        rows += [
            (
                f"{framework}: comprehensiveness",
                f"{without:.2f}",
                "log-odds lost without the top words; higher is better",
            ),
            (f"{framework}: sufficiency", f"{alone:.2f}", "log-odds lost with only the top words; lower is better"),
        ]
    return [(name, value.replace("-", "−", 1) if value[0] == "-" else value, meaning) for name, value, meaning in rows]


def numbers_table(rows: Sequence[tuple[str, str, str]], note: str = "") -> Markup:
    """Render `numbers` as an HTML table with a note below it."""
    return Markup(html_page.render("explain/pages/numbers.html.j2", rows=rows, note=note))


def _share(estimate) -> str:
    return str(estimate) if estimate.value is None else f"{estimate.value:.2f}"


def _line(name: str, color: str, dashed: bool, curve: Curve, across: Axis, up: Axis) -> Line:
    pairs = list(zip(curve.removed, curve.log_odds, strict=True))
    return Line(
        name=name,
        color=color,
        dashed=dashed,
        points=tuple((across.at(removed), up.at(value)) for removed, value in pairs),
        titles=tuple(f"{name}: without {removed} words {value:.2f}" for removed, value in pairs),
    )
