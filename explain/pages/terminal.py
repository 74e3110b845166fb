"""Print explanations in a terminal: the colored text, the top words of both models, and how far to trust them."""

from collections.abc import Sequence

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from bakeoff.common.html_page import printable
from explain.difference import apart, compare
from explain.findings import Findings
from explain.lime_text.explanation import Explanation, Part
from explain.table import comparable

FOR, AGAINST, UNREAD = (13, 148, 136), (234, 88, 12), "grey50"
BADGES = {"stable": "bold green", "indicative": "bold yellow", "not to be trusted": "bold red"}
SHADES = 4  # shades per color; more can't be distinguished in a terminal


def show(console: Console, findings: Findings, top: int = 10) -> None:
    """Print each model's text in color, then the top words of all models, then the explanations' agreement."""
    explanations = findings.explanations
    scale = max((abs(part.weight) for explanation in explanations for part in explanation.parts), default=0.0)
    for explanation in explanations:
        console.print(_heading(explanation))
        console.print(highlighted(explanation, scale))
        console.print()
    console.print(_table(explanations, top, findings.by_difference))
    if findings.agreement:
        console.print(_agreement(findings))
    elif len(explanations) == 2:
        console.print(Text("The models answer differently: use --label or --disagreement to compare them."))
    for name, measured in findings.measured.items():
        drop, kept = measured.comprehensiveness["log-odds"], measured.sufficiency["log-odds"]
        console.print(
            Text(f"{name}: the log-odds fall by {drop:.2f} without the top words, and by {kept:.2f} with only them.")
        )


def highlighted(explanation: Explanation, scale: float) -> Text:
    """Color words that support the class in teal and words that oppose it in orange; `scale` has full color."""
    text = Text(printable(explanation.text))
    for part in explanation.parts:
        style = _style(part.weight, scale)
        for start in part.starts:
            text.stylize(style, start, start + len(part.name))
    if explanation.read < len(explanation.text):
        text.stylize(UNREAD, explanation.read)
        text.append(f"\n(gray: not read by {explanation.framework}, which stops after {explanation.read:,} characters)")
    return text


def _style(weight: float, scale: float) -> str:
    shade = round(SHADES * abs(weight) / scale) if scale else 0
    if not shade:
        return ""
    color = FOR if weight > 0 else AGAINST
    mixed = [round(255 + (channel - 255) * shade / SHADES) for channel in color]
    return f"black on rgb({mixed[0]},{mixed[1]},{mixed[2]})"


def _heading(explanation: Explanation) -> Group:
    answer = f"{explanation.framework} says {explanation.predicted}"
    why = f"; the words for {explanation.label} (probability {explanation.probability:.3f})"
    if explanation.against:
        why += f" against {explanation.against}"
    badge = Text(explanation.trust.level, BADGES[explanation.trust.level]).append(f": {explanation.trust.reason}", "")
    return Group(Text(printable(answer + why), "bold"), badge)


def _table(explanations: Sequence[Explanation], top: int, by_difference: bool) -> Table:
    """Tabulate the heaviest words of any model, or the words that most push the two models apart."""
    table = Table("word", title=f"What each word adds to the {explanations[0].target} (95 % interval)")
    table.title_justify = "left"
    for explanation in explanations:
        table.add_column(Text(printable(f"{explanation.framework}, {explanation.label}")), justify="right")
    cells = [
        [_weight(part) for part in parts]
        for parts in zip(*(explanation.parts for explanation in explanations), strict=True)
    ]
    heaviest = [max(abs(explanation.parts[row].weight) for explanation in explanations) for row in range(len(cells))]
    order = sorted(range(len(cells)), key=lambda row: -heaviest[row])
    if comparable(explanations):
        rows = compare(*explanations)
        table.add_column(f"{explanations[1].framework} minus {explanations[0].framework}", justify="right")
        cells = [[*weights, _cell(row.value, row.low, row.high)] for weights, row in zip(cells, rows, strict=True)]
        if by_difference:
            order = [rows.index(row) for row in apart(rows, top)]
        pushing = ", ".join(row.name for row in apart(rows, top) if row.clear)
        table.caption = Text(printable(f"Words that push the two models apart: {pushing or 'none beyond chance'}."))
        table.caption_justify = "left"
    for row in order[:top]:
        table.add_row(_name(explanations[0].parts[row].name), *cells[row])
    return table


def _weight(part: Part) -> str:
    return _cell(part.weight, part.low, part.high)


def _agreement(findings: Findings) -> Text:
    agreement = findings.agreement
    return Text(
        f"Of the top {agreement.top} words, share in common: {agreement.overlap}; rank correlation of all words: "
        f"{agreement.rank_correlation}; same sign among the top words: {agreement.sign_agreement}."
    )


def _cell(value: float, low: float | None, high: float | None) -> str:
    return f"{value:+.2f}" if low is None or high is None else f"{value:+.2f} \\[{low:+.2f}, {high:+.2f}]"


def _name(name: str) -> Text:
    return Text(printable(name if len(name) <= 40 else f"{name[:39]}…").replace("\n", " "))
