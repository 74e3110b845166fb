"""Explanations as HTML: the text with its words coloured, and bars of the heaviest words, on one scale for all models.

Fragments for a page that is trusted with nothing: every character of the input is escaped by the templates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bakeoff.common import html_page
from explain.lime_text.explanation import Explanation, Part
from explain.lime_text.units import words

BARS = 10  # words of each model


@dataclass(frozen=True)
class Piece:
    """A stretch of the text.

    Attributes:
        text: its characters.
        kind: "word", "passage" (not looked into), "unread" (beyond the model's window) or "plain" (between words).
        side: "for" or "against" the class; empty for what has no weight.
        strength: its weight's share of the scale, 0 to 1.
        clear: whether the weight's interval leaves out 0.
        title: the word and its weight in words.
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
        framework: of the model.
        start: where the bar begins.
        width: how long it is.
        low: where the interval begins; None without one.
        span: how long the interval is.
        weight: as text.
    """

    framework: str
    start: float
    width: float
    low: float | None
    span: float
    weight: str


def side_by_side(explanations: Sequence[Explanation], missing: Sequence[str] = ()) -> Markup:
    """The highlighted texts with their badges and a legend.

    Args:
        explanations: one a model, of one text.
        missing: frameworks whose model is not ready.
    """
    top = scale(explanations)
    columns = [(each, list(pieces(each, top))) for each in explanations]
    return _fragment(
        "explain/pages/texts.html.j2",
        columns=columns,
        missing=missing,
        scale=signed(top, explanations[0].target),
        target=explanations[0].target,
        passages=any(piece.kind == "passage" for _, found in columns for piece in found),
        unread=any(piece.kind == "unread" for _, found in columns for piece in found),
        one_class=len({each.label for each in explanations}) == 1,
    )


def pieces(explanation: Explanation, top: float) -> Iterator[Piece]:
    """The text in stretches that make it up, in order.

    Args:
        explanation: whose weights colour it.
        top: the weight of full strength.
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
    """The largest absolute weight of a word in any of the explanations; of a passage where no word was looked at."""
    parts = [part for each in explanations for part in each.parts]
    return max((abs(part.weight) for part in [part for part in parts if not is_passage(part)] or parts), default=0.0)


def is_passage(part: Part) -> bool:
    """Whether it is a passage that was not looked into."""
    return words(part.name) != [part.name]


def bars(explanations: Sequence[Explanation], colors: Mapping[str, str], names: Sequence[str] = ()) -> Markup:
    """Bars of the heaviest words.

    Args:
        explanations: one a model, of one text.
        colors: of each framework, as CSS.
        names: the words to show; by default those that are among the heaviest of any model.
    """
    by_name = [{part.name: part for part in each.parts} for each in explanations]
    names = names or _heaviest_of_any(explanations)
    shown = [part for parts in by_name for name, part in parts.items() if name in names]
    reach = max((max(map(abs, _ends(part))) for part in shown), default=0.0) or 1.0
    rows = [
        (name, [_bar(each, parts[name], reach) for each, parts in zip(explanations, by_name, strict=True)])
        for name in names
    ]
    return _fragment("explain/pages/bars.html.j2", rows=rows, colors=colors, explanations=explanations)


def signed(weight: float, target: str) -> str:
    """A weight as text, such as +1.27 of log-odds or −0.012 of probability."""
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
    for each in explanations:
        for part in each.heaviest(BARS):
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
