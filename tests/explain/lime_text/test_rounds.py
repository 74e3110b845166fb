"""Test LIME in rounds on planted classifiers: good and bad words in order, awkward texts, budgets, stock lime."""

import itertools
import time
from dataclasses import dataclass

import numpy as np
import pytest
from lime.lime_text import LimeTextExplainer

from bakeoff.classifiers.base import predict_proba
from bakeoff.common.errors import InputError
from explain.lime_text import sampling
from explain.lime_text.explanation import Settings
from explain.lime_text.rounds import MAX_WORDS, Subject, explain, explanations, rounds
from explain.lime_text.units import by_word
from tests.support.planted import Contrarian, WordCounter

PAIR = (WordCounter("PyTorch"), Contrarian("TensorFlow"))
WEIGHTS = {"superb": 4.0, "good": 2.0, "fine": 1.0, "poor": -1.5, "awful": -3.0}
FILLER = ["the", "of", "and", "to", "in", "that", "it", "with", "as", "for", "was", "on", "are", "by", "be", "at"]


@dataclass
class Planted(WordCounter):
    """A classifier that adds up the weights of known words, saturates as a BERT does, and records its input texts."""

    framework: str = "PyTorch"
    window: int | None = None  # characters
    slope: float = 0.5

    def __post_init__(self):
        self.asked = []

    def logits(self, texts):
        """Return logits whose second column holds the log-odds of `tech`."""
        texts = [text[: self.window] for text in texts]
        self.asked.append(list(texts))
        sums = [sum(WEIGHTS.get(word, 0) for word in set(text.split())) for text in texts]
        return np.array([[0, 6 * np.tanh(self.slope * each)] for each in sums], dtype=np.float32).reshape(-1, 2)

    def characters_read(self, text):
        """Return the number of characters that fit in the window."""
        return len(text) if self.window is None else min(len(text), self.window)


def mixed(extra=()):
    return " ".join(itertools.chain.from_iterable(itertools.zip_longest([*WEIGHTS, *extra], FILLER, fillvalue="so")))


@pytest.mark.parametrize("settings", [Settings(), Settings(target="probability"), Settings(stock=True, samples=2000)])
def test_planted_words_come_back_in_order(settings):
    (explanation,) = explain(mixed(), [Planted()], "tech", settings)
    by_weight = sorted(explanation.parts, key=lambda part: -part.weight)
    assert [part.name for part in by_weight[:2]] == ["superb", "good"]
    assert [part.name for part in by_weight[:-3:-1]] == ["awful", "poor"]
    assert {part.name for part in explanation.heaviest(5)} == set(WEIGHTS)


def test_intervals_tell_known_words_from_filler():
    (explanation,) = explain(mixed(), [Planted()], "tech")
    clear = {part.name for part in explanation.parts if not part.low <= 0 <= part.high}
    assert set(WEIGHTS) <= clear
    assert len(clear - set(WEIGHTS)) <= 2
    assert explanation.trust.level == "stable"


def test_each_models_own_answer_by_default_and_any_label_on_wish():
    own = explain("contrary tech", PAIR)
    assert [each.label for each in own] == ["tech", "sport"]
    assert [each.predicted for each in explain("contrary tech", PAIR, "sport")] == ["tech", "sport"]
    assert [each.label for each in explain("contrary tech", PAIR, "sport")] == ["sport", "sport"]
    with pytest.raises(InputError, match="'news' is not one of the models' classes"):
        explain("tech", PAIR, "news")


def test_both_models_read_the_same_texts_and_a_new_label_asks_neither():
    pair = (Planted("PyTorch"), Planted("TensorFlow"))
    *_, last = rounds(mixed(), pair)
    assert pair[0].asked == pair[1].asked
    asked = [len(each.asked) for each in pair]
    subject = Subject.of(mixed(), pair)
    other = explanations(last.samples, subject, "sport")
    assert [len(each.asked) for each in pair] == [number + 1 for number in asked]  # plus the subject's own call
    for one, two in zip(other, last.explanations, strict=True):
        assert [part.weight for part in one.parts] == pytest.approx([-part.weight for part in two.parts], abs=1e-6)


def test_a_class_against_another():
    subject = Subject.of("tech sport", PAIR)
    *_, last = rounds("tech sport", PAIR)
    (explanation, _) = explanations(last.samples, subject, "tech", "sport")
    assert explanation.against == "sport"
    (of_odds, _) = explanations(last.samples, subject, "tech", "sport", Settings(target="probability"))
    assert of_odds.target == "log-odds"
    assert of_odds.parts == explanation.parts
    with pytest.raises(InputError, match="compared with itself"):
        explanations(last.samples, subject, "tech", "tech")


def test_equal_seed_equal_result_and_another_seed_another():
    first, again, other = (explain(mixed(), [Planted()], settings=Settings(seed=seed))[0] for seed in (5, 5, 6))
    assert first == again
    assert np.array_equal(first.replicates, again.replicates)
    assert first != other


def test_sampling_ends_when_stable_and_never_beyond_the_budget():
    *_, last = rounds(mixed(), [Planted()])
    assert last.ended == "stable"
    assert last.calls < 500
    noisy = Planted(slope=50.0)
    *_, last = rounds(mixed(), [noisy], settings=Settings(samples=130))
    assert last.ended in ("samples", "stable")
    assert last.calls <= 130
    assert sum(map(len, noisy.asked)) <= 130 + 1  # plus the subject's own call


def test_time_ends_it_with_what_there_is():
    class Slow(Planted):
        def logits(self, texts):
            time.sleep(0.02)
            return super().logits(texts)

    *_, last = rounds(mixed(), [Slow()], settings=Settings(seconds=0.05))
    assert last.ended == "time"
    assert 1 < last.calls < 200
    assert last.explanations[0].parts


