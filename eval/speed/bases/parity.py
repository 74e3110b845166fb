"""Prove that a basis computes the same logits as another before anything is timed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.common.errors import ReportError

LIMIT = 1e-3  # largest difference of two logits; different kernels differ by some 1e-6
PLAIN = "plain text"
# Texts that tokenizers read differently, by what is special about them.
HOSTILE = {
    "nothing": "",
    "spaces only": " \t\n ",
    "punctuation only": "?!… —",
    "a literal [SEP]": "the striker [SEP] scored twice",
    "a literal [MASK] and [CLS]": "[CLS] shares [MASK] fell",
    "pieces of words": "##ing profits ##s fell",
    "combining accents": "cafe\u0301 re\u0301sume\u0301 a\u0308rger",
    "zero-width characters": "pro\u200bfits fe\u200dll\ufeff",
    "an emoji sequence": "won \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7 \U0001f44d\U0001f3fd",
    "Chinese": "股市今天下跌 markets fell",
    "right to left": "الأسهم تراجعت \u202eslid\u202c",
    "control characters": "shares\x00fell\x07 \x1b[31mfast",
    "capitals and ligatures": "ﬁnal PROFITS ǅ İstanbul STRASSE ß",
    "a word without an end": "a" * 500,
    "many words": "profits fell " * 600,
}


def texts(plain: Sequence[str]) -> list[str]:
    """Return the texts to compare: the hostile ones, then plain ones."""
    return [*HOSTILE.values(), *plain]


def compare(
    ours: Mapping[str, Sequence[Any]], theirs: Mapping[str, Sequence[Any]], basis: str, other: str, framework: str
) -> dict[str, Any]:
    """Compare the logits of texts that both read alike, and list those that they read differently.

    Args:
        ours: `logits` and `token_ids` of each of `texts(…)`, by the basis that is measured.
        theirs: The same by the basis that it is compared with; None where a library fails.
        basis: Name of the basis, for the message.
        other: Name of the basis that it is compared with.
        framework: Name of the framework, for the message.

    Raises:
        ReportError: The logits differ, or the two read no text alike.
    """
    names = [*HOSTILE, *[PLAIN] * (len(ours["logits"]) - len(HOSTILE))]
    rows = list(zip(names, ours["token_ids"], theirs["token_ids"], ours["logits"], theirs["logits"], strict=True))
    failed = [name for name, *values in rows if None in values]
    alike = [
        (name, first, second) for name, mine, others, first, second in rows if name not in failed and mine == others
    ]
    if PLAIN not in {name for name, *_ in alike}:
        raise ReportError(
            f"{framework}: {basis} and {other} read no plain text alike, so nothing was timed; train the models again, "
            "or choose another --basis."
        )
    differences = [np.abs(np.subtract(first, second)).max() for _, first, second in alike]
    worst = int(np.argmax(differences))  # the first NaN, if there is one
    largest, where = float(differences[worst]), alike[worst][0]
    if not largest <= LIMIT:
        raise ReportError(
            f"{framework}: {basis} gives logits that differ from {other} by {largest:.2g} on {where} (at most {LIMIT} "
            "is allowed), so nothing was timed; choose another --basis or mend that one."
        )
    return {
        "compared_with": other,
        "largest_difference": largest,
        "limit": LIMIT,
        "texts_compared": len(alike),
        "texts": len(rows),
        "read_differently": [name for name, mine, others, *_ in rows if name not in failed and mine != others],
        "failed": failed,
    }
