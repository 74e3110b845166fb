"""Check that the framework is the only difference: move each model's weights into the other framework and compare.

bakeoff parity --models runs/demo
bakeoff parity USER/NAME-pytorch USER/NAME-tensorflow --corpus SetFit/bbc-news
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bakeoff.classifiers.base import BertClassifier
from bakeoff.classifiers.options import add_models, load_named
from bakeoff.classifiers.pair import Pair
from bakeoff.common import options
from bakeoff.common.errors import InputError, ModelError, ReportError, one_sentence_errors
from bakeoff.common.files import export, json_text
from bakeoff.corpus import corpus

LOGIT_LIMIT = 1e-5
# Tokenizers are known to differ on these texts. The token ids are compared on them too, whatever the corpus holds.
HOSTILE_TEXTS = (
    "",
    " \t\n ",
    "a literal [SEP] and [CLS] [MASK] [PAD] [UNK] in the text",
    "cafe\u0301 na\u00efve \u1e9e \u0130stanbul \ufb01ance\u0301",
    "zero\u200bwidth\u200djoiner\ufeff and soft\u00adhyphen",
    "👩\u200d👩\u200d👧 🇬🇧 👍🏽 emoji",
    "北京 2008 オリンピック 한국어",
    "مرحبا بالعالم שלום",
    "tab\tnew\nline\r\ncontrol\x00\x07",
    "half a pair \ud83d alone",
    "supercalifragilistic" * 20,
    "¿¡—…“”‘’«»€£¥§",
)


@dataclass(frozen=True)
class Row:
    """One line of the parity table: the comparison, its figure, and the largest figure that is accepted."""

    name: str
    value: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether the figure is within the limit."""
        return self.value <= self.limit


def compare(pair: Pair, texts: Sequence[str]) -> tuple[Row, ...]:
    """Return the parity table of two models on these texts; the pair's weights are exchanged and put back.

    Don't call it on classifiers that answer visitors at the same time.

    Raises:
        ModelError: the two models have different architectures.
    """
    _check_architectures(pair)
    rows = []
    for source, target in ((pair.pytorch, pair.tensorflow), (pair.tensorflow, pair.pytorch)):
        expected, received = source.logits(texts), _with_weights_of(source, target, texts)
        moved = f"{source.framework} weights in {target.framework}"
        rows.append(Row(f"{moved}: largest logit difference", float(np.abs(expected - received).max()), LOGIT_LIMIT))
        flips = int((expected.argmax(axis=1) != received.argmax(axis=1)).sum())
        rows.append(Row(f"{moved}: label flips in {len(texts)} texts", flips, 0))
    rows.append(Row("token-id mismatches, corpus", _mismatches(pair, texts), 0))
    rows.append(Row(f"token-id mismatches, {len(HOSTILE_TEXTS)} hostile texts", _mismatches(pair, HOSTILE_TEXTS), 0))
    return tuple(rows)


def _check_architectures(pair: Pair) -> None:
    one, other = ({name: array.shape for name, array in model.weights().items()} for model in pair)
    if differing := sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)):
        raise ModelError(
            f"the two models are of different architectures ({len(differing)} weights differ in shape, such as "
            f"{differing[0]}), so no weights can be exchanged; train both from the same encoder."
        )


def _with_weights_of(source: BertClassifier, target: BertClassifier, texts: Sequence[str]) -> np.ndarray:
    own = target.weights()
    target.set_weights(source.weights())
    try:
        return target.logits(texts)
    finally:
        target.set_weights(own)


def _mismatches(pair: Pair, texts: Sequence[str]) -> int:
    one, other = (classifier.text_encoder.encode(texts) for classifier in pair)
    return sum(not np.array_equal(ids, others) for ids, others in zip(one, other, strict=True))


def table(rows: Sequence[Row]) -> str:
    """Format the rows as aligned text."""
    width = max(len(row.name) for row in rows)
    lines = [
        f"{row.name:<{width}}  {row.value:>9.3g}  limit {row.limit:<7g} {'holds' if row.holds else 'BROKEN'}"
        for row in rows
    ]
    return "\n".join(lines)


def report(pair: Pair, data: corpus.Corpus, rows: Sequence[Row]) -> dict:
    """Return the rows with the corpus and the models that they were measured on."""
    return {
        "corpus": {"name": data.name, "digest": data.digest, "texts": len(data.test)},
        "revisions": {classifier.framework: classifier.revision for classifier in pair},
        "rows": [asdict(row) | {"holds": row.holds} for row in rows],
    }


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = options.command("parity", __doc__, "bakeoff parity --models runs/demo")
    command.add_argument("model", nargs="*", metavar="MODEL", help="the same as --models")
    add_models(command, required=False)
    corpus.add_corpus(command, "whose test split is used")
    options.add_output(command, "also write the table as JSON")
    options.add_json(command)
    options.add_quiet(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; return 0 if every row is within its limit, and 1 otherwise."""
    arguments = parser().parse_args(argv)
    if bool(arguments.model) == bool(arguments.models):
        raise InputError("name the two models once: `bakeoff parity --models runs/demo`, or one model after the other.")
    data = corpus.from_options(arguments)
    pair = load_named(arguments.models or arguments.model)
    rows = compare(pair, [example.text for example in data.test])
    document = json_text(report(pair, data, rows))
    if arguments.output:
        export(arguments.output, document, ReportError)
        options.note(arguments, f"table written to {arguments.output}")
    print(document if arguments.json else table(rows), end="" if arguments.json else "\n")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
