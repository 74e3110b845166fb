"""Test the tabs' handlers through Gradio's own API over HTTP, and the texts and formats that they show."""

import csv
from contextlib import contextmanager
from dataclasses import replace

import gradio as gr
import pandas as pd
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from bakeoff.classifiers.answer import answer
from bakeoff.common.errors import InputError
from bakeoff.common.limits import Limits
from bakeoff.corpus.corpus import Example
from tabs import batch, explain, explain_view, models, predict, text_box
from tabs.page import page
from tests.support.planted import Contrarian, ReadyLoader, WordCounter
from trainers.parity import Row

LOADER = ReadyLoader()


def answers(text):
    return [answer(classifier, [text]) for classifier in LOADER.models]


@contextmanager
def client_of(loader):
    demo = page.build(loader)
    demo.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    try:
        yield Client(demo.local_url, verbose=False)
    finally:
        demo.close()


@pytest.fixture(scope="module")
def client():
    with client_of(LOADER) as client:
        yield client


def test_the_verdict_says_whether_the_models_agree():
    assert predict.agreement(answers("tech tech")) == "**Same answer: tech** (PyTorch 88.1 %, TensorFlow 88.1 %)."
    assert predict.agreement(answers("contrary tech")) == (
        "**They disagree:** PyTorch says tech (73.1 %), TensorFlow says sport (73.1 %)."
    )
    assert predict.agreement(answers("tech")[:1]) == "Only PyTorch is ready: it says **tech**."


def test_a_class_name_can_not_become_markup():
    classifier = WordCounter("PyTorch", labels=("<b>*x*</b>", "[y](z)"))
    sentence = predict.agreement([answer(classifier, [""])])
    assert r"\<b\>\*x\*\</b\>" in sentence


def test_the_api_predicts_with_both(client):
    answer = client.predict("tech news", api_name="/predict")
    assert answer["agree"] is True
    assert [model["framework"] for model in answer["models"]] == ["PyTorch", "TensorFlow"]
    for model in answer["models"]:
        assert model["label"] == "tech"
        assert model["probability"] == model["probabilities"]["tech"] == pytest.approx(0.731, abs=1e-3)
        assert sum(model["probabilities"].values()) == pytest.approx(1)
    assert client.predict("contrary tech", api_name="/predict")["agree"] is False


def test_the_page_shows_both_answers_and_keeps_them(client):
    verdict, pytorch, time, tensorflow, _, history = client.predict("tech news", api_name="/classify")
    assert verdict.startswith("**Same answer: tech**")
    assert pytorch["label"] == tensorflow["label"] == "tech"
    assert [each["label"] for each in pytorch["confidences"]] == ["tech", "sport"]
    assert time.endswith("ms, including tokenization")
    assert history["data"][0][1:] == ["tech 73.1 %", "tech 73.1 %", "yes"]


@pytest.mark.parametrize(
    ("failures", "said"),
    [
        ({}, "TensorFlow is still loading."),
        (
            {"TensorFlow": "there is no folder <b>; check the name."},
            r"TensorFlow failed to load (there is no folder \<b\>; check the name) and gives no answers. Correct this "
            "and restart the app.",
        ),
    ],
)
def test_a_framework_without_an_answer_says_why(failures, said):
    with client_of(ReadyLoader(LOADER.models[:1], failures=failures)) as client:
        verdict, _, _, bars, why, _ = client.predict("tech", api_name="/classify")
        answer = client.predict("tech", api_name="/predict")
    assert verdict == "Only PyTorch is ready: it says **tech**."
    assert (bars, why) == ({}, said)
    assert (answer["agree"], [each["framework"] for each in answer["models"]]) == (None, ["PyTorch"])