def test_nothing_is_asked_before_a_round_is_wanted():
    model = Planted(slope=50.0)
    running = rounds(mixed(), [model])
    next(running)
    asked = sum(map(len, model.asked))
    assert asked <= 50 + 1  # one round, plus the subject's own call
    running.close()
    assert sum(map(len, model.asked)) == asked


def test_stock_settings_refuse_more_words_than_they_can_fit_and_say_what_they_do_not_know():
    with pytest.raises(InputError, match="at most 2,000 at once"):
        explain(" ".join(f"w{number}" for number in range(2001)), [Planted()], settings=Settings(stock=True))
    text = " ".join(f"w{number}" for number in range(700)) + " superb"
    (explanation,) = explain(text, [Planted()], "tech", Settings(stock=True, samples=60))
    assert explanation.r2 is not None
    assert explanation.r2_unseen is None
    assert "too few to estimate the weights of 701 parts" in explanation.trust.reason


def test_perturbed_texts_are_scored_in_chunks():
    model = Planted(slope=50.0)
    explain(mixed(), [model])
    assert max(map(len, model.asked)) <= sampling.CHUNK


@pytest.mark.parametrize(
    "text, parts",
    [
        ("superb", 1),
        ("?!… —", 4),
        ("👍🏽 superb 👨\u200d👩\u200d👧", 3),
        ("我喜欢你。", 4),
        ("مرحبا بالعالم superb", 3),
        ("good " * 500, 1),
        ("\ud800 superb", 1),
        ("superb\x00\x1b[31m good", 3),
    ],
)
def test_awkward_texts_get_a_sound_answer(text, parts):
    (explanation,) = explain(text, [Planted()], "tech")
    assert len(explanation.parts) == parts
    assert all(np.isfinite([part.weight, part.low, part.high]).all() for part in explanation.parts)


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_text_of_nothing_gets_one_sentence(text):
    with pytest.raises(InputError, match="no visible character"):
        explain(text, [Planted()])


@pytest.mark.parametrize(
    "change",
    [
        {"samples": 5},
        {"top": 0},
        {"seed": -1},
        {"seed": 2**32},
        {"target": "logit"},
        {"seconds": 0.0},
        {"seconds": float("nan")},
    ],
)
def test_bad_settings_get_one_sentence(change):
    with pytest.raises(InputError, match="expected at least 10 samples"):
        Settings(**change)


def test_an_answer_that_never_changes_is_not_to_be_trusted():
    *_, last = rounds("nothing known here", [Planted()])
    assert last.ended == "constant"
    (explanation,) = last.explanations
    assert explanation.trust.level == "not to be trusted"
    assert "never changes, whichever words are removed" in explanation.trust.reason
    assert explanation.r2 is None


def test_what_the_model_never_reads_is_neither_perturbed_nor_weighed():
    text = mixed() + " superb unread words"
    model = Planted(window=len(mixed()))
    (explanation,) = explain(text, [model], "tech")
    assert explanation.read == len(mixed())
    assert explanation.text == text
    assert "unread" not in [part.name for part in explanation.parts]
    assert max(start for part in explanation.parts for start in part.starts) < explanation.read


def test_a_long_text_is_narrowed_down_to_the_passages_that_matter():
    plain = [f"Item {number} has word{number}a word{number}b word{number}c here." for number in range(80)]
    text = " ".join([*plain[:40], "A superb and good one.", *plain[40:], "An awful end."])
    stages = list(rounds(text, [Planted()], "tech"))
    assert stages[0].explanations[0].parts[0].name == plain[0]
    last = stages[-1]
    assert last.calls <= 500
    assert len(last.samples.units) < 2 * MAX_WORDS
    by_weight = sorted(last.explanations[0].parts, key=lambda part: part.weight)
    assert by_weight[-1].name == "superb"
    assert by_weight[0].name == "awful"


def test_thousands_of_unique_words_are_explained_within_the_budget():
    text = " ".join(f"w{number}" for number in range(4000)) + " superb"
    *_, last = rounds(text, [Planted()], "tech")
    assert last.calls <= 500
    assert last.explanations[0].heaviest(1)[0].name.endswith("superb")


@pytest.mark.parametrize("samples", [50, 300])
def test_stock_settings_give_stock_limes_weights(samples):
    text, model = mixed(), Planted(slope=0.2)
    stock = LimeTextExplainer(random_state=7).explain_instance(
        text, lambda texts: predict_proba(model, texts), labels=(1,), num_features=10**6, num_samples=samples
    )
    settings = Settings(samples=samples, target="probability", stock=True, seed=7)
    (explanation,) = explain(text, [model], "tech", settings)
    expected = dict(stock.as_list(label=1))
    assert {part.name: part.weight for part in explanation.parts} == pytest.approx(expected, abs=1e-9)
    assert explanation.r2 == pytest.approx(stock.score)


def test_draws_cover_every_level_and_follow_what_moves():
    text = " ".join(f"w{number}" for number in range(40))
    units = sampling.whole(by_word(text), [Planted()])
    random = np.random.RandomState(0)
    even = sampling.draw(units, 4000, [1], random).mean(axis=1)
    assert np.histogram(even, bins=4, range=(0, 1))[0].min() > 800
    kept = sampling.draw(units, 200, [1], random)
    low = kept.mean(axis=1) < 0.25
    noise = np.where(low, random.normal(0, 3, len(kept)), 0.0)
    learnt = sampling.Samples(units.units, kept, (np.column_stack([np.zeros(len(kept)), noise]),))
    drawn = sampling.draw(learnt, 2000, [1], random).mean(axis=1)
    assert np.mean(drawn < 0.25) > 0.7
    assert np.mean(drawn > 0.5) > 0.05
