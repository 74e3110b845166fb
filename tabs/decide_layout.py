"""The components of the tab Decide: where they are on the page, and which part of a decision each one shows."""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import gradio as gr
from gradio.components import Component

from decide.criteria import weighting as decision_weighting
from decide.criteria.criteria import CRITERIA, GROUPS, RATINGS
from decide.criteria.presets import DEFAULT, PRESETS
from decide.criteria.weighting import MOST, Weighting
from decide.pages import view
from decide.report import Opened
from tabs.decide_values import NOT_SET, OWN_WEIGHTS, TabValues

STEP = 0.5  # the smallest move of a slider
RATED = [NOT_SET, *((words, rating) for rating, words in RATINGS.items())]


@dataclass(frozen=True, eq=False)
class Panel:
    """The components that show a decision, from top to bottom."""

    choice: gr.Dropdown
    alert: gr.HTML  # the last error
    result: gr.HTML
    body: gr.Column
    preset: gr.Radio
    weights: dict[str, gr.Slider]
    opinions: dict[str, gr.Dropdown]
    links: gr.HTML
    load: gr.UploadButton
    make: gr.Button
    bundle: gr.DownloadButton
    answers: gr.HTML
    plots: gr.HTML
    matrix: gr.HTML
    claims: gr.HTML
    sources: gr.HTML

    def sliders(self) -> list[gr.Slider | gr.Dropdown]:
        """Return all sliders and the menus of the opinions."""
        return [*self.weights.values(), *self.opinions.values()]

    def inputs(self) -> set[Component]:
        """Return the inputs of most events. Because they are a set, Gradio passes a dict from component to value."""
        return {self.choice, *self.sliders()}

    def reads(self, handler: Callable[[TabValues], Any]) -> Callable[[Mapping[Component, Any]], Any]:
        """Let Gradio call a handler of `TabValues`, for an event whose inputs are `inputs()`, with `preset` or without.

        This is the only place where the values of the components become fields.
        """

        @functools.wraps(handler)  # Gradio names an event after its function
        def read(values: Mapping[Component, Any]) -> Any:
            return handler(
                TabValues(
                    weights={key: values[slider] for key, slider in self.weights.items()},
                    opinions={key: values[menu] for key, menu in self.opinions.items()},
                    evidence=values[self.choice],
                    preset=values.get(self.preset),
                )
            )

        return read

    def moving(self) -> list[Component]:
        """Return the components that change whenever a slider moves."""
        return [self.alert, self.result, self.body, self.preset, self.links, self.plots]

    def lasting(self) -> list[Component]:
        """Return the components that change with the decision; at most one column of them changes with the weights."""
        return [self.answers, self.matrix, self.claims, self.sources]

    def move(self, choice: str, opened: Opened, weighting: Weighting, notice: str) -> dict[Component, Any]:
        """Show a weighting in the components that move with it.

        Args:
            choice: The name of the evidence, which the link carries.
            opened: The decision.
            weighting: The weights and opinions to apply to it.
            notice: A sentence that names the measured models which are not the loaded ones; empty for none.
        """
        document, result = dict(opened.document) | {"other_models": notice}, opened.result(weighting)
        return {
            self.result: view.style() + view.part("result", document, result),
            self.body: gr.Column(visible=True),
            self.links: links(weighting, choice),
            self.plots: view.part("score", document, result) + view.part("plots", document, result),
        }

    def weigh(self, opened: Opened, weighting: Weighting) -> dict[Component, Any]:
        """Show the matrix for a weighting."""
        return {self.matrix: view.part("matrix", opened.document, opened.result(weighting))}

    def fill(self, opened: Opened) -> dict[Component, Any]:
        """Show the parts that no weight changes."""
        document, result = opened.document, opened.document["result"]
        return {
            self.answers: view.part("answers", document, result),
            self.claims: view.part("claims", document, result),
            self.sources: view.part("sources", document, result),
        }

    def empty(self, sentence: str) -> dict[Component, Any]:
        """Show only a sentence."""
        return {self.result: notice_html(sentence), self.body: gr.Column(visible=False)}

    def set_values(self, weighting: Weighting) -> dict[Component, Any]:
        """Set the sliders and menus to a weighting."""
        values = TabValues.of(weighting)
        return {slider: values.weights[key] for key, slider in self.weights.items()} | {
            menu: values.opinions[key] for key, menu in self.opinions.items()
        }


def notice_html(sentence: str) -> str:
    """Return a warning as HTML with its style."""
    return view.style() + view.notice(sentence)


def links(weighting: Weighting, choice: str) -> str:
    """Return two links as HTML: this page with the weights and the evidence in its address, and the weights as a file.

    Neither link needs another request to the server.
    """
    content = json.dumps(weighting.to_json(), indent=2, ensure_ascii=False)
    query = decision_weighting.to_query(weighting, choice)
    return view.links(f"?{query}", f"data:application/json;charset=utf-8,{quote(content)}")


def build_panel(names: Sequence[str], own: str) -> Panel:
    """Build all components. Until there is a decision, all but the recommendation are hidden."""
    choices = [("this team's own evidence" if name == own else f"published: {name}", name) for name in names]
    value = names[0] if names else None
    choice = gr.Dropdown(choices, value=value, label="Evidence", elem_id="decision-choice")
    alert, result = gr.HTML(elem_id="decision-alert"), gr.HTML(elem_id="decision-result")
    default = PRESETS[DEFAULT]
    with gr.Column(visible=False) as body:
        presets = [(preset.name, key) for key, preset in PRESETS.items()]
        preset = gr.Radio(
            [*presets, ("your own weights", OWN_WEIGHTS)],
            value=DEFAULT,
            label="Use case",
            elem_id="decision-preset",
        )
        with gr.Accordion("Weights and opinions: what matters to you", open=False, elem_id="decision-weights"):
            weights, opinions = _build_weights(default)
        links_shown = gr.HTML(elem_id="decision-links")
        with gr.Row():
            load = gr.UploadButton("Load weights (JSON)", file_types=[".json"], elem_id="decision-load")
            make = gr.Button("Evidence bundle (HTML to print, JSON)", elem_id="decision-make")
            bundle = gr.DownloadButton("Bundle", elem_id="decision-bundle")  # hidden: the button before it clicks it
        answers = gr.HTML(elem_id="decision-answers")
        plots = gr.HTML(elem_id="decision-plots")
        gr.Markdown("### The matrix")
        matrix = gr.HTML(elem_id="decision-matrix")
        gr.Markdown("### Claims, checked")
        claims = gr.HTML(elem_id="decision-claims")
        gr.Markdown("### Sources")
        sources = gr.HTML(elem_id="decision-sources")
    outputs = {"answers": answers, "plots": plots, "matrix": matrix, "claims": claims, "sources": sources}
    inputs = {"preset": preset, "weights": weights, "opinions": opinions, "load": load, "make": make, "bundle": bundle}
    return Panel(choice=choice, alert=alert, result=result, body=body, links=links_shown, **outputs, **inputs)


def _build_weights(default: Weighting) -> tuple[dict[str, gr.Slider], dict[str, gr.Dropdown]]:
    """Build a slider per criterion, by group, and the menu of each opinion beside the slider that weighs it."""
    weights: dict[str, gr.Slider] = {}
    opinions: dict[str, gr.Dropdown] = {}
    with gr.Row():
        for group in GROUPS:
            with gr.Column(min_width=280):
                gr.Markdown(f"**{group}**" + (": set by the team, not measured" if group == "Opinion" else ""))
                for criterion in (criterion for criterion in CRITERIA if criterion.group == group):
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
