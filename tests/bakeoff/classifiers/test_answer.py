"""Tests of answers: probabilities, predicted classes and their timing."""

import numpy as np

from bakeoff.classifiers.answer import answer, join
from tests.support.planted import WordCounter

CLASSIFIER = WordCounter("PyTorch")


def test_an_answer_has_probabilities_classes_and_time():
    result = answer(CLASSIFIER, ["tech tech tech", "sport"])
    assert result.predicted == ("tech", "sport")
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(result.confidence, [1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-1))])
    assert result.seconds > 0
    assert [max(row, key=row.get) for row in result.by_label] == ["tech", "sport"]
    assert [tuple(row.values()) for row in result.by_label] == [tuple(row) for row in result.probabilities]
    assert tuple(result.by_label[0]) == result.labels


def test_joined_answers_are_those_of_all_texts_in_order():
    texts = ["tech", "sport sport", "tech tech"]
    joined = join([answer(CLASSIFIER, texts[:2]), answer(CLASSIFIER, texts[2:])])
    whole = answer(CLASSIFIER, texts)
    np.testing.assert_array_equal(joined.probabilities, whole.probabilities)
    assert joined.predicted == whole.predicted
