"""Compute the full set of scores of one model, with `evaluate.Metric` classes over scikit-learn that work offline.

`evaluate.load` would fetch code from the Hub. Importing `evaluate` takes seconds, so code that only needs the
definitions imports `confusion_counts`. `import eval.quality.metrics` would rebind the builtin `eval`, so write
`from eval.quality import metrics`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import datasets
import evaluate
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    matthews_corrcoef,
    precision_recall_fscore_support,
    recall_score,
)

from bakeoff.stats.confusion_counts import CLASS_METRICS, CLASS_REASONS, METRICS, ONE_CLASS
from bakeoff.stats.estimate import Estimate
from bakeoff.stats.outcomes import outcomes

NO_TEXTS = "there are no texts"
Scores = dict[str, float | NDArray[np.float64] | NDArray[np.int64] | None]  # by name; None where a score is undefined


@dataclass(frozen=True)
class ClassScores:
    """The scores of one class.

    Attributes:
        label: Name of the class.
        support: Number of texts of the class.
        predicted: Number of texts that the model predicts as the class.
        precision: Share of `predicted` that is right; undefined if `predicted` is 0.
        recall: Share of `support` that is right; undefined if `support` is 0.
        f1: Harmonic mean of precision and recall; undefined if `support` and `predicted` are both 0.
    """

    label: str
    support: int
    predicted: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True)
class Evaluation:
    """One model's scores on n texts, without intervals; `significance.compare_pair` adds the intervals.

    Attributes:
        n: Number of texts.
        labels: The classes, in the order of the logits' columns.
        metrics: Value of each of `confusion_counts.METRICS`. `log_loss` is in nats, `brier_loss` from 0 to 2,
            `matthews_correlation` from -1 to 1, and all others from 0 to 1.
        classes: Scores of each class.
        confusion: Number of texts by reference (row) and prediction (column).
    """

    n: int
    labels: tuple[str, ...]
    metrics: dict[str, Estimate]
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]


class ClassifierMetric(evaluate.Metric):  # type: ignore[misc]  # evaluate has no annotations
    """The base class of the metrics: classes are column numbers, and all data stays in memory.

    Args:
        k: Number of classes.
    """

    citation = "Pedregosa et al. 2011, Scikit-learn: Machine Learning in Python, JMLR 12"

    def __init__(self, k: int):
        self.columns = list(range(k))
        super().__init__(keep_in_memory=True)

    def _build_data_dir(self) -> str:
        # evaluate creates a folder in the user's cache even for metrics that stay in memory.
        return ""

    def _features(self) -> dict[str, datasets.Value | datasets.Sequence]:
        return {name: datasets.Value("int64") for name in ("predictions", "references")}

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.__doc__,
            citation=self.citation,
            inputs_description="",
            features=datasets.Features(self._features()),
        )

    def _compute(
        self, predictions: list[int], references: list[int], log_probabilities: list[list[float]] | None = None
    ) -> Scores:
        # evaluate.combine passes to every metric all inputs that any of them needs.
        return self._score(np.asarray(predictions), np.asarray(references))

    def _score(self, predictions: NDArray[np.int64], references: NDArray[np.int64]) -> Scores:
        """Return the metric's names and values."""
        raise NotImplementedError


class ProbabilisticMetric(ClassifierMetric):
    """The base class of metrics of probabilities, whose logarithms (n, k) are a third column of the data."""

    def _features(self) -> dict[str, datasets.Value | datasets.Sequence]:
        return {**super()._features(), "log_probabilities": datasets.Sequence(datasets.Value("float64"))}

    def _compute(  # type: ignore[override]  # evaluate passes the features above, by name
        self, predictions: list[int], references: list[int], log_probabilities: list[list[float]]
    ) -> Scores:
        return self._score_log_probabilities(np.asarray(references), np.asarray(log_probabilities))

    def _score_log_probabilities(self, references: NDArray[np.int64], log_probabilities: NDArray[np.float64]) -> Scores:
        """Return the metric's names and values."""
        raise NotImplementedError


class Accuracy(ClassifierMetric):
    """Share of the texts whose prediction is right."""

    def _score(self, predictions: NDArray[np.int64], references: NDArray[np.int64]) -> Scores:
        return {"accuracy": float(accuracy_score(references, predictions))}


class BalancedAccuracy(ClassifierMetric):
    """Mean recall of the classes that occur in the references (Brodersen et al. 2010)."""

    def _score(self, predictions: NDArray[np.int64], references: NDArray[np.int64]) -> Scores:
        # balanced_accuracy_score computes the same, but warns of every predicted class without texts.
        present = np.unique(references)
        recall = recall_score(references, predictions, labels=present, average="macro", zero_division=0.0)
        return {"balanced_accuracy": float(recall)}


class AveragedScores(ClassifierMetric):
    """Precision, recall and F1, averaged over the classes that occur: equally, and weighted by their texts."""

    def _score(self, predictions: NDArray[np.int64], references: NDArray[np.int64]) -> Scores:
        averages: Scores = {}
        for average in ("macro", "weighted"):
            scores = precision_recall_fscore_support(references, predictions, average=average, zero_division=0.0)
            averages |= {
                f"{average}_{name}": float(score) for name, score in zip(CLASS_METRICS, scores[:3], strict=True)
            }
        return averages


