"""The tab Decide recommends a framework by the team's own weights and shows how certain the recommendation is.

It measures nothing and stores nothing: weights are kept in the page and in links.
"""

import functools
import io
import json
import zipfile
from collections.abc import Callable
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
from decide.criteria.weighting import Weighting
from decide.evidence import caveats
from decide.pages import view
from decide.report import Opened
from eval.report import provenance
from service.work.model_loader import ModelLoader
from tabs.common import save, shows_errors
from tabs.decide_layout import Panel, build_panel, notice_html
from tabs.decide_values import TabValues, preset_of

OWN = "own"
NO_DECISION = (
    "There is no decision yet. Make one with `bakeoff decide`, then start the app with `--decision FILE`. FILE may "
    "also be a folder of reports."
)
# These events skip the queue. Gradio shows no errors of such events, so their handlers show them on the page.
UNQUEUED: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
CLICK_BUNDLE = "() => document.querySelector('#decision-bundle').click()"


def build_decide_tab(
    loader: ModelLoader, demo: gr.Blocks, tabs: gr.Tabs, tab: gr.Tab, evidence: Path | None = None
) -> None:
    """Lay out the tab and connect its events. It is filled when it is selected or when a link with weights is opened.

    Args:
        loader: The loader of the models that a decision may be about.
        demo: The page, whose address may carry weights.
        tabs: The group of tabs in which this tab has the id "decide".
        tab: The tab to build in.
        evidence: A decision, or a folder of reports to make one from; None to offer published decisions only.
    """
    panel = build_panel(decision_names(evidence), OWN)
    handlers = Handlers(loader, evidence, tabs, panel)
    move, weigh, open_decision = map(panel.reads, (handlers.move, handlers.weigh, handlers.open))
    inputs, sliders, moving, lasting = panel.inputs(), panel.sliders(), panel.moving(), panel.lasting()
    moves = [slider.input(move, inputs, moving, trigger_mode="always_last", **UNQUEUED) for slider in sliders]
    use_preset, with_preset = panel.reads(handlers.use_preset), {panel.preset, *inputs}
    moves.append(panel.preset.input(use_preset, with_preset, [*moving, *sliders], **UNQUEUED))
    moves.append(panel.load.upload(handlers.use_file, [panel.load, panel.choice], [*moving, *sliders], **UNQUEUED))
    for moved in moves:
        moved.success(weigh, inputs, [panel.alert, panel.matrix], **UNQUEUED)
    for event in (tab.select, panel.choice.input):
        event(open_decision, inputs, [*moving, *lasting], **UNQUEUED)
    demo.load(handlers.use_link, panel.choice, [tabs, panel.choice, *sliders, *moving, *lasting], **UNQUEUED)
    bundled = panel.make.click(panel.reads(handlers.make_bundle), inputs, panel.bundle, api_visibility="private")
    bundled.success(None, None, None, js=CLICK_BUNDLE)
    gr.api(decide_of(loader, evidence), api_name="decide")


def says_errors(handler: Callable) -> Callable:
    """Wrap a method of Handlers so that the sentence of a BakeoffError is shown above the recommendation."""

    @functools.wraps(handler)
    def wrapped(self, *args):
        try:
            return handler(self, *args)
        except BakeoffError as error:
            return {self.panel.alert: notice_html(str(error))}

    return wrapped


