"""Test perturbations and robustness: awkward texts, planted weaknesses, intervals and edge cases."""

import json
import unicodedata
from dataclasses import dataclass

import numpy as np
import pytest

from eval.quality.perturbations import (
    NOTICES,
    PERTURBATIONS,
    Perturbation,
    first_half,
    typos,
    with_notice,
    without_punctuation,
)
from eval.quality.robustness import difference_of_drops, measure
from tests.support.planted import WordCounter

pytestmark = pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning")

BY_NAME = {perturbation.name: perturbation for perturbation in PERTURBATIONS}
AWKWARD = {
    "emoji": "Great match 👩‍👩‍👧 👍🏽 ❤️ 🇬🇧 1️⃣ #️⃣!",
    "emoji only": "👩‍👩‍👧👍🏽",
    "keycap only": "#️⃣",
    "Arabic": "فاز الفريق بالمباراة، أمس.",
    "Hebrew": "הקבוצה ניצחה אתמול, 3–1.",
    "Chinese": "球队昨天赢得了比赛。",
    "Japanese": "チームが昨日の試合に勝った。",
    "Thai": "ทีมชนะการแข่งขันเมื่อวานนี้",
    "Hindi": "टीम ने कल मैच जीता।",
    "Russian": "Команда вчера выиграла матч!",
    "accents apart": "cafe\u0301 re\u0301sume\u0301",
    "one word": "goal",
    "one letter": "a",
    "punctuation only": "?!… —",
    "spaces only": " \n\t ",
    "zero-width": "\u200b!",
    "leading zero-width": "\u200b word",
    "lone surrogate": "half \ud83d a pair",
    "lines": "  First line.\n\nSecond   line.  ",
}


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda perturbation: perturbation.name)
@pytest.mark.parametrize("name", AWKWARD)
def test_no_perturbation_blanks_a_text_or_breaks_a_sign(perturbation, name):
    text = AWKWARD[name]
    for seed in range(20):
        (damaged,) = perturbation.texts([text], seed)
        assert damaged
        assert bool(damaged.strip()) == bool(text.strip())
        orphans = [sign for sign in damaged[:1] if unicodedata.combining(sign)]
        assert not orphans
        added = set(damaged) - set(text) - set(text.lower()) - set(text.upper()) - set("".join(NOTICES))
        assert all(sign.isascii() for sign in added)
    assert perturbation.texts([""], 0) == [""]


@pytest.mark.parametrize("name", ["emoji only", "Arabic", "Hebrew", "Chinese", "Thai", "Hindi", "Russian"])
def test_typos_leave_other_scripts_alone(name):
    assert Perturbation("all", "", lambda text, rng: typos(text, rng, rate=1)).texts([AWKWARD[name]], 0) == [
        AWKWARD[name]
    ]


def test_a_typo_never_moves_an_accent():
    for seed in range(50):
        assert "e\u0301" in typos("cafe\u0301", np.random.default_rng(seed), rate=1)


def test_every_word_gets_one_typo_at_rate_1_and_none_at_rate_0():
    text = "the committee was booed, and left"
    for seed in range(30):
        damaged = typos(text, np.random.default_rng(seed), rate=1)
        words = list(zip(text.split(), damaged.split(), strict=True))
        assert all(old != new and abs(len(old) - len(new)) <= 1 for old, new in words)
    assert typos(text, np.random.default_rng(0), rate=0) == text


def test_about_one_word_in_ten_gets_a_typo():
    words = ["word"] * 20_000
    damaged = typos(" ".join(words), np.random.default_rng(0)).split(" ")
    assert np.mean([old != new for old, new in zip(words, damaged, strict=True)]) == pytest.approx(0.1, abs=0.01)


def test_a_substituted_letter_is_a_neighbour_on_the_keyboard():
    damaged = {typos("GG", np.random.default_rng(seed), rate=1) for seed in range(300)}
    assert {word.replace("G", "", 1) for word in damaged if len(word) == 2} == set("FHTYVB")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Don't stop: well-known, he said.", "Dont stop well known he said"),
        ("球队赢了。", "球队赢了"),
        ("#️⃣ and #tag", "#️⃣ and tag"),
        ("?!", "?!"),
        ("$5 + 3", "$5 + 3"),
    ],
)
def test_punctuation_goes_and_words_stay(text, bare):
    assert without_punctuation(text, np.random.default_rng(0)) == bare


@pytest.mark.parametrize(
    ("text", "half"),
    [("one two three", "one two"), ("one two", "one"), ("goal", "goal"), ("球队赢了", "球队"), (" a\nb c d ", " a\nb")],
)
def test_half_of_the_words_are_kept(text, half):
    assert first_half(text, np.random.default_rng(0)) == half


def test_a_notice_is_appended():
    damaged = with_notice("A goal. ", np.random.default_rng(0))
    assert damaged.startswith("A goal. ")
    assert damaged.removeprefix("A goal. ") in NOTICES


def test_a_texts_damage_depends_on_the_seed_and_not_on_its_neighbours():
    text = "the committee was asked to look at all of the numbers again"
    alone = BY_NAME["many typos"].texts([text], 3)
    assert BY_NAME["many typos"].texts(["something else", text], 3)[1:] == alone
    assert BY_NAME["many typos"].texts([text], 4) != alone


