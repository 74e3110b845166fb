"""Build the text box and its examples, which are the same in every tab that takes one text."""

from functools import cache

import gradio as gr

from bakeoff.common import limits
from bakeoff.corpus import corpus


def build_text_box(label: str, elem_id: str) -> gr.Textbox:
    """Build the text box."""
    return gr.Textbox(
        label=label,
        placeholder="Paste a news item, or choose an example below",
        lines=4,
        max_lines=12,
        max_length=limits.current().characters,
        elem_id=elem_id,
    )


def build_examples(text: gr.Textbox) -> None:
    """Build the buttons that fill the box."""
    rows = examples()
    labels = [f"{text[:60]}…" for [text] in rows]
    gr.Examples(rows, text, label="Examples (from the shipped sample's test split)", example_labels=labels)


@cache
def examples() -> list[list[str]]:
    """Return one item per class and two items near a class boundary, one per row."""
    test = corpus.load().test
    plain = {example.label: example.text for example in reversed(test) if not example.columns["near"]}
    near = [example.text for example in test if example.columns["near"]][:2]
    return [[text] for text in [*[plain[label] for label in sorted(plain)], *near]]
