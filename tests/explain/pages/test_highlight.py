"""Test `explain/pages/highlight.py`: every character appears once, colored on one scale, and none is markup."""

from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from explain.lime_text import rounds
from explain.pages import highlight
from tests.support.explained import HOSTILE, MODELS, findings
from tests.support.planted import WordCounter


class Tags(HTMLParser):
    """A parser that collects, as a browser would, the names of a page's elements and of their attributes."""

    def __init__(self, page):
        super().__init__()
        self.names, self.attributes = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Collect the names of a tag and of its attributes."""
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


@dataclass
class ShortSighted(WordCounter):
    """A classifier that reads 20 characters."""

    def logits(self, texts):
        """Return the logits of the first 20 characters."""
        return super().logits([text[:20] for text in texts])

    def characters_read(self, text):
        """Return the number of characters that are read."""
        return min(len(text), 20)


def pieces(text, number=0, models=MODELS):
    explanations = findings(text, models=models).explanations
    return list(highlight.pieces(explanations[number], highlight.scale(explanations)))


@pytest.mark.parametrize(
    "text", ["tech news", " a\n\n  tech,\ttech! ", HOSTILE, "!?", "科技 tech", "a" * 500 + " tech"]
)
def test_the_pieces_make_up_the_text_in_both_models(text):
    for number in (0, 1):
        joined = "".join(piece.text for piece in pieces(text, number))
        assert joined == findings(text).explanations[0].text


def test_a_word_is_colored_by_its_weight_wherever_it_stands():
    found = {piece.text: piece for piece in pieces("tech sport news tech", number=0)}
    assert (found["tech"].side, found["sport"].side) == ("for", "against")
    assert found["tech"].clear
    assert found["news"].strength < 0.05 < found["sport"].strength <= 1
    assert found["tech"].title.startswith("tech (2 times): +")


def test_one_scale_serves_both_models():
    explanations = findings("contrary tech sport", "tech").explanations
    both = [piece.strength for each in explanations for piece in highlight.pieces(each, highlight.scale(explanations))]
    assert max(both) == 1
    assert sum(strength == 1 for strength in both) == 1


def test_what_is_not_read_is_shown_as_such():
    models = (ShortSighted("PyTorch"), ShortSighted("TensorFlow"))
    *_, last = pieces("tech news and sport and more and more", models=models)
    assert (last.kind, last.text) == ("unread", "and more and more")
    page = highlight.side_by_side(findings("tech news and sport and more and more", models=models).explanations)
    assert "not read by the model" in page
    assert "the first 20 of 37 characters" in page


def test_passages_that_were_not_looked_into_are_pale(monkeypatch):
    monkeypatch.setattr(rounds, "MAX_WORDS", 5)
    explanations = findings("tech tech. News of the day. More of it here. Sport at night. All the rest.").explanations
    kinds = {piece.kind for piece in highlight.pieces(explanations[0], highlight.scale(explanations))}
    assert {"word", "passage"} <= kinds
    page = highlight.side_by_side(explanations)
    assert "not split into words" in page
    assert "--a:0.12" in page


def test_nothing_of_the_text_becomes_markup():
    models = tuple(type(each)(each.framework, labels=("sport", "<b onclick=x>tech")) for each in MODELS)
    explanations = findings(HOSTILE, models=models).explanations
    for page in (
        highlight.side_by_side(explanations),
        highlight.bars(explanations, {"PyTorch": "#111", "TensorFlow": "#222"}),
    ):
        tags = Tags(page)
        assert not tags.names & {"script", "img", "b onclick", "title"}
        assert not {name for name in tags.attributes if name.startswith("on")} | tags.attributes & {"src", "href"}
        page.encode("utf-8")
        assert "\x00" not in page


def test_a_model_that_is_not_ready_is_named():
    page = highlight.side_by_side(findings(models=MODELS[:1]).explanations, ["TensorFlow"])
    assert "TensorFlow was not ready; the status line at the top of the page says why" in page
    assert "scale for the text" in page


def test_two_classes_are_not_compared():
    assert "a different class" in highlight.side_by_side(findings("contrary tech").explanations)
    assert "a different class" not in highlight.side_by_side(findings("contrary tech", "tech").explanations)


def test_bars_share_one_reach_and_hold_their_intervals():
    explanations = findings("contrary tech sport news", "tech").explanations
    page = highlight.bars(explanations, {"PyTorch": "#111", "TensorFlow": "#222"}, ["tech"])
    assert page.count('class="name"') == 1
    assert page.count('class="track"') == 2


def test_weights_have_a_true_minus_and_three_decimals_where_they_are_probabilities():
    assert highlight.signed(-1.234, "log-odds") == "−1.23"
    assert highlight.signed(0.0126, "probability") == "+0.013"
