"""Tab Decide: which framework, by the team's own weights, and how sure that is.

Nothing is measured here and nothing is kept: weights live in the page and in links.
"""

import functools
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from bakeoff.common.errors import BakeoffError, InputError, ModelError
from bakeoff.common.files import json_text
from decide import __main__ as decision
from decide import report
from decide.criteria import presets
from decide.criteria import weighting as decision_weighting
from decide.criteria.criteria import CRITERIA, OPINIONS
from decide.criteria.weighting import Weighting
from decide.evidence import caveats
from decide.pages import view
from decide.report import Opened
from eval.report import provenance
from service.work.model_loader import ModelLoader
from tabs.common import save, shows_errors
from tabs.decide_layout import NOT_SET, OWN_WEIGHTS, Panel, build_panel, notice_html

OWN = "own"
NO_DECISION = (
    "No decision is here. Make one with `bakeoff decide` and start the app with `--decision FILE`, or with a "
    "folder of reports in its place."
)
# Each runs as soon as it is asked for. Gradio shows no error of such events: they say theirs on the page.
AT_ONCE: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
CLICK_BUNDLE = "() => document.querySelector('#decision-bundle').click()"


def build_decide_tab(
    loader: ModelLoader, demo: gr.Blocks, tabs: gr.Tabs, tab: gr.Tab, evidence: Path | None = None
) -> None:
    """Lay out the tab and connect its events; it is filled when it is opened, or when a link with weights is.

    Args:
        loader: has the models that a decision may be about.
        demo: the page, whose address may carry weights.
        tabs: where this tab has the id "decide".
        tab: the one that this is built in.
        evidence: a decision, or a folder of reports that one is made from; None for published ones alone.
    """
    panel = build_panel(decision_names(evidence), OWN)
    does = Handlers(loader, evidence, tabs, panel)
    sliders, inputs, moving = panel.values(), [panel.choice, *panel.values()], panel.moving()
    moves = [slider.input(does.move, inputs, moving, trigger_mode="always_last", **AT_ONCE) for slider in sliders]
    moves.append(panel.preset.input(does.use_preset, [panel.preset, *inputs], [*moving, *sliders], **AT_ONCE))
    moves.append(panel.load.upload(does.use_file, [panel.load, panel.choice], [*moving, *sliders], **AT_ONCE))
    for event in moves:
        event.success(does.weigh, inputs, [panel.alert, panel.matrix], **AT_ONCE)
    for event in (tab.select, panel.choice.input):
        event(does.open, inputs, [*moving, *panel.lasting()], **AT_ONCE)
    demo.load(does.use_link, panel.choice, [tabs, panel.choice, *sliders, *moving, *panel.lasting()], **AT_ONCE)
    made = panel.make.click(does.make_bundle, inputs, panel.bundle, api_visibility="private")
    made.success(None, None, None, js=CLICK_BUNDLE)
    gr.api(decide_of(loader, evidence), api_name="decide")


def says_errors(handler: Callable) -> Callable:
    """Wrap a method of Handlers so that a BakeoffError's sentence stands above the recommendation."""

    @functools.wraps(handler)
    def wrapped(self, *args):
        try:
            return handler(self, *args)
        except BakeoffError as error:
            return {self.panel.alert: notice_html(str(error))}

    return wrapped


class Handlers:
    """What the tab's events do; each returns what changes.

    Args:
        loader: as for `build_decide_tab`.
        evidence: likewise.
        tabs: likewise.
        panel: the tab's components.
    """

    def __init__(self, loader: ModelLoader, evidence: Path | None, tabs: gr.Tabs, panel: Panel):
        self.loader, self.evidence, self.tabs, self.panel = loader, evidence, tabs, panel

    @says_errors
    def move(self, choice: str | None, *values: Any) -> dict[Component, Any]:
        """The recommendation and its plots, for what the sliders show."""
        return self._shown(choice, from_values(values)) | {self.panel.alert: ""}

    @says_errors
    def weigh(self, choice: str | None, *values: Any) -> dict[Component, Any]:
        """The matrix, in which the weights have a column."""
        return self.panel.weigh(open_choice(self.evidence, choice), from_values(values))

    @says_errors
    def open(self, choice: str | None, *values: Any) -> dict[Component, Any]:
        """All of a decision; what went wrong before, such as a link, stays said."""
        return self._opened(choice, from_values(values))

    @says_errors
    def use_preset(self, name: str, choice: str | None, *values: Any) -> dict[Component, Any]:
        """The sliders and what moves with them; "your own weights" leaves them as they are."""
        weighting = presets.PRESETS.get(name) or from_values(values)
        return self.panel.set_values(weighting) | self._shown(choice, weighting) | {self.panel.alert: ""}

    @says_errors
    def use_file(self, path: str | None, choice: str | None) -> dict[Component, Any]:
        """The sliders and what moves with them, from a file."""
        weighting = decision_weighting.read(Path(path or ""))
        return self.panel.set_values(weighting) | self._shown(choice, weighting) | {self.panel.alert: ""}

    def use_link(self, choice: str | None, request: gr.Request) -> dict[Component, Any]:
        """This tab, with the weights of the page's address; nothing where it carries none."""
        query = str(request.query_params or "")
        if f"{decision_weighting.PARAMETER}=" not in query:
            return {self.tabs: gr.skip()}
        return {self.tabs: gr.Tabs(selected="decide")} | self._open_link(choice, query)

    @says_errors
    def _open_link(self, choice: str | None, query: str) -> dict[Component, Any]:
        weighting = decision_weighting.from_query(query)
        if weighting is None:  # the word stood for something else
            return {}
        choice = decision_weighting.evidence_of(query) or choice
        if choice:
            open_choice(self.evidence, choice)  # or a sentence, if this page has none of that name
        # By its values, as the tab will be once more when the page has turned to it.
        shown = self._opened(choice, from_values(to_values(weighting)))
        return {self.panel.choice: choice} | self.panel.set_values(weighting) | shown

    def _shown(self, choice: str | None, weighting: Weighting) -> dict[Component, Any]:
        if not choice:
            return self.panel.empty(NO_DECISION)
        opened = open_choice(self.evidence, choice)
        told = notice(self.loader, opened)
        return self.panel.move(choice, opened, weighting, told) | {self.panel.preset: preset_of(weighting)}

    def _opened(self, choice: str | None, weighting: Weighting) -> dict[Component, Any]:
        shown = self._shown(choice, weighting)
        if not choice:
            return shown
        opened = open_choice(self.evidence, choice)
        return shown | self.panel.weigh(opened, weighting) | self.panel.fill(opened)

    @shows_errors
    def make_bundle(self, choice: str | None, *values: Any) -> str:
        """The path of the archive."""
        opened = open_choice(self.evidence, choice)
        content = bundle(opened, from_values(values), notice(self.loader, opened))
        return save(content, f"bakeoff-decision-{opened.document['id']}.zip", self.panel.bundle.GRADIO_CACHE)


