"""Test the tab Evaluate: how it shows a report, and a visitor's files through Gradio's own API over HTTP."""

import csv
from pathlib import Path

import gradio as gr
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from bakeoff.common.errors import CorpusError, InputError
from bakeoff.common.limits import Limits
from eval.pages import html_report
from eval.pages.metrics_csv import metrics_csv
from eval.report import report
from eval.report.catalog import Opened
from tabs.evaluate import choice as report_choice
from tabs.evaluate import downloads, layout, show, texts, view
from tabs.evaluate import file as evaluate_file
from tabs.page import page
from tests.eval.report.test_report import build_planted
from tests.support.planted import Loading, ReadyLoader, planted_pair

HOSTILE = '<img src=x onerror="hacked()">'
FILES = ("download-json", "download-csv", "download-html")
ROWS = [("tech tech", "tech"), ("sport", "Sport"), ("contrary tech", "tech"), ("contrary sport", "Sport")]


@pytest.fixture(scope="module")
def made():
    return build_planted()


@pytest.fixture(scope="module")
def loader(encoder_folder, tmp_path_factory):
    """Return a loader of planted models and of a report that does not exist yet."""
    folder = tmp_path_factory.mktemp("planted")
    return ReadyLoader(planted_pair(encoder_folder, folder / "models"), folder / "report.json")


@pytest.fixture(scope="module")
def client(loader):
    demo = page.build(loader)
    demo.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(demo.local_url, verbose=False)
    demo.close()


def write(path, rows, header=("text", "label")):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_the_verdict_is_the_first_sentence_and_nothing_in_it_is_markup(made):
    hostile = made | {"comparison": made["comparison"] | {"headline": HOSTILE, "explanation": "a\n\n# [b](http://c)"}}
    said = view.verdict(hostile)
    assert said.startswith(r"**Verdict: \<img")
    assert r"a \# \[b\]\(http\://c\)" in said
    assert "**Over several trainings: " in said


def test_a_report_of_other_models_is_said_to_be_one(made, loader):
    opened = Opened(made, None)
    mismatch = report_choice.mismatch_sentence(report_choice.find_mismatch(loader, opened))
    assert "is about other model revisions" in mismatch
    assert "PyTorch: unknown weights there, weights" in mismatch
    about = view.about(opened, mismatch)
    assert "row numbers of its test split are shown" in about
    assert "trained on another corpus or split" in about


def test_before_the_models_are_ready_it_is_not_said(made):
    opened = Opened(made, None)
    assert report_choice.find_mismatch(Loading(), opened) is None
    assert "not known yet" in report_choice.mismatch_sentence(None)
    assert report_choice.summary_of(Loading())("bbc-minilm")["belongs_to_the_loaded_models"] is None


def test_tables_hold_what_the_report_says(made):
    matrix = view.confusion(made, "TensorFlow")
    assert matrix["headers"] == ["true class", "class 0", "class 1", "class 2"]
    assert [row[1:] for row in matrix["data"]] == made["evaluations"]["TensorFlow"]["confusion"]
    metrics = {row[0]: row for row in view.metrics(made)["data"]}
    assert "lower is better" in metrics["log loss"][4]
    assert metrics["accuracy"][1].startswith(f"{made['evaluations']['PyTorch']['metrics']['accuracy']['value']:.4f} [")
    assert all("too few" in row[6] for row in view.slices(made)["data"])
    assert len(view.seeds(made)) == 6
    assert view.seeds(made | {"seeds": None}) is None
    assert set(view.reliability(made)["model"]) == {"PyTorch", "TensorFlow", "calibrated"}


def test_texts_are_shown_where_they_are_at_hand(made):
    texts = tuple(f"text {number} {'x' * 500}" for number in range(60))
    (row,) = view.texts(Opened(made, texts), [7])["data"]
    assert row[0] == 8
    assert row[5].startswith("text 7")
    assert len(row[5]) == view.SHOWN + 1
    assert view.one_text(Opened(made, texts), 7)[1] == texts[7]
    (row,) = view.texts(Opened(made, None), [7])["data"]
    assert [row[1], row[5]] == ["", ""]


def test_downloads_are_the_report_its_numbers_and_its_page(made, tmp_path):
    buttons = [type("Button", (), {"GRADIO_CACHE": str(tmp_path)})] * 3
    updates = downloads.prepare(made, buttons)
    document, table, page = (Path(update["value"]) for update in updates)
    assert report.read(document) == made
    assert table.read_text(encoding="utf-8") == metrics_csv(made)
    assert page.read_text(encoding="utf-8") == html_report.render(made)


def test_a_missing_own_report_is_waited_for(loader, made):
    assert not report_choice.is_there(loader, report_choice.OWN)
    assert report_choice.pending(loader).startswith("**This pair has no report yet.**")
    assert report_choice.is_there(loader, "bbc-minilm")
    with pytest.raises(InputError, match="no such report"):
        report_choice.open_choice(loader, "absent", None)
    with pytest.raises(InputError, match="no such report"):
        report_choice.open_choice(loader, report_choice.UPLOADED, None)
    assert "--report" in report_choice.pending(ReadyLoader())


