"""The tab Predict shows both models' answers to one text side by side, and the history of the session."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from bakeoff.classifiers.answer import Answer
from bakeoff.classifiers.pair import NAMES
from bakeoff.common.limits import check_text, current
from service.work.queued_models import QueuedModels
from tabs.common import absence, milliseconds, percent, plain, shows_errors
from tabs.text_box import build_examples, build_text_box

HISTORY_HEADERS = ["Text", "PyTorch", "TensorFlow", "Same answer"]
SHOWN = 80  # characters of a text in a table


def build_predict_tab(models: QueuedModels) -> tuple[gr.Textbox, gr.Button]:
    """Lay out the tab and connect its events. Return the text box and the button that requests an explanation."""
    text = build_text_box("Text to classify", "text")
    with gr.Row():
        submit = gr.Button("Classify", variant="primary", scale=3, elem_id="classify")
        explain = gr.Button("Explain this text", scale=2, elem_id="explain-this")
        clear = gr.Button("Clear", scale=1, elem_id="clear")
    verdict = gr.Markdown(elem_id="verdict")
    with gr.Row():
        columns = [_answer_column(name) for name in NAMES.values()]
    build_examples(text)
    with gr.Accordion("History of this session", open=False):
        history = gr.State([])
        past = gr.Dataframe(headers=HISTORY_HEADERS, interactive=False, wrap=True, label="Newest first")
        forget = gr.Button("Clear history", size="sm")

    @shows_errors
    def classify(text: str, history: list):
        answers = models.answers([check_text(text)])
        history = [_history_row(text, answers), *history][:100]
        return [agreement(answers), *_shown(answers, models.failures), history, history]

    flat = [component for column in columns for component in column]
    outputs = [verdict, *flat, history, past]
    together = current().batch_texts  # the texts of this many visitors are classified in one batch
    shared = {"concurrency_limit": together, "concurrency_id": "predict"}
    gr.api(_api(models), api_name="predict", **shared)
    # Programs call the function above: Gradio's MCP server fails on an event with a State among its outputs.
    gr.on(
        [submit.click, text.submit],
        classify,
        [text, history],
        outputs,
        api_name="classify",
        api_visibility="undocumented",
        **shared,
    )
    clear.click(lambda: ["", "", *[None, ""] * len(columns)], None, [text, verdict, *flat], api_visibility="private")
    forget.click(lambda: ([], []), None, [history, past], api_visibility="private")
    return text, explain


def _api(models: QueuedModels):
    @shows_errors
    def predict(text: str) -> dict:
        """Return each model's label and probabilities for a text, and whether they agree (null if one is missing)."""
        answers = models.answers([check_text(text)])
        model_answers = [
            {
                "framework": model.framework,
                "label": model.predicted[0],
                "probability": float(model.confidence[0]),
                "probabilities": model.by_label[0],
                "seconds": model.seconds,
            }
            for model in answers
        ]
        return {"models": model_answers, "agree": _agree(answers)}

    return predict


def _agree(answers: Sequence[Answer]) -> bool | None:
    """Return whether both models give the first text the same class; None while a model is missing."""
    return len({model.predicted[0] for model in answers}) == 1 if len(answers) == len(NAMES) else None


def agreement(answers: Sequence[Answer]) -> str:
    """Say in Markdown whether the models give the first text the same class."""
    probabilities = [f"{model.framework} {percent(model.confidence[0])}" for model in answers]
    if len(answers) == 1:
        return f"Only {answers[0].framework} is ready: it says **{plain(answers[0].predicted[0])}**."
    if _agree(answers):
        return f"**Same answer: {plain(answers[0].predicted[0])}** ({', '.join(probabilities)})."
    classes = [
        f"{model.framework} says {plain(model.predicted[0])} ({percent(model.confidence[0])})" for model in answers
    ]
    return f"**They disagree:** {', '.join(classes)}."


def _answer_column(name: str) -> tuple[gr.Label, gr.Markdown]:
    with gr.Column(min_width=280):
        bars = gr.Label(label=name, num_top_classes=100, elem_id=f"answer-{name.lower()}")
        took = gr.Markdown(elem_id=f"time-{name.lower()}")
    return bars, took


def _shown(answers: Sequence[Answer], failures: Mapping[str, str]) -> list:
    by_name = {model.framework: model for model in answers}
    values: list[Any] = []
    for name in NAMES.values():
        model = by_name.get(name)
        if model is None:
            values += [None, absence(name, failures)]
        else:
            values += [model.by_label[0], f"{milliseconds(model.seconds)}, including tokenization"]
    return values


def _history_row(text: str, answers: Sequence[Answer]) -> list[str]:
    classes = {model.framework: f"{model.predicted[0]} {percent(model.confidence[0])}" for model in answers}
    same = {None: "", True: "yes", False: "no"}[_agree(answers)]
    shortened = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return [shortened, *[classes.get(name, "") for name in NAMES.values()], same]
