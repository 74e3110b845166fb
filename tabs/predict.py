"""Tab Predict: one text, both models' answers side by side, and what was asked before in this session."""

from collections.abc import Mapping, Sequence

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
    """Lay out the tab and connect its events; returns the text and the button that asks for its explanation."""
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
    together = current().batch_texts  # so many visitors' texts are classified at once
    shared = {"concurrency_limit": together, "concurrency_id": "predict"}
    gr.api(_api(models), api_name="predict", **shared)
    # Programs take the function above: Gradio's MCP server fails on an event that has a State among its outputs.
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
        """Each model's label of a text, its probabilities, and whether the models agree (null while one is missing)."""
        answers = models.answers([check_text(text)])
        found = [
            {
                "framework": each.framework,
                "label": each.predicted[0],
                "probability": float(each.confidence[0]),
                "probabilities": each.by_label[0],
                "seconds": each.seconds,
            }
            for each in answers
        ]
        return {"models": found, "agree": _agree(answers)}

    return predict


def _agree(answers: Sequence[Answer]) -> bool | None:
    """Whether both give the same class to the first text; None while one is missing."""
    return len({each.predicted[0] for each in answers}) == 1 if len(answers) == len(NAMES) else None


def agreement(answers: Sequence[Answer]) -> str:
    """Whether the models give the same class to the first text, as a sentence in Markdown."""
    said = [f"{each.framework} {percent(each.confidence[0])}" for each in answers]
    if len(answers) == 1:
        return f"Only {answers[0].framework} is ready: it says **{plain(answers[0].predicted[0])}**."
    if _agree(answers):
        return f"**Same answer: {plain(answers[0].predicted[0])}** ({', '.join(said)})."
    views = [f"{each.framework} says {plain(each.predicted[0])} ({percent(each.confidence[0])})" for each in answers]
    return f"**They disagree:** {', '.join(views)}."


def _answer_column(name: str) -> tuple[gr.Label, gr.Markdown]:
    with gr.Column(min_width=280):
        bars = gr.Label(label=name, num_top_classes=100, elem_id=f"answer-{name.lower()}")
        took = gr.Markdown(elem_id=f"time-{name.lower()}")
    return bars, took


def _shown(answers: Sequence[Answer], failures: Mapping[str, str]) -> list:
    by_name = {each.framework: each for each in answers}
    out = []
    for name in NAMES.values():
        each = by_name.get(name)
        if each is None:
            out += [None, absence(name, failures)]
        else:
            out += [each.by_label[0], f"{milliseconds(each.seconds)}, tokenising included"]
    return out


def _history_row(text: str, answers: Sequence[Answer]) -> list[str]:
    said = {each.framework: f"{each.predicted[0]} {percent(each.confidence[0])}" for each in answers}
    same = {None: "", True: "yes", False: "no"}[_agree(answers)]
    shortened = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return [shortened, *[said.get(name, "") for name in NAMES.values()], same]
