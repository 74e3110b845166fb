"""Evaluate two models that are already in memory, step by step, as the page does with its pair.

The steps are a generator, so that the caller can show the progress and stop.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.corpus.corpus import Corpus
from eval.quality.verdict import MARGIN
from eval.report import logits_cache, provenance, report
from eval.report.provenance import Model

SETTINGS = {"margin": MARGIN, "rounds": 2000, "seed": 0}


@dataclass(frozen=True)
class Step:
    """The progress of an evaluation.

    Attributes:
        share: Finished share of the work, 0 to 1.
        words: Description of the current work.
        report: The finished report; None before the last step.
    """

    share: float
    words: str
    report: dict[str, Any] | None = None


def evaluate(classifiers: Sequence[Model], data: Corpus, *, command: str, keep: bool) -> Iterator[Step]:
    """Evaluate two loaded models on a corpus's test texts, without robustness; the last step holds the report.

    Args:
        classifiers: PyTorch's model, then TensorFlow's.
        data: The corpus, of which only the test texts, the name and the digest are read.
        command: The command that reproduces the report, as the report states it.
        keep: Whether to read and write the cache of logits on disk; a visitor's texts must leave no trace there.

    Raises:
        ModelError: The models don't know the corpus's classes.
    """
    provenance.check_comparable(classifiers, data)
    labels = classifiers[0].labels
    texts = [example.text for example in data.test]
    references = np.array([labels.index(example.label) for example in data.test])
    logits = {}
    for number, classifier in enumerate(classifiers):
        table = np.empty((len(texts), len(labels)), dtype=np.float32)
        for done in _fill(table, classifier, texts, keep):
            share = 0.8 * (number + done / len(texts)) / len(classifiers)
            yield Step(share, f"{classifier.framework}: {done:,} of {len(texts):,} texts")
        logits[classifier.framework] = table
    yield Step(0.8, "metrics, intervals and tests")
    document = report.build(
        {"name": data.name, "digest": data.digest, "texts": len(texts)},
        labels,
        references,
        logits,
        {classifier.framework: provenance.provenance(classifier) for classifier in classifiers},
        settings=SETTINGS,
        command=command,
        facets=provenance.facets(classifiers[0], data),
    )
    yield Step(1.0, "done", document)


def _fill(table: NDArray[np.float32], classifier: Model, texts: Sequence[str], keep: bool) -> Iterator[int]:
    """Write logits (n, k) into `table`, and yield the number of finished texts, starting with 0."""
    yield 0
    if not keep:
        yield from logits_cache.fill(table, classifier.logits, texts)
        return
    digest = provenance.weights_digest(classifier.folder.path)
    table[:] = logits_cache.logits(classifier.logits, table.shape[1], digest, texts)
    yield len(texts)
