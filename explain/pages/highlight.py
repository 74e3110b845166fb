"""Render explanations as HTML: the text with colored words, and bars of the heaviest words.

All models share one scale. The fragments are safe to embed: the templates escape every character of the input.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bakeoff.common import html_page
from explain.lime_text.explanation import Explanation, Part
from explain.lime_text.units import words

BARS = 10  # number of words with bars, from each model


@dataclass(frozen=True)
class Piece:
    """A piece of the text.

    Attributes:
        text: Characters of the piece.
        kind: "word", "passage" (not split into words), "unread" (beyond the model's window) or "plain" (between words).
        side: "for" or "against" the class; empty for a piece without weight.
        strength: Share of the scale that the weight takes, 0 to 1.
        clear: Whether the weight's 95 % interval excludes 0.
        title: Tooltip with the word and its weight.
    """

    text: str
    kind: str = "plain"
    side: str = ""
    strength: float = 0.0
    clear: bool = False
    title: str = ""


@dataclass(frozen=True)
class Bar:
    """One model's weight of one word, in percent of the track's width.

    Attributes:
        framework: Framework of the model.
        start: Start of the bar.
        width: Length of the bar.
        low: Start of the interval; None without an interval.
        span: Length of the interval.
        weight: Weight as text.
    """

    framework: str
    start: float
    width: float
    low: float | None
    span: float
    weight: str


def side_by_side(explanations: Sequence[Explanation], missing: Sequence[str] = ()) -> Markup:
    """Render the highlighted texts with their badges and a legend.

    Args:
        explanations: One explanation per model, all of one text.
        missing: Frameworks whose model is not ready.
    """
    top = scale(explanations)
    columns = [(explanation, list(pieces(explanation, top))) for explanation in explanations]
    kinds = {piece.kind for _, row in columns for piece in row}
    return _fragment(
        "explain/pages/texts.html.j2",
        columns=columns,
        missing=missing,
        scale=signed(top, explanations[0].target),
        target=explanations[0].target,
        passages="passage" in kinds,
        unread="unread" in kinds,
        one_class=len({explanation.label for explanation in explanations}) == 1,
    )


def pieces(explanation: Explanation, top: float) -> Iterator[Piece]:
    """Split the text into pieces, in order.

    Args:
        explanation: The explanation whose weights color the text.
        top: The weight that is shown at full strength.
    """
    text, position = explanation.text, 0
    spans = sorted(((start, part) for part in explanation.parts for start in part.starts), key=lambda span: span[0])
    for start, part in spans:
        if start > position:
            yield Piece(text[position:start])
        position = start + len(part.name)
        yield _piece(part, text[start:position], top, explanation.target)
    if explanation.read > position:
        yield Piece(text[position : explanation.read])
    if explanation.read < len(text):
        yield Piece(text[explanation.read :], "unread", title="not read by the model")


def scale(explanations: Sequence[Explanation]) -> float:
    """Return the largest absolute weight of a word in any explanation, or of a passage if there are no words."""
    parts = [part for explanation in explanations for part in explanation.parts]
    return max((abs(part.weight) for part in [part for part in parts if not is_passage(part)] or parts), default=0.0)


def is_passage(part: Part) -> bool:
    """Return whether the part is a passage that was not split into words."""
    return words(part.name) != [part.name]


def bars(explanations: Sequence[Explanation], colors: Mapping[str, str], names: Sequence[str] = ()) -> Markup:
    """Render bars of the heaviest words.

    Args:
        explanations: One explanation per model, all of one text.
        colors: Color of each framework, as CSS.
        names: The words to show; by default those among the heaviest of any model.
    """
    by_name = [{part.name: part for part in explanation.parts} for explanation in explanations]
    names = names or _heaviest_of_any(explanations)
    shown = [part for parts in by_name for name, part in parts.items() if name in names]
    reach = max((max(map(abs, _ends(part))) for part in shown), default=0.0) or 1.0
    rows = [
        (
            name,
            [_bar(explanation, parts[name], reach) for explanation, parts in zip(explanations, by_name, strict=True)],
        )
        for name in names
    ]
    return _fragment("explain/pages/bars.html.j2", rows=rows, colors=colors, explanations=explanations)


def signed(weight: float, target: str) -> str:
    """Format a weight, such as +1.27 for log-odds or −0.012 for probability."""
    return f"{weight:+.{3 if target == 'probability' else 2}f}".replace("-", "−")


def _piece(part: Part, text: str, top: float, target: str) -> Piece:
    interval = "" if part.low is None else f", 95 % interval {signed(part.low, target)} to {signed(part.high, target)}"
    passage = is_passage(part)
    name = "this passage" if passage else part.name
    times = f" ({len(part.starts)} times)" if len(part.starts) > 1 else ""
    return Piece(
        text,
        kind="passage" if passage else "word",
        side="for" if part.weight > 0 else "against" if part.weight < 0 else "",
        strength=min(abs(part.weight) / top, 1.0) if top > 0 else 0.0,
        clear=part.clear,
        title=f"{name}{times}: {signed(part.weight, target)}{interval}",
    )


def _heaviest_of_any(explanations: Sequence[Explanation]) -> list[str]:
    weights: dict[str, float] = {}
    for explanation in explanations:
        for part in explanation.heaviest(BARS):
            weights[part.name] = max(weights.get(part.name, 0.0), abs(part.weight))
    return sorted(weights, key=lambda name: -weights[name])


def _bar(explanation: Explanation, part: Part, reach: float) -> Bar:
    def at(weight: float) -> float:
        return 50 + 50 * weight / reach

    low, high = _ends(part)
    return Bar(
        framework=explanation.framework,
        start=min(50.0, at(part.weight)),
        width=abs(at(part.weight) - 50),
        low=None if part.low is None else at(low),
        span=at(high) - at(low),
        weight=signed(part.weight, explanation.target),
    )


def _ends(part: Part) -> tuple[float, float]:
    return (part.weight, part.weight) if part.low is None else (min(part.low, part.weight), max(part.high, part.weight))


def _fragment(template: str, **values) -> Markup:
    return Markup(html_page.render(template, signed=signed, **values))
