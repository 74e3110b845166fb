"""Explanations at a terminal: the coloured text, the top words of both models, and whether to believe them."""

from collections.abc import Sequence

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from explain.agreement import agree
from explain.difference import apart, compare
from explain.lime_text import Explanation
from html_page import printable

FOR, AGAINST, UNREAD = (13, 148, 136), (234, 88, 12), "grey50"
BADGES = {"stable": "bold green", "indicative": "bold yellow", "not to be trusted": "bold red"}
SHADES = 4  # of a colour: more can't be told apart in a terminal


def show(console: Console, explanations: Sequence[Explanation], top: int = 10) -> None:
    """Print each model's text in colours, then the top words of all, then how alike the explanations are."""
    scale = max((abs(part.weight) for each in explanations for part in each.parts), default=0.0)
    for each in explanations:
        console.print(_heading(each))
        console.print(highlighted(each, scale))
        console.print()
    if len(explanations) == 2:
        console.print(_both(*explanations, top))
        console.print(_agreement(*explanations, top))
    else:
        console.print(_one(explanations[0], top))


def highlighted(explanation: Explanation, scale: float) -> Text:
    """The text with words that speak for the class in teal, against it in orange; the heaviest weigh `scale`."""
    text = Text(printable(explanation.text))
    for part in explanation.parts:
        style = _style(part.weight, scale)
        for start in part.starts:
            text.stylize(style, start, start + len(part.name))
    if explanation.read < len(explanation.text):
        text.stylize(UNREAD, explanation.read)
        text.append(f"\n(grey: not read by {explanation.framework}, which stops after {explanation.read:,} characters)")
    return text


def _style(weight: float, scale: float) -> str:
    shade = round(SHADES * abs(weight) / scale) if scale else 0
    if not shade:
        return ""
    colour = FOR if weight > 0 else AGAINST
    mixed = [round(255 + (part - 255) * shade / SHADES) for part in colour]
    return f"black on rgb({mixed[0]},{mixed[1]},{mixed[2]})"


def _heading(explanation: Explanation) -> Group:
    answer = f"{explanation.framework} says {explanation.predicted}"
    why = f"; the words for {explanation.label} (probability {explanation.probability:.3f})"
    if explanation.against:
        why += f" against {explanation.against}"
    badge = Text(explanation.trust.level, BADGES[explanation.trust.level]).append(f": {explanation.trust.reason}", "")
    return Group(Text(printable(answer + why), "bold"), badge)


def _both(first: Explanation, second: Explanation, top: int) -> Table:
    rows = compare(first, second)
    table = Table("word", title=f"What each word adds to the {first.target} (95 % interval)", title_justify="left")
    for name in (first.framework, second.framework, f"{second.framework} minus {first.framework}"):
        table.add_column(name, justify="right")
    heaviest = sorted(rows, key=lambda row: -max(abs(row.first.weight), abs(row.second.weight)))[:top]
    for row in heaviest:
        cells = [_cell(part.weight, part.low, part.high) for part in (row.first, row.second)]
        table.add_row(_name(row.name), *cells, _cell(row.value, row.low, row.high))
    pushing = [row.name for row in apart(rows, top) if row.clear]
    said = ", ".join(pushing) if pushing else "none, beyond what chance explains"
    table.caption = printable(f"Words that push the two apart: {said}.")
    table.caption_justify = "left"
    return table


def _one(explanation: Explanation, top: int) -> Table:
    table = Table(
        "word", title=f"What each word adds to the {explanation.target} (95 % interval)", title_justify="left"
    )
    table.add_column(explanation.framework, justify="right")
    for part in explanation.heaviest(top):
        table.add_row(_name(part.name), _cell(part.weight, part.low, part.high))
    return table


def _agreement(first: Explanation, second: Explanation, top: int) -> Text:
    found = agree(first, second, top)
    return Text(
        f"Of the top {found.top} words, share in common: {found.overlap}; rank correlation of all words: "
        f"{found.rank_correlation}; same sign among the top words: {found.sign_agreement}."
    )


def _cell(value: float, low: float | None, high: float | None) -> str:
    return f"{value:+.2f}" if low is None or high is None else f"{value:+.2f} \\[{low:+.2f}, {high:+.2f}]"


def _name(name: str) -> Text:
    return Text(printable(name if len(name) <= 40 else f"{name[:39]}…").replace("\n", " "))
