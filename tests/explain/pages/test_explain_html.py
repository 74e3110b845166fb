"""Test `explain/pages/html_report.py`: the page to download holds everything and runs nothing."""

import re

import pytest

from explain.pages.curves import Axis, numbers
from explain.pages.html_report import page
from tests.explain.pages.test_highlight import Tags
from tests.support.explained import HOSTILE, MODELS, findings, session

COLORS = {"PyTorch": "#111111", "TensorFlow": "#222222"}


def test_the_page_holds_texts_settings_table_agreement_and_curves():
    shown = page(findings("tech news today", "tech"), COLORS)
    for held in ("PyTorch: why tech?", "TensorFlow: why tech?", "seed", "revision local", "lime 0", "rank correlation"):
        assert held in shown
    assert shown.count("<polyline") == 8  # four curves, and four keys
    assert shown.count('<td class="word">') == 3
    assert "stable" in shown


def test_nothing_of_a_hostile_text_runs():
    models = tuple(type(each)(each.framework, labels=("sport", "</style><script>x</script>")) for each in MODELS)
    shown = page(findings(HOSTILE, models=models), COLORS)
    tags = Tags(shown)
    assert not tags.names & {"script", "img", "iframe", "link", "object"}
    assert not {name for name in tags.attributes if name.startswith("on")} | tags.attributes & {"src", "href"}
    assert shown.count("</style>") == 2
    assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", shown)
    assert "default-src 'none'" in shown
    shown.encode("utf-8")


@pytest.mark.parametrize("models", [MODELS, MODELS[:1]])
def test_a_stopped_explanation_has_a_page_without_curves(models):
    shown = page(session(models=models).findings, COLORS)
    assert "<polyline" not in shown


def test_the_disagreement_has_its_words_first():
    shown = page(session("a news item says contrary tech").disagreement().findings, COLORS)
    assert "most push the two models apart" in shown
    assert "why tech and not sport?" in shown


@pytest.mark.parametrize("low, high", [(0, 1), (-3.2, 8.1), (-0.001, 0.001), (0, 30), (-250, 40)])
def test_ticks_are_few_round_and_inside(low, high):
    ticks = Axis(low, high, 0, 100).ticks()
    assert 2 <= len(ticks) <= 8
    assert all(-1e-6 <= place <= 100 + 1e-6 for place, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks)


def test_numbers_say_how_to_read_them():
    found = findings("tech sport news today and eight more words so that ten make a top", "tech")
    rows = numbers(found.agreement, found.measured)
    assert len(rows) == 7
    assert (rows[0][0], rows[0][2]) == ("same words in the top 10", "1: both rely on the same words")
    assert 0.1 <= float(rows[0][1]) <= 1
