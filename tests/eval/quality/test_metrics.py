"""Test the scores of one model: scikit-learn's numbers, and no crash, warning or NaN in edge cases."""

import math

import evaluate
import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from bakeoff.stats.confusion_counts import COUNT_METRICS, METRICS, class_scores, count_scores
from bakeoff.stats.outcomes import outcomes
from bakeoff.stats.scores import scores
from eval.quality import metrics
from tests.support.planted_logits import EDGES, always_right, assert_reported, estimates, logits

pytestmark = pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning")


def counts_of(model):
    columns = range(model.log_probabilities.shape[1])
    confusion = sklearn_metrics.confusion_matrix(model.references, model.predictions, labels=columns).astype(float)
    return confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)


@pytest.mark.parametrize("k", [2, 3, 7])
def test_scores_are_scikit_learns(k):
    references = np.random.default_rng(k).integers(0, k, 200)
    table = logits(references, k, 1.0)
    evaluation = metrics.evaluate_predictions(references, table, [str(column) for column in range(k)])
    predictions = table.argmax(axis=1)
    probabilities = np.exp(outcomes(references, table).log_probabilities)
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(references, predictions),
        "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(references, predictions),
        "macro_f1": scores(references, predictions)["macro_f1"],
        "weighted_precision": sklearn_metrics.precision_score(references, predictions, average="weighted"),
        "matthews_correlation": sklearn_metrics.matthews_corrcoef(references, predictions),
        "log_loss": sklearn_metrics.log_loss(references, probabilities),
        "brier_loss": ((probabilities - np.eye(k)[references]) ** 2).sum(axis=1).mean(),
    }
    if k > 2:
        expected["top2_accuracy"] = sklearn_metrics.top_k_accuracy_score(references, table, k=2)
    for name, value in expected.items():
        assert evaluation.metrics[name].value == pytest.approx(value), name
    assert [list(row) for row in evaluation.confusion] == sklearn_metrics.confusion_matrix(
        references, predictions
    ).tolist()
    f1 = sklearn_metrics.f1_score(references, predictions, average=None)
    assert [scored.f1.value for scored in evaluation.classes] == pytest.approx(f1.tolist())
    assert tuple(evaluation.metrics) == METRICS


@pytest.mark.parametrize("edge", EDGES)
def test_vectorised_counts_agree_with_scikit_learn_at_the_edges(edge):
    references, make = EDGES[edge]
    table = make(references)
    evaluation = metrics.evaluate_predictions(references, table, ["class"] * table.shape[1])
    vectorised = count_scores(*counts_of(outcomes(references, table)))
    of_classes = class_scores(*counts_of(outcomes(references, table)))
    for name in COUNT_METRICS:
        value = evaluation.metrics[name].value
        assert vectorised[name] == pytest.approx(np.nan if value is None else value, nan_ok=True), name
    for name, values in of_classes.items():
        listed = [getattr(scored, name).value for scored in evaluation.classes]
        assert [np.nan if value is None else value for value in listed] == pytest.approx(list(values), nan_ok=True)


@pytest.mark.parametrize("edge", EDGES)
def test_every_number_is_one_or_says_why_not(edge):
    references, make = EDGES[edge]
    table = make(references)
    assert_reported(metrics.evaluate_predictions(references, table, ["class"] * table.shape[1]))


def test_of_no_texts_nothing_is_defined():
    evaluation = metrics.evaluate_predictions([], np.empty((0, 3)), ["a", "b", "c"])
    assert_reported(evaluation)
    assert {estimate.reason for estimate in estimates(evaluation)} == {"there are no texts"}
    assert evaluation.confusion == ((0, 0, 0),) * 3


def test_a_perfect_model_scores_one_everywhere():
    references = np.arange(30) % 3
    evaluation = metrics.evaluate_predictions(references, always_right(references, 3), "abc").metrics
    losses = ("log_loss", "brier_loss")
    assert {name: estimate.value for name, estimate in evaluation.items() if name not in losses} == {
        name: pytest.approx(1.0) for name in METRICS if name not in losses
    }
    assert [evaluation[name].value for name in losses] == pytest.approx([0, 0], abs=1e-9)


def test_classes_that_do_not_occur_are_named():
    evaluation = metrics.evaluate_predictions([0, 0, 1], always_right([0, 0, 2], 4), "abcd")
    assert "predicts this class for no text" in evaluation.classes[1].precision.reason
    assert evaluation.classes[1].recall.value == 0
    assert "no text is of this class" in evaluation.classes[2].recall.reason
    assert evaluation.classes[2].precision.value == 0
    assert "none is predicted as it" in evaluation.classes[3].f1.reason


def test_one_class_has_no_correlation():
    evaluation = metrics.evaluate_predictions([0, 0], always_right([0, 1], 2), "ab").metrics["matthews_correlation"]
    assert evaluation.value is None
    assert "one class" in evaluation.reason


def test_log_loss_does_not_underflow():
    evaluation = metrics.evaluate_predictions([0], np.array([[0, 1000]], dtype=np.float32), "ab").metrics
    assert evaluation["log_loss"].value == pytest.approx(1000)
    assert evaluation["brier_loss"].value == pytest.approx(2)


def test_brier_loss_follows_brier_for_two_classes_as_well():
    evaluation = metrics.evaluate_predictions([0], np.log([[0.7, 0.3]]), "ab").metrics["brier_loss"]
    assert evaluation.value == pytest.approx(0.3**2 + 0.3**2)


def test_of_equals_the_first_is_predicted_and_ranked_first():
    evaluation = outcomes([0, 1, 2], np.zeros((3, 3)))
    assert evaluation.correct.tolist() == [True, False, False]
    assert evaluation.top2.tolist() == [True, True, False]


def test_of_two_classes_the_second_guess_is_always_left():
    references = np.arange(20) % 2
    evaluation = metrics.evaluate_predictions(references, logits(references, 2, 0.0), "ab").metrics
    assert evaluation["accuracy"].value < 1
    assert evaluation["top2_accuracy"].value == 1


def test_metrics_are_evaluates_and_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate.config, "HF_METRICS_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    accuracy = metrics.Accuracy(2)
    assert isinstance(accuracy, evaluate.Metric)
    assert accuracy.compute(predictions=[0, 1], references=[0, 0]) == {"accuracy": 0.5}
    both = evaluate.combine([accuracy, metrics.LogLoss(2)])
    evaluation = both.compute(predictions=[0], references=[0], log_probabilities=[[math.log(0.5)] * 2])
    assert evaluation == {"accuracy": 1.0, "log_loss": pytest.approx(math.log(2))}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("references", "table", "words"),
    [
        ([0], [[np.nan, 1.0]], "NaN"),
        ([0], [[np.inf, 1.0]], "infinite"),
        ([0], [[1.0]], "at least two classes"),
        ([2], [[1.0, 2.0]], "from 0 to 1"),
        ([-1], [[1.0, 2.0]], "from 0 to 1"),
        ([0, 1], [[1.0, 2.0]], "one for each row"),
        ([0.5], [[1.0, 2.0]], "column numbers"),
        ([0], [[1.0, 2.0, 3.0]], "labels"),
    ],
)
def test_what_can_not_be_scored_is_refused(references, table, words):
    with pytest.raises(ValueError, match=words):
        metrics.evaluate_predictions(references, np.array(table), "ab")