class MatthewsCorrelation(ClassifierMetric):
    """Correlation of references and predictions (Gorodkin 2004); None where either has no variance."""

    def _score(self, predictions: NDArray[np.int64], references: NDArray[np.int64]) -> Scores:
        if len(np.unique(references)) < 2 or len(np.unique(predictions)) < 2:
            return {"matthews_correlation": None}
        return {"matthews_correlation": float(matthews_corrcoef(references, predictions))}


class Top2Accuracy(ProbabilisticMetric):
    """Share of the texts whose reference is among the two most probable classes; always 1 with two classes.

    Equal probabilities are ranked as argmax does, first column first. scikit-learn's ranking would contradict accuracy.
    """

    def _score_log_probabilities(self, references: NDArray[np.int64], log_probabilities: NDArray[np.float64]) -> Scores:
        return {"top2_accuracy": float(outcomes(references, log_probabilities).top2.mean())}


class LogLoss(ProbabilisticMetric):
    """Mean negative log-probability of the reference in nats, computed from logarithms without clipping or infinity."""

    def _score_log_probabilities(self, references: NDArray[np.int64], log_probabilities: NDArray[np.float64]) -> Scores:
        return {"log_loss": float(outcomes(references, log_probabilities).log_loss.mean())}


class BrierLoss(ProbabilisticMetric):
    """Mean squared distance of the probabilities from the one-hot reference, summed over the classes: 0 to 2.

    This is Brier's own convention (Brier 1950). For two classes it is twice the usual two-class score.
    """

    def _score_log_probabilities(self, references: NDArray[np.int64], log_probabilities: NDArray[np.float64]) -> Scores:
        probabilities = np.exp(log_probabilities)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        loss = brier_score_loss(references, probabilities, scale_by_half=False, labels=self.columns)
        return {"brier_loss": float(loss)}


class PerClassScores(ClassifierMetric):
    """Precision, recall and F1 of each class, as (k,) arrays; 0 where a denominator is 0."""

    def _score(self, predictions: NDArray[np.int64], references: NDArray[np.int64]) -> Scores:
        scores = precision_recall_fscore_support(references, predictions, labels=self.columns, zero_division=0.0)
        return dict(zip(CLASS_METRICS, scores[:3], strict=True))


class ConfusionMatrix(ClassifierMetric):
    """Texts by reference (row) and prediction (column), as a (k, k) array."""

    def _score(self, predictions: NDArray[np.int64], references: NDArray[np.int64]) -> Scores:
        return {"confusion": confusion_matrix(references, predictions, labels=self.columns)}


METRIC_CLASSES = (
    Accuracy,
    BalancedAccuracy,
    AveragedScores,
    MatthewsCorrelation,
    Top2Accuracy,
    LogLoss,
    BrierLoss,
    PerClassScores,
    ConfusionMatrix,
)


def combined_metrics(k: int) -> evaluate.CombinedEvaluations:
    """Combine all metrics of k classes; `compute` takes predictions, references and log_probabilities."""
    return evaluate.combine([metric(k) for metric in METRIC_CLASSES])


def evaluate_predictions(
    references: Sequence[int] | NDArray[np.integer], logits: NDArray[np.float32], labels: Sequence[str]
) -> Evaluation:
    """Score one model.

    Args:
        references: The right class of each text, 0 to k-1; (n,) integers. With n = 0, no score is defined.
        logits: The logits, (n, k) finite floats.
        labels: The k classes, in the order of the columns.

    Raises:
        ValueError: Shapes, classes or logits are invalid.
    """
    texts = outcomes(references, logits)
    n, k = texts.log_probabilities.shape
    if len(labels) != k:
        raise ValueError(f"logits have {k} columns for {len(labels)} labels")
    if n == 0:
        return _nothing(tuple(labels))
    scores = combined_metrics(k).compute(
        predictions=texts.predictions,
        references=texts.references,
        log_probabilities=texts.log_probabilities,
    )
    confusion = scores["confusion"]
    return Evaluation(
        n=n,
        labels=tuple(labels),
        metrics={
            name: Estimate(scores[name], reason="" if scores[name] is not None else ONE_CLASS) for name in METRICS
        },
        classes=tuple(_class_scores(label, column, scores, confusion) for column, label in enumerate(labels)),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def _class_scores(
    label: str, column: int, scores: Mapping[str, NDArray[np.float64]], confusion: NDArray[np.int64]
) -> ClassScores:
    support = int(confusion[column].sum())
    predicted = int(confusion[:, column].sum())
    denominators = {"precision": predicted, "recall": support, "f1": support + predicted}
    estimates = {
        name: Estimate(float(scores[name][column]))
        if denominators[name]
        else Estimate(None, reason=CLASS_REASONS[name])
        for name in CLASS_METRICS
    }
    return ClassScores(label, support, predicted, **estimates)


def _nothing(labels: tuple[str, ...]) -> Evaluation:
    none = Estimate(None, reason=NO_TEXTS)
    return Evaluation(
        n=0,
        labels=labels,
        metrics=dict.fromkeys(METRICS, none),
        classes=tuple(ClassScores(label, 0, 0, none, none, none) for label in labels),
        confusion=tuple((0,) * len(labels) for _ in labels),
    )