def test_the_api_gives_a_reports_summary(client):
    summary = client.predict("bbc-minilm", api_name="/report")
    assert summary["verdict"] == "cannot tell with 300 texts"
    assert summary["belongs_to_the_loaded_models"] is False
    assert summary["metrics"]["accuracy"]["difference"]["value"] == 0
    with pytest.raises(AppError, match="no report yet"):
        client.predict(api_name="/report")
    with pytest.raises(AppError, match="no such report"):
        client.predict("../../etc/passwd", api_name="/report")
    with pytest.raises(AppError, match="no such report"):
        client.predict({"a": 1}, api_name="/report")


def test_the_api_without_an_own_report_says_so():
    assert not report_choice.is_there(ReadyLoader(), report_choice.OWN)
    with pytest.raises(gr.Error, match="The loaded models have no report yet"):
        report_choice.summary_of(ReadyLoader())(report_choice.OWN)


def select(index, row_value):
    return gr.SelectData(None, {"index": index, "value": "", "row_value": row_value})


@pytest.mark.parametrize("row", [["", "", ""], [None, None], [], None, "ab"])
def test_a_click_on_a_blank_row_gets_a_sentence(row):
    with pytest.raises(InputError, match="That row has no text"):
        texts.clicked(select([0, 0], row))


@pytest.mark.parametrize("index", [[0, 2], [0, -1], [0, "a"], [0], 0])
def test_a_click_beside_the_table_gets_a_sentence(index):
    with pytest.raises(InputError, match="That row has no text"):
        texts.clicked(select(index, ["1", "explain"]))


@pytest.mark.parametrize("number", [0, 61, -1, "a", 1.5, [1], "9" * 5000])
def test_a_number_of_no_text_gets_a_sentence(made, number):
    with pytest.raises(InputError, match="That row has no text"):
        texts.text_index(Opened(made, None), number)


def test_a_click_on_a_text_finds_it(made):
    row, column = texts.clicked(select([3, 1], ["60", "explain"]))
    assert (texts.text_index(Opened(made, None), row[0]), column) == (59, 1)


def test_a_long_list_is_cut_and_says_so(made, monkeypatch):
    monkeypatch.setattr(show, "MOST_ROWS", 10)
    with gr.Blocks():
        panel = layout.build_panel()
    shown = show.show_texts(panel, Opened(made, None), "All texts", list(range(60)))
    assert [row[0] for row in shown[panel.texts]["data"]] == list(range(1, 11))
    assert shown[panel.title] == "**All texts: 60 texts.** The first 10 are listed."
    whole = show.show_texts(panel, Opened(made, None), "All texts", list(range(10)))
    assert "listed" not in whole[panel.title]


def test_the_files_are_made_when_another_report_is_shown_only(loader):
    made = page.build(loader).config
    buttons = {each["id"] for each in made["components"] if each["props"].get("elem_id", "") in FILES}
    states = {each["id"] for each in made["components"] if each["type"] == "state"}
    (event,) = [each for each in made["dependencies"] if buttons == set(each["outputs"])]
    ((target, kind),) = event["targets"]
    assert (target in states, kind) == (True, "change")


def test_the_api_evaluates_a_labelled_file(client, tmp_path):
    path = write(tmp_path / "news.csv", ROWS * 10)
    said, choice = client.predict(handle_file(path), "", "", api_name="/evaluate_file")
    assert said.startswith("Done: **PyTorch better**")
    assert r"PyTorch 1\.0000" in said
    assert r"TensorFlow 0\.5000" in said
    assert choice["value"] == report_choice.UPLOADED


def test_an_uploaded_corpus_is_evaluated_in_the_models_classes(loader, tmp_path):
    data = evaluate_file.read(str(write(tmp_path / "news.csv", ROWS)), "", "", ("sport", "tech"))
    assert [example.label for example in data.test] == ["tech", "sport", "tech", "sport"]
    *steps, last = evaluate_file.evaluate(loader.models, data)
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert all(step.report is None for step in steps)
    assert last.report["evaluations"]["TensorFlow"]["confusion"] == [[1, 1], [1, 1]]
    assert last.report["corpus"] == {"name": "news.csv", "digest": data.digest, "texts": 4}
    assert report_choice.find_mismatch(loader, Opened(last.report, None)) == ""
    assert report_choice.summary(Opened(last.report, None), "", [])["belongs_to_the_loaded_models"] is True


@pytest.mark.parametrize(
    ("content", "columns", "sentence"),
    [
        ([("a", "arts")], ("", ""), "has the label 'arts', which the models don't know"),
        ([("a", HOSTILE)], ("", ""), "which the models don't know; use their classes: sport, tech"),
        ([("a", "")], ("", ""), "label"),
        ([("x" * (Limits.characters + 1), "tech")], ("", ""), "Text 1 of the file can't be classified"),
        ([("a", "tech")] * (Limits.rows + 1), ("", ""), "1,001 rows, at most 1,000"),
        ([("a", "tech")], ("story", ""), "in the field for the column of the texts"),
        ([("a", "tech")], ("", "kind"), "in the field for the column of the labels"),
    ],
)
def test_a_file_that_can_not_be_evaluated_gets_one_sentence(tmp_path, content, columns, sentence):
    path = write(tmp_path / "bad.csv", content)
    with pytest.raises((InputError, CorpusError), match=sentence):
        evaluate_file.read(str(path), *columns, ("sport", "tech"))


def test_no_file_gets_one_sentence(client, tmp_path):
    with pytest.raises(AppError, match="No file was chosen"):
        client.predict(None, "", "", api_name="/evaluate_file")
    with pytest.raises(InputError, match="No file was chosen"):
        evaluate_file.open_upload(None)
