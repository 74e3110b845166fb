"""Explanations at a terminal: the coloured text, the top words of both models, and whether to believe them."""

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
SHADES = 4  # of a colour: more can't be told apart in a terminal


def show(console: Console, findings: Findings, top: int = 10) -> None:
    """Print each model's text in colours, then the top words of all, then how alike the explanations are."""
    explanations = findings.explanations
    scale = max((abs(part.weight) for each in explanations for part in each.parts), default=0.0)
    for each in explanations:
        console.print(_heading(each))
        console.print(highlighted(each, scale))
        console.print()
    console.print(_table(explanations, top, findings.by_difference))
    if findings.agreement:
        console.print(_agreement(findings))
    elif len(explanations) == 2:
        console.print(Text("The models answer differently: --label or --disagreement holds them against each other."))
    for name, measured in findings.measured.items():
        drop, kept = measured.comprehensiveness["log-odds"], measured.sufficiency["log-odds"]
        console.print(
            Text(f"{name}: without the top words the log-odds fall by {drop:.2f}; with them alone, {kept:.2f}.")
        )


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


def _table(explanations: Sequence[Explanation], top: int, by_difference: bool) -> Table:
    """The heaviest words of any model, or those that most push two apart."""
    table = Table("word", title=f"What each word adds to the {explanations[0].target} (95 % interval)")
    table.title_justify = "left"
    for each in explanations:
        table.add_column(Text(printable(f"{each.framework}, {each.label}")), justify="right")
    cells = [[_weight(part) for part in parts] for parts in zip(*(each.parts for each in explanations), strict=True)]
    heaviest = [max(abs(each.parts[row].weight) for each in explanations) for row in range(len(cells))]
    order = sorted(range(len(cells)), key=lambda row: -heaviest[row])
    if comparable(explanations):
        rows = compare(*explanations)
        table.add_column(f"{explanations[1].framework} minus {explanations[0].framework}", justify="right")
        cells = [[*found, _cell(row.value, row.low, row.high)] for found, row in zip(cells, rows, strict=True)]
        if by_difference:
            order = [rows.index(row) for row in apart(rows, top)]
        pushing = ", ".join(row.name for row in apart(rows, top) if row.clear)
        table.caption = Text(printable(f"Words that push the two apart: {pushing or 'none, beyond chance'}."))
        table.caption_justify = "left"
    for row in order[:top]:
        table.add_row(_name(explanations[0].parts[row].name), *cells[row])
    return table


def _weight(part: Part) -> str:
    return _cell(part.weight, part.low, part.high)


def _agreement(findings: Findings) -> Text:
    found = findings.agreement
    return Text(
        f"Of the top {found.top} words, share in common: {found.overlap}; rank correlation of all words: "
        f"{found.rank_correlation}; same sign among the top words: {found.sign_agreement}."
    )


def _cell(value: float, low: float | None, high: float | None) -> str:
    return f"{value:+.2f}" if low is None or high is None else f"{value:+.2f} \\[{low:+.2f}, {high:+.2f}]"


def _name(name: str) -> Text:
    return Text(printable(name if len(name) <= 40 else f"{name[:39]}…").replace("\n", " "))
