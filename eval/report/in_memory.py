"""Evaluate two models that are in memory already, step by step: what the page does with its pair.

The steps are a generator, so that whoever asks can show how far they are, and stop.
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
    """How far an evaluation is.

    Attributes:
        share: of the work that is done, 0 to 1.
        words: what comes next.
        report: the finished report; None before.
    """

    share: float
    words: str
    report: dict[str, Any] | None = None


def evaluate(classifiers: Sequence[Model], data: Corpus, *, command: str, keep: bool) -> Iterator[Step]:
    """The report of two loaded models on a corpus's test texts, without robustness; the last step holds it.

    Args:
        classifiers: PyTorch's, then TensorFlow's.
        data: only its `test` is read, and its name and digest.
        command: what the report says makes it again.
        keep: whether logits are taken from and kept in the cache on disk; a visitor's texts leave no trace.

    Raises:
        ModelError: the models don't know the corpus's classes.
    """
    provenance.check_comparable(classifiers, data)
    labels = classifiers[0].labels
    texts = [example.text for example in data.test]
    references = np.array([labels.index(example.label) for example in data.test])
    logits = {}
    for number, classifier in enumerate(classifiers):
        out = np.empty((len(texts), len(labels)), dtype=np.float32)
        for done in _fill(out, classifier, texts, keep):
            share = 0.8 * (number + done / len(texts)) / len(classifiers)
            yield Step(share, f"{classifier.framework}: {done:,} of {len(texts):,} texts")
        logits[classifier.framework] = out
    yield Step(0.8, "metrics, intervals and tests")
    made = report.build(
        {"name": data.name, "digest": data.digest, "texts": len(texts)},
        labels,
        references,
        logits,
        {each.framework: provenance.provenance(each) for each in classifiers},
        settings=SETTINGS,
        command=command,
        facets=provenance.facets(classifiers[0], data),
    )
    yield Step(1.0, "done", made)


def _fill(out: NDArray[np.float32], classifier: Model, texts: Sequence[str], keep: bool) -> Iterator[int]:
    """Write logits (n, k) into `out`; yields the number of texts that are done, 0 first."""
    yield 0
    if not keep:
        yield from logits_cache.fill(out, classifier.logits, texts)
        return
    digest = provenance.weights_digest(classifier.folder.path)
    out[:] = logits_cache.logits(classifier.logits, out.shape[1], digest, texts)
    yield len(texts)
