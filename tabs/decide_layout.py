"""Tab Decide, its components: where they stand on the page, and what each shows of a decision."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import gradio as gr
from gradio.components import Component

from decide.criteria import weighting as decision_weighting
from decide.criteria.criteria import CRITERIA, GROUPS, OPINIONS, RATINGS
from decide.criteria.presets import DEFAULT, PRESETS
from decide.criteria.weighting import MOST, Weighting
from decide.pages import view
from decide.report import Opened

OWN_WEIGHTS = "own"
STEP = 0.5
NOT_SET = "not set"
RATED = [NOT_SET, *((words, rating) for rating, words in RATINGS.items())]


@dataclass(frozen=True, eq=False)
class Panel:
    """What shows a decision, from top to bottom."""

    choice: gr.Dropdown
    alert: gr.HTML  # what went wrong last
    result: gr.HTML
    body: gr.Column
    preset: gr.Radio
    weights: dict[str, gr.Slider]
    opinions: dict[str, gr.Dropdown]
    links: gr.HTML
    load: gr.UploadButton
    make: gr.Button
    bundle: gr.DownloadButton
    plots: gr.HTML
    matrix: gr.HTML
    claims: gr.HTML
    sources: gr.HTML

    def values(self) -> list[Component]:
        """All sliders and menus, in the order of `decide.to_values`."""
        return [
            *(self.weights[criterion.key] for criterion in CRITERIA),
            *(self.opinions[each.key] for each in OPINIONS),
        ]

    def moving(self) -> list[Component]:
        """What moves with the sliders."""
        return [self.alert, self.result, self.body, self.preset, self.links, self.plots]

    def lasting(self) -> list[Component]:
        """What depends on the decision, and on the weights in a column at most."""
        return [self.matrix, self.claims, self.sources]

    def move(self, choice: str, opened: Opened, weighting: Weighting, notice: str) -> dict[Component, Any]:
        """What moves, for a weighting of the evidence `choice`.

        `notice` says which models are others than those that are loaded.
        """
        document, result = opened.document, opened.result(weighting)
        recommendation = view.part("result", document, result)
        return {
            self.result: view.style() + recommendation + view.notice(notice),
            self.body: gr.Column(visible=True),
            self.links: links(weighting, choice),
            self.plots: view.part("plots", document, result),
        }

    def weigh(self, opened: Opened, weighting: Weighting) -> dict[Component, Any]:
        """The matrix, for a weighting."""
        return {self.matrix: view.part("matrix", opened.document, opened.result(weighting))}

    def fill(self, opened: Opened) -> dict[Component, Any]:
        """What no weight changes."""
        document, result = opened.document, opened.document["result"]
        return {
            self.claims: view.part("claims", document, result),
            self.sources: view.part("sources", document, result),
        }

    def empty(self, sentence: str) -> dict[Component, Any]:
        """Nothing but a sentence."""
        return {self.result: notice_html(sentence), self.body: gr.Column(visible=False)}

    def set_values(self, weighting: Weighting) -> dict[Component, Any]:
        """The sliders and menus, set to a weighting."""
        return {slider: weighting.weight(key) for key, slider in self.weights.items()} | {
            menu: weighting.opinions.get(key, NOT_SET) for key, menu in self.opinions.items()
        }


def notice_html(sentence: str) -> str:
    """A sentence that warns, with its style."""
    return view.style() + view.notice(sentence)


def links(weighting: Weighting, choice: str) -> str:
    """A link to this page that carries the weights and the evidence's name, and the weights as a file.

    Neither asks the server again.
    """
    content = json.dumps(weighting.to_json(), indent=2, ensure_ascii=False)
    query = decision_weighting.to_query(weighting, choice)
    return view.links(f"?{query}", f"data:application/json;charset=utf-8,{quote(content)}")


def build_panel(names: Sequence[str], own: str) -> Panel:
    """All components; hidden but for the recommendation until there is one."""
    spoken = [("this team's own evidence" if name == own else f"published: {name}", name) for name in names]
    value = names[0] if names else None
    choice = gr.Dropdown(spoken, value=value, label="Evidence", elem_id="decision-choice")
    alert, result = gr.HTML(elem_id="decision-alert"), gr.HTML(elem_id="decision-result")
    default = PRESETS[DEFAULT]
    with gr.Column(visible=False) as body:
        presets = [(preset.name, key) for key, preset in PRESETS.items()]
        preset = gr.Radio(
            [*presets, ("your own weights", OWN_WEIGHTS)],
            value=DEFAULT,
            label="What it is for",
            elem_id="decision-preset",
        )
        with gr.Accordion("Weights and opinions: what matters to you", open=False, elem_id="decision-weights"):
            weights, opinions = _build_weights(default)
        links_shown = gr.HTML(elem_id="decision-links")
        with gr.Row():
            load = gr.UploadButton("Load weights (JSON)", file_types=[".json"], elem_id="decision-load")
            make = gr.Button("Evidence bundle (HTML to print, JSON)", elem_id="decision-make")
            bundle = gr.DownloadButton("Bundle", elem_id="decision-bundle")  # unseen: the button before it clicks it
        plots = gr.HTML(elem_id="decision-plots")
        gr.Markdown("### The matrix")
        matrix = gr.HTML(elem_id="decision-matrix")
        gr.Markdown("### Claims, checked")
        claims = gr.HTML(elem_id="decision-claims")
        gr.Markdown("### Where this comes from")
        sources = gr.HTML(elem_id="decision-sources")
    shown = {"plots": plots, "matrix": matrix, "claims": claims, "sources": sources, "links": links_shown}
    asked = {"preset": preset, "weights": weights, "opinions": opinions, "load": load, "make": make, "bundle": bundle}
    return Panel(choice=choice, alert=alert, result=result, body=body, **shown, **asked)


def _build_weights(default: Weighting) -> tuple[dict[str, gr.Slider], dict[str, gr.Dropdown]]:
    """A slider for each criterion, by group; the team's opinions beside the sliders that weigh them."""
    weights, opinions = {}, {}
    with gr.Row():
        for group in GROUPS:
            with gr.Column(min_width=280):
                gr.Markdown(f"**{group}**" + (": set by the team, not measured" if group == "Opinion" else ""))
                for criterion in (each for each in CRITERIA if each.group == group):
                    if criterion.opinion:
                        opinions[criterion.key] = gr.Dropdown(
                            RATED,
                            value=default.opinions.get(criterion.key, NOT_SET),
                            label=f"Opinion on {criterion.name}: {criterion.definition}",
                            elem_id=f"opinion-{criterion.key}",
                        )
                    weights[criterion.key] = gr.Slider(
                        0,
                        MOST,
                        value=default.weight(criterion.key),
                        step=STEP,
                        label=f"weight of {criterion.name}" if criterion.opinion else criterion.name,
                        elem_id=f"weight-{criterion.key}",
                    )
    return weights, opinions