@pytest.mark.parametrize(
    "text, sentence", [("  ", "The text is empty"), ("x" * (Limits.characters + 1), "at most 20,000")]
)
def test_the_limits_hold_on_the_server(client, text, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(text, api_name="/predict")


def test_a_file_is_classified_and_comes_back_without_formulas(client, tmp_path):
    rows = [["text", "label"], ["tech", "tech"], ['=HYPERLINK("x") contrary tech', "tech"], ["@sport", "sport"]]
    path = tmp_path / "news.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    summary, table, download = client.predict(handle_file(path), "", True, api_name="/predict_file")
    assert "3 texts. The models disagree on **1** of them." in summary
    assert "3 of 3 labels correct" in summary
    assert [row[0] for row in table["data"]] == [2]
    saved = pd.read_csv(download["value"], dtype=str)
    assert list(saved["text"]) == ["tech", '\'=HYPERLINK("x") contrary tech', "'@sport"]
    assert list(saved["same"]) == ["yes", "no", "yes"]


def test_a_file_without_labels_works(client, tmp_path):
    (tmp_path / "texts.csv").write_text("text\ntech\n", encoding="utf-8")
    summary, *_ = client.predict(handle_file(tmp_path / "texts.csv"), "", False, api_name="/predict_file")
    assert "1 texts" in summary
    assert "labels correct" not in summary


@pytest.mark.parametrize(
    "content, column, sentence",
    [
        ("text\n" + "tech\n" * (Limits.rows + 1), "", "1,001 rows, at most 1,000"),
        ("text\ntech\n" + "x" * (Limits.characters + 1) + "\n", "", "Text 2 of the file can't be classified"),
        ("a,b\n1,2\n", "", "a, b"),
        ("text\ntech\n", "story", "story"),
        ("", "", "empty"),
    ],
)
def test_a_bad_file_gets_one_sentence(client, tmp_path, content, column, sentence):
    (tmp_path / "bad.csv").write_text(content, encoding="utf-8")
    with pytest.raises(AppError, match=sentence) as caught:
        client.predict(handle_file(tmp_path / "bad.csv"), column, False, api_name="/predict_file")
    assert "Traceback" not in str(caught.value)


def test_no_file_gets_one_sentence(client):
    with pytest.raises(AppError, match="No file was chosen"):
        client.predict(None, "", False, api_name="/predict_file")


def test_the_api_has_clear_names_only(client):
    names = set(client.view_api(return_format="dict", print_info=False)["named_endpoints"])
    asked = {"/predict", "/predict_file", "/explain", "/models", "/parity", "/report", "/evaluate_file", "/decide"}
    assert names == asked


def test_the_api_explains_with_both(client):
    explanation = client.predict("tech sport news", "tech", 50, api_name="/explain")
    assert [model["label"] for model in explanation["models"]] == ["tech", "tech"]
    weights = {row["word"]: row for row in explanation["table"]}
    for framework in ("PyTorch", "TensorFlow"):
        assert weights["tech"][framework] > 0 > weights["sport"][framework]
    assert explanation["calls"] == explanation["settings"]["samples"] == 50


@pytest.mark.parametrize(
    "values, sentence",
    [
        ((" ",), "The text is empty"),
        (([1],), "A text is expected"),
        (("tech news", "nope"), "'nope' is not one of the models' classes: choose one of sport, tech"),
        (("tech news", "", 49), "50 to 2,000 samples"),
        (("tech news", "", 2001), "50 to 2,000 samples"),
        (("tech news", "", 50, 0.5), "A seed is a whole number"),
        (("tech news", "", 50, 0, "odds"), "a target among log-odds, probability"),
    ],
)
def test_an_explanation_keeps_to_its_limits_on_the_server(client, values, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(*values, api_name="/explain")


def test_a_round_is_shown_with_its_share_and_a_stopped_one_says_what_is_kept():
    *_, kept = explain.draw(LOADER, "tech news", "", 100, 0, "log-odds", False)
    assert explain_view.progress_line(kept.last).count("<progress") == 0
    going = replace(kept.last, ended="", share=0.5, seconds=4.0)
    assert "at most about 4 s left" in explain_view.progress_line(going)
    assert "<progress value='0.500'" in explain_view.progress_line(going)
    assert "the results so far are kept" in explain_view.stopped_line(replace(kept, last=going))
    assert "the results so far are kept" in explain_view.failed_line(kept)
    assert "before the first result" in explain_view.stopped_line(None)
    assert explain_view.note_on(replace(kept.findings, ended="")) == explain_view.NOT_MEASURED


def rounds_of(turn, text="tech news"):
    return explain.explained(turn, explain.draw(LOADER, text, "", 100, 0, "log-odds", False), 6)


def stop_in(shown):
    return shown[-1]["interactive"]


def test_an_explanation_ends_when_another_starts():
    turn = explain.Turn()
    older = rounds_of(turn)
    shown = next(older)
    newer = rounds_of(turn, "sport news")
    next(newer)
    (unchanged,) = older
    assert unchanged == [gr.skip()] * len(shown)
    assert turn.running
    assert explain._finished(None, turn, "") == gr.skip()
    *_, last = newer
    assert last[0].subject.text == "sport news"
    assert not turn.running


def test_curves_that_were_measured_too_late_are_not_shown(monkeypatch):
    turn = explain.Turn()
    *_, (session, *_) = rounds_of(turn)
    monkeypatch.setattr(type(session), "measure", lambda session: turn.start() and session)
    assert explain._finished(session, turn, "") == gr.skip()


def test_another_tabs_text_is_taken_up_while_one_is_explained():
    config = page.build(LOADER).config
    ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
    run, progress = ids["explain"], ids["explain-progress"]
    starts = [event for event in config["dependencies"] if len(event["outputs"]) > 10 and progress in event["outputs"]]
    clicked, opened = starts
    assert [tuple(target) for target in clicked["targets"]] == [(run, "click")]
    assert opened["targets"][0][1] == "change"
    assert opened["trigger_mode"] == "multiple"
    assert {event["api_visibility"] for event in starts} == {"private"}
    cancelled = [set(event["cancels"]) for event in config["dependencies"]]
    assert {clicked["id"], opened["id"]} in cancelled


def test_what_a_session_keeps_is_forgotten_in_time():
    with gr.Blocks() as demo:
        explain.build_explain_tab(LOADER)
    lives = [block.time_to_live for block in demo.blocks.values() if isinstance(block, gr.State)]
    assert lives.count(7200) == 1


def test_stop_is_offered_while_samples_are_drawn_only():
    turn = explain.Turn()
    first, *_, last = rounds_of(turn)
    assert stop_in(first)
    assert last[0].last.ended
    assert not stop_in(last)
    assert explain._stopped(last[0], turn) == explain_view.progress_line(last[0].last)


def test_a_failure_ends_the_progress_and_frees_the_controls():
    def failing():
        yield from []
        raise InputError("no")

    turn = explain.Turn()
    running = explain.explained(turn, failing(), 6)
    assert "<progress" in next(running)[1]
    shown = next(running)
    assert "Ended by an error before the first result" in shown[1]
    assert "<progress" not in shown[1]
    assert not stop_in(shown)
    with pytest.raises(InputError, match="no"):
        next(running)
    assert not turn.running


def test_classifying_in_chunks_equals_classifying_at_once():
    texts = [f"{'tech ' * (number % 3)} contrary" for number in range(3 * batch.CHUNK + 1)]
    *shares, (done, said) = batch.classify_all(LOADER.pair(), [Example(text, "") for text in texts])
    assert [share for share, _ in shares] == sorted(share for share, _ in shares)
    assert done == 1.0
    for one, classifier in zip(said, LOADER.models, strict=True):
        assert one.predicted == answer(classifier, texts).predicted


def test_long_texts_are_cut_on_the_page_only():
    long = "tech " * 100
    examples = [Example(long, "")]
    said = [answer(classifier, [long]) for classifier in LOADER.models]
    frame = batch.answer_table(examples, said)
    assert batch.shown(frame, False)["text"][0] == long[: predict.SHOWN] + "…"
    assert frame["text"][0] == long


def test_parity_rows_are_shown_as_held_or_broken():
    table = models.parity_table((Row("a", 1e-6, 1e-5), Row("b", 2, 0)))
    assert table.values.tolist() == [["a", "1e-06", "1e-05", "holds"], ["b", "2", "0", "BROKEN"]]


def test_the_examples_cover_every_class_and_two_boundaries():
    assert len(text_box.examples()) == 7


def test_a_generators_error_is_worded_too():
    from tabs.common import shows_errors

    @shows_errors
    def handler():
        yield 1
        batch.read(None, "")

    running = handler()
    assert next(running) == 1
    with pytest.raises(gr.Error, match="No file was chosen"):
        next(running)


def test_planted_classifiers_disagree_where_planned():
    assert answer(Contrarian("TensorFlow"), ["contrary tech", "tech"]).predicted == ("sport", "tech")