def decision_names(evidence: Path | None) -> list[str]:
    """The decisions to choose from: the operator's own, then the published ones."""
    return [*([OWN] if evidence else []), *report.published()]


def open_choice(evidence: Path | None, choice: Any) -> Opened:
    """The chosen decision.

    Raises:
        InputError: there is none of this name.
        ReportError: its file is none.
    """
    published = report.published()
    if choice == OWN and evidence is not None:
        return report.open_decision(evidence)
    if isinstance(choice, str) and choice in published:
        return report.open_decision(published[choice])
    raise InputError(f"There is no such decision: choose one of {', '.join(decision_names(evidence)) or 'none'}.")


def notice(loader: ModelLoader, opened: Opened) -> str:
    """Which loaded models are not those that were measured; empty where all are, or where it can't be told yet."""
    try:
        pair = loader.pair()
    except ModelError:
        return ""
    return caveats.stale(opened.document, provenance.digests(pair))


def to_values(weighting: Weighting) -> list[float | int | str]:
    """What the sliders and the opinions' menus show of a weighting, in their order."""
    weights = [weighting.weight(criterion.key) for criterion in CRITERIA]
    return [*weights, *(weighting.opinions.get(opinion.key, NOT_SET) for opinion in OPINIONS)]


def from_values(values: Sequence[Any]) -> Weighting:
    """The weighting that they show; a preset's where it is one.

    Raises:
        InputError: one is no number, is out of range, or all are 0.
    """
    weights = {criterion.key: value for criterion, value in zip(CRITERIA, values, strict=False)}
    rated = zip(OPINIONS, values[len(CRITERIA) :], strict=True)
    opinions = {opinion.key: value for opinion, value in rated if value != NOT_SET}
    given = {"kind": "weighting", "name": "your own", "weights": weights, "opinions": opinions}
    weighting = decision_weighting.check(given, "the page")
    return presets.PRESETS.get(preset_of(weighting), weighting)


def preset_of(weighting: Weighting) -> str:
    """The key of the preset with these weights, else OWN_WEIGHTS."""
    values = to_values(weighting)
    found = (key for key, preset in presets.PRESETS.items() if to_values(preset) == values)
    return next(found, OWN_WEIGHTS)


def bundle(opened: Opened, weighting: Weighting, stale: str) -> bytes:
    """The evidence bundle as a zip archive: the page to print, the JSON beside it, and the weights."""
    made = report.marked(opened.with_weights(weighting), stale)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(decision.HTML_FILE, view.render(made))
        archive.writestr(decision.JSON_FILE, json_text(made))
        archive.writestr("weights.json", json_text(weighting.to_json()))
    return out.getvalue()


def decide_of(loader: ModelLoader, evidence: Path | None) -> Callable[[str, str], dict]:
    """The API's function."""

    def decide(weights: str = presets.DEFAULT, name: str = "") -> dict:
        """What a weighting makes of a decision: a preset's name, or a weighting as JSON text."""
        names = decision_names(evidence)
        opened = open_choice(evidence, name or (names[0] if names else None))
        preset = presets.PRESETS.get(weights)
        return opened.result(preset or decision_weighting.check(_parsed(weights), "the weighting")) | {
            "decision": opened.document["id"],
            "decisions": names,
            "stale": notice(loader, opened),
        }

    return shows_errors(decide)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text[: decision_weighting.MAX_BYTES])
    except (ValueError, RecursionError) as error:
        known = ", ".join(presets.PRESETS)
        raise InputError(f"That is no weighting: give one of {known}, or a weighting as JSON ({error}).") from error
