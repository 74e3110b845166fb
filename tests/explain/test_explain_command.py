"""Test `bakeoff explain` and `bakeoff summarize`, on tiny models as a user would, and on planted ones."""

import csv
import io
import json

import numpy as np
import pytest
from rich.console import Console

from explain import __main__ as command
from explain.findings import Findings
from explain.lime_text.explanation import Settings
from explain.lime_text.rounds import explain
from explain.pages import terminal
from explain.summary import __main__ as summary_command
from explain.summary import effects as summary_effects
from explain.summary import page as summary_page
from tests.explain.lime_text.test_rounds import FILLER, Planted, mixed
from tests.support.planted import Contrarian, WordCounter

PAIR = (WordCounter("PyTorch"), Contrarian("TensorFlow"))
HOSTILE = ("<script>alert(1)</script>", "=1+1", "[bold]")


@pytest.fixture
def planted_pair(monkeypatch):
    """Make both commands load planted models, whatever folders are named."""
    for module in (command, summary_command):
        monkeypatch.setattr(module, "load_named", lambda _: PAIR)


def shown(explanations):
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system="truecolor")
    terminal.show(console, Findings(explanations, Settings(), 100, "stable"))
    return console.file.getvalue()


@pytest.mark.slow
def test_real_models_are_explained_from_a_file(tiny_runs, tmp_path, capsys):
    (tmp_path / "item.txt").write_text("\ufeffThe striker scored twice as shares fell", encoding="utf-8")
    models = [str(tiny_runs / framework) for framework in ("pytorch", "tensorflow")]
    assert command.main(["--models", *models, "--file", str(tmp_path / "item.txt"), "--samples", "60", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["text"] == "The striker scored twice as shares fell"
    assert [each["framework"] for each in document["models"]] == ["PyTorch", "TensorFlow"]
    assert {row["word"] for row in document["table"]} == set(document["text"].split())
    assert document["models"][1]["faithfulness"]["deletion"]["removed"][0] == 0
    assert document["calls"] <= 60


@pytest.mark.usefixtures("planted_pair")
def test_the_terminal_shows_both_texts_and_the_table(capsys):
    assert command.main(["--models", "a", "b", "--text", "contrary tech sport tech", "--label", "tech"]) == 0
    printed = capsys.readouterr().out
    assert "PyTorch says tech" in printed
    assert "TensorFlow says sport" in printed
    assert "Words that push the two models apart: " in printed
    assert "perturbed texts in " in printed


@pytest.mark.usefixtures("planted_pair")
@pytest.mark.parametrize(
    "flags, sentence",
    [
        (["--text", " "], "The text is empty"),
        (["--text", "x" * 20_001], "at most 20,000"),
        (["--file", "absent.txt"], "absent.txt can't be read"),
        (["--text", "tech", "--label", "news"], "'news' is not one of the models' classes"),
        (["--text", "tech", "--samples", "3"], "expected at least 10 samples"),
    ],
)
def test_bad_input_gets_one_sentence(flags, sentence, capsys):
    assert command.main(["--models", "a", "b", *flags]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed


def test_a_file_that_is_no_utf8_gets_one_sentence(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(command.InputError, match="not UTF-8 text"):
        command.read(str(tmp_path / "latin.txt"))


def test_colors_follow_weights_and_unread_text_is_gray():
    model = Planted(window=len(mixed()))
    (found,) = explain(mixed() + " unread", [model], "tech")
    text = terminal.highlighted(found, max(abs(part.weight) for part in found.parts))
    styles = {text.plain[span.start : span.end]: span.style for span in text.spans}
    assert styles["superb"] == f"black on rgb({','.join(map(str, terminal.FOR))})"
    assert "rgb(255," in styles["awful"] or "rgb(2" in styles["awful"]
    assert any(style == terminal.UNREAD for style in styles.values())
    assert "not read by PyTorch" in text.plain


def test_nothing_of_a_text_steers_the_terminal():
    text = "tech [bold red]x[/] \x1b[2J \x07 sport"
    hostile = [WordCounter(name, labels=("[/x]", "[red]tech[/red]")) for name in ("PyTorch", "TensorFlow")]
    assert "[red]tech[/red]" in shown(explain(text, hostile, "[red]tech[/red]"))
    assert "[/x]" in shown(explain(text, hostile, "[/x]"))
    printed = shown(explain(text, PAIR))
    assert "[bold red]" in printed
    assert "\x1b[2J" not in printed
    assert "\x07" not in printed


@pytest.mark.usefixtures("planted_pair")
def test_the_disagreement_is_explained_and_written(tmp_path, capsys):
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    flags = ["--disagreement", "--html", str(page), "--csv", str(table), "--samples", "60"]
    assert command.main(["--models", "a", "b", "--text", f"contrary tech {HOSTILE[0]}", *flags]) == 0
    assert "against sport" in capsys.readouterr().out
    assert "<script" not in page.read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert {rows[0]["word"], rows[1]["word"]} == {"contrary", "tech"}


def test_models_that_answer_differently_are_not_subtracted():
    printed = shown(explain("contrary tech", PAIR))
    assert "minus" not in printed
    assert "--disagreement" in printed


def test_the_json_has_no_nan(planted_pair, capsys):
    assert command.main(["--models", "a", "b", "--text", "nothing here is known", "--json"]) == 0
    document = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert document["agreement"]["rank_correlation"]["value"] is None
    assert document["ended"] == "constant"


def planted_summary(top=3):
    texts = [f"{word} {' '.join(FILLER[start : start + 5])}" for start in range(6) for word in ("superb", "awful")]
    model = Planted()
    sampled = summary_command.sample_all(
        texts, [model, Planted("TensorFlow", slope=0.25)], Settings(samples=60, seconds=None)
    )
    return summary_effects.summarize(sampled, model.labels, top)


def test_the_summary_names_the_planted_words_of_each_class():
    rows = planted_summary()
    assert [(row.label, row.word) for row in rows if row.label == "tech"][0] == ("tech", "superb")
    assert [(row.label, row.word) for row in rows if row.label == "sport"][0] == ("sport", "awful")
    first = rows[0]
    assert first.texts == 6
    assert first.effects[0].low <= first.effects[0].value <= first.effects[0].high
    assert first.difference.value == pytest.approx(first.effects[1].value - first.effects[0].value)


def test_the_mean_and_its_interval_are_students():
    found = summary_effects._mean(np.array([1.0, 2.0, 3.0, 4.0]))
    # scipy.stats.t.interval(0.95, 3, 2.5, scipy.stats.sem([1, 2, 3, 4]))
    assert (found.value, found.low, found.high) == pytest.approx((2.5, 0.44572, 4.55428), abs=1e-4)


@pytest.mark.usefixtures("planted_pair")
@pytest.mark.parametrize("suffix", [".html", ".csv", ".json"])
def test_the_summary_is_printed_and_written(suffix, tmp_path, capsys):
    output = tmp_path / f"summary{suffix}"
    flags = ["--texts", "12", "--samples", "40", "--output", str(output)]
    assert summary_command.main(["--models", "a", "b", *flags]) == 0
    assert "over 12 texts of sample" in capsys.readouterr().out
    document = output.read_text(encoding="utf-8")
    assert "TensorFlow" in document or "tensorflow" in document
    assert list(tmp_path.iterdir()) == [output]


def test_the_page_and_the_csv_of_the_summary_run_nothing():
    rows = [
        summary_effects._row("<b>tech</b>", word, np.array([[1.0, 1.1], [1.2, 1.3], [0.9, 1.0]])) for word in HOSTILE
    ]
    page = summary_page.as_html(rows, PAIR, "<i>corpus", 3)
    assert "<script" not in page
    assert "<b>tech" not in page
    assert "<i>corpus" not in page
    assert page.count("Use more texts") == len(PAIR[0].labels)  # none of these rows is of their classes
    table = list(csv.DictReader(io.StringIO(summary_page.as_csv(rows, PAIR, "corpus", 3))))
    assert [row["word"] for row in table] == [HOSTILE[0], "'=1+1", HOSTILE[2]]
    assert float(table[0]["difference_value"]) == pytest.approx(0.1)
    assert json.loads(summary_page.as_json(rows, PAIR, "corpus", 3))["rows"][1]["word"] == "=1+1"


@pytest.mark.parametrize(
    "flags, sentence",
    [(["--output", "summary.txt"], "one of .html, .csv, .json"), (["--texts", "2"], "--texts is at least 3")],
)
def test_a_summary_that_can_not_be_made_gets_one_sentence(flags, sentence, capsys):
    assert summary_command.main(["--models", "a", "b", *flags]) == 2
    assert sentence in capsys.readouterr().err
