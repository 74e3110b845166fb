"""Describe a corpus as text for the terminal."""

from collections import Counter

import numpy as np

from bakeoff.common.tokenization import TextEncoder
from bakeoff.corpus.columns import count
from bakeoff.corpus.corpus import Corpus
from bakeoff.corpus.tables import excerpt


def profile(corpus: Corpus, tokenizer: TextEncoder, max_length: int = 128) -> str:
    """Describe a corpus as plain text for the terminal.

    Args:
        corpus: the corpus to describe.
        tokenizer: the tokenizer that measures the lengths of the texts.
        max_length: the number of tokens beyond which a text counts as truncated.
    """
    texts = [example.text for example in (*corpus.train, *corpus.test)]
    lengths = np.array([len(ids) for ids in tokenizer.encode(texts)])
    low, middle, high, top = np.percentile(lengths, [0, 50, 95, 100]).round().astype(int)
    cut = (lengths > max_length).mean()
    keys = [" ".join(text.split()) for text in texts]
    lines = [
        ("corpus", f"{corpus.name} (digest {corpus.digest[:12]})"),
        ("columns", f"text from {corpus.text_column}, label from {corpus.label_column}"),
        ("rows", f"{len(corpus.train):,} train, {len(corpus.test):,} test"),
        ("tokens", f"minimum {low:,}, median {middle:,}, 95 % {high:,}, maximum {top:,}"),
        ("truncated", f"{cut:.1%} of the texts at {max_length:,} tokens"),
        ("duplicates", count(len(keys) - len(set(keys)), "row")),
        *(("warning", warning) for warning in corpus.warnings),
    ]
    return "\n".join([*(f"{title:<12}{value}" for title, value in lines), "", *_class_lines(corpus)])


def _class_lines(corpus: Corpus) -> list[str]:
    train, test = (Counter(example.label for example in part) for part in (corpus.train, corpus.test))
    names = {label: excerpt(label, 42)[1:-1] for label in corpus.labels}
    width = max(len("class"), *map(len, names.values())) + 2
    rows = [f"{names[label]:<{width}}{train[label]:>9,}{test[label]:>9,}" for label in corpus.labels]
    return [f"{'class':<{width}}{'train':>9}{'test':>9}", *rows]
