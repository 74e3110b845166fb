"""Check a corpus and print its profile.

bakeoff corpus
bakeoff corpus news.csv --test more_news.csv --text-column title+content
bakeoff corpus SetFit/bbc-news --drop-duplicates
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bakeoff.common import embedded, options, tokenization
from bakeoff.common.errors import one_sentence_errors
from bakeoff.common.files import json_text
from bakeoff.corpus.corpus import Corpus, add_corpus, from_options
from bakeoff.corpus.profile import profile


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = options.command("corpus", __doc__, "bakeoff corpus news.csv --text-column title+content")
    command.add_argument(
        "corpus", metavar="FILE_OR_ID", nargs="?", default=argparse.SUPPRESS, help="the same as --corpus"
    )
    add_corpus(command, "to check")
    command.add_argument(
        "--max-length", type=int, default=128, metavar="TOKENS", help="count texts that are longer as truncated"
    )
    options.add_json(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Print the profile of a corpus: 0 when it can be trained on, 2 with one sentence when not."""
    arguments = parser().parse_args(argv)
    data = from_options(arguments)
    if arguments.json:
        print(json_text(as_json(data)), end="")
    else:
        print(profile(data, tokenization.load(embedded.folder()), arguments.max_length))
    return 0


def as_json(data: Corpus) -> dict[str, Any]:
    """Return what the corpus holds: its digest, its columns, and the number of texts of each class in both parts."""
    return {
        "name": data.name,
        "digest": data.digest,
        "text_column": data.text_column,
        "label_column": data.label_column,
        "train": {label: Counter(example.label for example in data.train)[label] for label in data.labels},
        "test": {label: Counter(example.label for example in data.test)[label] for label in data.labels},
        "warnings": list(data.warnings),
    }


if __name__ == "__main__":
    sys.exit(main())