def test_not_every_text_gets_the_same_notice():
    texts = [f"goal {number}" for number in range(50)]
    damaged = BY_NAME["appended notice"].texts(texts, 0)
    notices = {new.removeprefix(f"{old} ") for old, new in zip(texts, damaged, strict=True)}
    assert notices == set(NOTICES)


@dataclass
class FirstLetters(WordCounter):
    """A classifier that uses the first letter of a class, in either case, and so ignores capitals and most typos."""

    def logits(self, texts) -> np.ndarray:
        """Count the words that begin with each class's first letter."""
        counts = [[sum(w.lower().startswith(c[0]) for w in text.split()) for c in self.labels] for text in texts]
        return np.array(counts, dtype=np.float32).reshape(len(texts), len(self.labels))


PAIR = (WordCounter("PyTorch"), FirstLetters("TensorFlow"))
TEXTS = [f"tech {number}" for number in range(60)] + [f"sport {number}" for number in range(60)]
REFERENCES = np.repeat([1, 0], 60)


def test_a_model_that_only_knows_one_spelling_loses_what_is_misspelt():
    every_word = Perturbation("every word", "a typo in every word", lambda text, rng: typos(text, rng, rate=1))
    (row,) = measure(PAIR, TEXTS, REFERENCES, 0, perturbations=[every_word])
    # Without known words, WordCounter predicts the first class, sport, so it loses all of tech and none of sport.
    assert (row.first.clean.value, row.first.perturbed.value, row.first.drop.value) == (1, 0.5, 0.5)
    assert row.first.flipped == 60
    assert row.changed == row.n == 120
    assert row.second.drop.value < 0.3
    assert row.difference.value == pytest.approx(row.second.drop.value - row.first.drop.value)
    assert row.difference.high < 0
    json.dumps(row.to_json(), allow_nan=False)


def test_each_damage_hits_the_model_that_minds_it():
    rows = {row.name: row for row in measure(PAIR, TEXTS, REFERENCES)}
    assert list(rows) == list(BY_NAME)
    assert rows["upper case"].first.drop.value == 0.5
    assert rows["upper case"].second.drop.value == 0
    assert rows["upper case"].difference.high < 0
    unharmed = rows["lower case"]
    assert unharmed.changed == 0
    assert unharmed.difference.value == 0
    assert unharmed.difference.low < 0 < unharmed.difference.high


def test_the_same_seed_gives_the_same_rows():
    assert measure(PAIR, TEXTS, REFERENCES, 5) == measure(PAIR, TEXTS, REFERENCES, 5)
    assert measure(PAIR, TEXTS, REFERENCES, 5) != measure(PAIR, TEXTS, REFERENCES, 6)


def test_progress_ends_at_the_total_and_can_cancel():
    calls = []
    measure(PAIR, TEXTS * 5, np.tile(REFERENCES, 5), progress=lambda done, total: calls.append((done, total)))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1] == (2 * 600 * (1 + len(PERTURBATIONS)),) * 2

    def cancel(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(PAIR, TEXTS, REFERENCES, progress=cancel)


EDGES = {
    "no texts": ([], []),
    "one text, right": (["tech"], [1]),
    "one text, wrong": (["tech"], [0]),
    "one class only": (["tech now", "tech then"], [1, 1]),
    "all wrong": (["tech", "sport"], [0, 1]),
    "awkward": (list(AWKWARD.values()), [0] * len(AWKWARD)),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("models", [PAIR, (PAIR[0], PAIR[0])], ids=["two models", "equal models"])
def test_everything_is_defined_or_says_why(edge, models):
    for row in measure(models, *EDGES[edge], rounds=200):
        assert "NaN" not in json.dumps(row.to_json(), allow_nan=False)
        for estimate in (row.first.clean, row.first.perturbed, row.first.drop, row.second.drop, row.difference):
            if edge == "no texts":
                assert estimate.reason == "there are no texts"
            else:
                assert estimate.low <= estimate.value <= estimate.high


@pytest.mark.parametrize(
    ("shares", "n"),
    [((0, 0.01, 0.97, 0.02, 0), 50), ((0.01, 0.05, 0.88, 0.06, 0), 100), ((0.02, 0.1, 0.7, 0.15, 0.03), 500)],
)
def test_the_interval_of_the_difference_covers_the_truth(shares, n):
    rng = np.random.default_rng(0)
    truth = np.dot(shares, np.arange(-2, 3))
    held = []
    for sample in range(500):
        gaps = rng.choice(np.arange(-2, 3), p=shares, size=n)
        second = -np.sign(gaps) * (np.abs(gaps) == 2)
        estimate = difference_of_drops(second, gaps + second, seed=sample, rounds=500)
        held.append(estimate.low <= truth <= estimate.high)
    assert np.mean(held) >= 0.93


@pytest.mark.parametrize(
    ("models", "references", "message"),
    [
        (PAIR[:1], [1], "expected two models, received 1"),
        ((PAIR[0], WordCounter("TensorFlow", labels=("tech", "sport"))), [1], "same classes"),
        (PAIR, [1, 0], "a label for each of 1 texts"),
        (PAIR, [2], "labels from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(models, references, message):
    with pytest.raises(ValueError, match=message):
        measure(models, ["tech"], references)
