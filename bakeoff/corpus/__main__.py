"""Check a corpus and print its profile.

python -m bakeoff.corpus sample
python -m bakeoff.corpus news.csv --test more_news.csv --text-column title+content
python -m bakeoff.corpus SetFit/bbc-news --drop-duplicates
"""

import argparse
import sys
from collections.abc import Sequence

from bakeoff.common import embedded, tokenization
from bakeoff.common.errors import one_sentence_errors
from bakeoff.corpus.corpus import SAMPLE, add_options, from_options
from bakeoff.corpus.profile import profile


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(prog="python -m bakeoff.corpus", description=__doc__.split("\n")[0])
    command.add_argument("corpus", metavar="FILE_OR_ID", nargs="?", default=SAMPLE)
    add_options(command)
    command.add_argument("--max-length", type=int, default=128, metavar="TOKENS")
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Print the profile of a corpus: 0 when it can be trained on, 2 with one sentence when not."""
    arguments = parser().parse_args(argv)
    print(profile(from_options(arguments), tokenization.load(embedded.folder()), arguments.max_length))
    return 0


if __name__ == "__main__":
    sys.exit(main())
