"""Tests of the shipped sample: the number of items, their form, and that no two are similar."""

from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from bakeoff.corpus import corpus

LABELS = ("business", "entertainment", "politics", "sport", "tech")


@pytest.fixture(scope="module")
def sample() -> corpus.Corpus:
    return corpus.load()


@pytest.fixture(scope="module")
def items(sample) -> tuple[corpus.Example, ...]:
    return sample.train + sample.test


def test_it_has_sixty_train_and_twenty_test_items_of_each_class(sample):
    assert sample.name == "sample"
    assert sample.labels == LABELS
    assert Counter(item.label for item in sample.train) == dict.fromkeys(LABELS, 60)
    assert Counter(item.label for item in sample.test) == dict.fromkeys(LABELS, 20)
    assert sample.warnings == ()


def test_each_item_has_25_to_70_words(items):
    counts = {item.text: len(item.text.split()) for item in items}
    assert {text: words for text, words in counts.items() if not 25 <= words <= 70} == {}


def test_each_item_is_one_clean_line(items):
    unclean = [item.text for item in items if item.text != " ".join(item.text.split()) or not item.text.isprintable()]
    assert unclean == []


def test_at_least_sixty_items_sit_near_a_boundary(items):
    near = [item for item in items if item.columns["near"]]
    assert len(near) >= 60
    assert [item.text for item in near if item.columns["near"] not in set(LABELS) - {item.label}] == []


def test_no_two_items_are_alike(items):
    texts = [item.text for item in items]
    weights = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(texts)
    similarity = (weights @ weights.T).toarray()
    np.fill_diagonal(similarity, 0)
    pairs = [(texts[i], texts[j]) for i, j in np.argwhere(similarity >= 0.5) if i < j]
    assert pairs == []


def test_no_two_items_share_a_phrase_of_eight_words(items):
    first_with: dict[tuple[str, ...], int] = {}
    shared = []
    for number, item in enumerate(items):
        words = "".join(char if char.isalnum() else " " for char in item.text.lower()).split()
        for phrase in zip(*(words[start:] for start in range(8)), strict=False):
            if first_with.setdefault(phrase, number) != number:
                shared.append(" ".join(phrase))
    assert shared == []