class Handlers:
    """The handlers of the tab's events. Each one returns the components that change, with their new values.

    Args:
        loader: The loader of the models that a decision may be about.
        evidence: A decision, or a folder of reports to make one from; None to offer published decisions only.
        tabs: The group of tabs in which this tab has the id "decide".
        panel: The components of the tab.
    """

    def __init__(self, loader: ModelLoader, evidence: Path | None, tabs: gr.Tabs, panel: Panel):
        self.loader, self.evidence, self.tabs, self.panel = loader, evidence, tabs, panel

    @says_errors
    def move(self, values: TabValues) -> dict[Component, Any]:
        """Show the recommendation and its plots for the current sliders."""
        return self._shown(values.evidence, values.weighting()) | {self.panel.alert: ""}

    @says_errors
    def weigh(self, values: TabValues) -> dict[Component, Any]:
        """Show the matrix, which has a column for the weights."""
        return self.panel.weigh(open_choice(self.evidence, values.evidence), values.weighting())

    @says_errors
    def open(self, values: TabValues) -> dict[Component, Any]:
        """Show the whole decision. An earlier error, such as a bad link, stays visible."""
        return self._opened(values.evidence, values.weighting())

    @says_errors
    def use_preset(self, values: TabValues) -> dict[Component, Any]:
        """Set the sliders to a preset, and show what moves with them. "Your own weights" leaves the sliders alone."""
        weighting = presets.PRESETS.get(values.preset or "") or values.weighting()
        return self.panel.set_values(weighting) | self._shown(values.evidence, weighting) | {self.panel.alert: ""}

    @says_errors
    def use_file(self, path: str | None, choice: str | None) -> dict[Component, Any]:
        """Set the sliders to the weights of a file, and show what moves with them."""
        weighting = decision_weighting.read(Path(path or ""))
        return self.panel.set_values(weighting) | self._shown(choice, weighting) | {self.panel.alert: ""}

    def use_link(self, choice: str | None, request: gr.Request) -> dict[Component, Any]:
        """Select this tab with the weights of the page's address; change nothing if the address carries none."""
        query = str(request.query_params or "")
        if f"{decision_weighting.PARAMETER}=" not in query:
            return {self.tabs: gr.skip()}
        return {self.tabs: gr.Tabs(selected="decide")} | self._open_link(choice, query)

    @says_errors
    def _open_link(self, choice: str | None, query: str) -> dict[Component, Any]:
        weighting = decision_weighting.from_query(query)
        if weighting is None:  # the parameter's name was part of another value
            return {}
        choice = decision_weighting.evidence_of(query) or choice
        if choice:
            open_choice(self.evidence, choice)  # raises if this page has no decision of that name
        # Rebuild from the slider values: selecting the tab fires its own event, which does the same.
        shown = self._opened(choice, TabValues.of(weighting).weighting())
        return {self.panel.choice: choice} | self.panel.set_values(weighting) | shown

    def _shown(self, choice: str | None, weighting: Weighting) -> dict[Component, Any]:
        if not choice:
            return self.panel.empty(NO_DECISION)
        opened = open_choice(self.evidence, choice)
        others = notice(self.loader, opened)
        return self.panel.move(choice, opened, weighting, others) | {self.panel.preset: preset_of(weighting)}

    def _opened(self, choice: str | None, weighting: Weighting) -> dict[Component, Any]:
        shown = self._shown(choice, weighting)
        if not choice:
            return shown
        opened = open_choice(self.evidence, choice)
        return shown | self.panel.weigh(opened, weighting) | self.panel.fill(opened)

    @shows_errors
    def make_bundle(self, values: TabValues) -> str:
        """Write the evidence bundle and return its path."""
        opened = open_choice(self.evidence, values.evidence)
        content = bundle(opened, values.weighting(), notice(self.loader, opened))
        return save(content, f"bakeoff-decision-{opened.document['id']}.zip", self.panel.bundle.GRADIO_CACHE)


def decision_names(evidence: Path | None) -> list[str]:
    """Return the names of the decisions to choose from: the operator's own first, then the published ones."""
    return [*([OWN] if evidence else []), *report.published()]


def open_choice(evidence: Path | None, choice: Any) -> Opened:
    """Open the chosen decision.

    Raises:
        InputError: There is no decision of this name.
        ReportError: Its file is not a decision.
    """
    published = report.published()
    if choice == OWN and evidence is not None:
        return report.open_decision(evidence)
    if isinstance(choice, str) and choice in published:
        return report.open_decision(published[choice])
    raise InputError(f"There is no such decision: choose one of {', '.join(decision_names(evidence)) or 'none'}.")


def notice(loader: ModelLoader, opened: Opened) -> str:
    """Name the loaded models that are not the measured ones; return "" if all are, or while models still load."""
    try:
        pair = loader.pair()
    except ModelError:
        return ""
    return caveats.other_models(opened.document, provenance.digests(pair))


def bundle(opened: Opened, weighting: Weighting, other_models: str) -> bytes:
    """Return the evidence bundle as a zip archive: the page to print, the decision as JSON, and the weights."""
    document = report.marked(opened.with_weights(weighting), other_models)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(decision.HTML_FILE, view.render(document))
        archive.writestr(decision.JSON_FILE, json_text(document))
        archive.writestr("weights.json", json_text(weighting.to_json()))
    return content.getvalue()


def decide_of(loader: ModelLoader, evidence: Path | None) -> Callable[[str, str], dict]:
    """Return the function that the API calls `decide`."""

    def decide(weights: str = presets.DEFAULT, name: str = "") -> dict:
        """Apply weights, a preset's name or a weighting as JSON text, to a decision; return the recommendation."""
        names = decision_names(evidence)
        opened = open_choice(evidence, name or (names[0] if names else None))
        preset = presets.PRESETS.get(weights)
        return opened.result(preset or decision_weighting.check(_parsed(weights), "the weighting")) | {
            "decision": opened.document["id"],
            "decisions": names,
            "other_models": notice(loader, opened),
        }

    return shows_errors(decide)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text[: decision_weighting.MAX_BYTES])
    except (ValueError, RecursionError) as error:
        known = ", ".join(presets.PRESETS)
        raise InputError(
            f"The weights are not valid: expected one of {known}, or a weighting as JSON ({error})."
        ) from error
