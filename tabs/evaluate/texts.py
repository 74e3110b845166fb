"""List the texts behind a report's numbers when a visitor picks a kind or clicks a cell, a slice or a text."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from bakeoff.common.errors import InputError
from eval.report import find_texts
from eval.report.catalog import Opened
from service.work.model_loader import ModelLoader
from tabs.common import shows_errors
from tabs.evaluate.choice import open_choice
from tabs.evaluate.layout import Panel
from tabs.evaluate.show import show_one_text, show_texts
from tabs.evaluate.view import TRUE_CLASS, WHY

NO_TEXT = "That row has no text: click another one."


def connect_texts(loader: ModelLoader, panel: Panel, chosen: list) -> None:
    """List texts by kind, confusion-matrix cell or slice. A click on a listed text shows all of it."""

    @shows_errors
    def list_kind(kind: str, choice: str, uploaded: Opened | None):
        opened = open_choice(loader, choice, uploaded)
        return show_texts(panel, opened, kind, find_texts.KINDS[kind](opened.report))

    @shows_errors
    def list_slice(choice: str, uploaded: Opened | None, event: gr.SelectData):
        opened, (row, _) = open_choice(loader, choice, uploaded), clicked(event)
        facet, name = row[:2]
        return show_texts(panel, opened, f"{facet}, {name}", find_texts.slice_texts(opened.report, facet, name))

    @shows_errors
    def show_text(choice: str, uploaded: Opened | None, asked: int, event: gr.SelectData):
        opened, (row, column) = open_choice(loader, choice, uploaded), clicked(event)
        shown = show_one_text(panel, opened, text_index(opened, row[0]))
        why = column == WHY and shown[panel.chosen]
        return shown | ({panel.asked: asked + 1} if why else {})

    panel.kind.input(list_kind, [panel.kind, *chosen], panel.texts_and_detail(), api_visibility="private")
    panel.slices.select(list_slice, chosen, panel.texts_and_detail(), api_visibility="private")
    panel.texts.select(show_text, [*chosen, panel.asked], panel.detail(), api_visibility="private")
    for framework, matrix in (("PyTorch", panel.pytorch), ("TensorFlow", panel.tensorflow)):
        matrix.select(_list_cell(loader, panel, framework), chosen, panel.texts_and_detail(), api_visibility="private")


def _list_cell(loader: ModelLoader, panel: Panel, framework: str) -> Callable:
    @shows_errors
    def list_cell(choice: str, uploaded: Opened | None, event: gr.SelectData):
        opened, (row, column) = open_choice(loader, choice, uploaded), clicked(event)
        label, columns = row[0], (TRUE_CLASS, *opened.report["labels"])
        if column >= len(columns):
            raise InputError(NO_TEXT)
        predicted = columns[column]
        if column == 0:
            indices = find_texts.slice_texts(opened.report, "class", label)
            return show_texts(panel, opened, f"label {label}", indices)
        indices = find_texts.cell(opened.report, framework, label, predicted)
        return show_texts(panel, opened, f"label {label}, {framework} says {predicted}", indices)

    return list_cell


def clicked(event: gr.SelectData) -> tuple[list, int]:
    """Return the clicked row of a table, and the number of the column.

    Raises:
        InputError: The row is blank, as in an empty table, or the table has no such cell.
    """
    row, index = event.row_value, event.index
    column = index[1] if isinstance(index, list | tuple) and len(index) == 2 else None
    blank = not isinstance(row, list) or len(row) < 2 or row[0] in ("", None)
    if blank or not isinstance(column, int) or not 0 <= column < len(row):
        raise InputError(NO_TEXT)
    return row, column


def text_index(opened: Opened, number: Any) -> int:
    """Return the index, from 0, of the text that a table shows under this number.

    Raises:
        InputError: No text has this number.
    """
    digits, texts = str(number), opened.report["corpus"]["texts"]
    if not digits.isdecimal() or len(digits) > len(str(texts)) or not 1 <= int(digits) <= texts:
        raise InputError(NO_TEXT)
    return int(digits) - 1
