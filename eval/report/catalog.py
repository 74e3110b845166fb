"""List the reports that the page can open, and load the texts that it may show with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bakeoff.common.root import ROOT
from bakeoff.corpus import corpus
from eval.report import report

RESULTS = ROOT / "results"


@dataclass(frozen=True, eq=False)  # compared by identity, because hashing or comparing all its numbers is useless
class Opened:
    """A report with the texts that it is about.

    Attributes:
        report: A document that `report.check` accepted.
        texts: The texts in the order of the report's rows; None if the corpus is not available. Reports hold no texts.
    """

    report: Mapping[str, Any]
    texts: tuple[str, ...] | None


def published(folder: Path = RESULTS) -> dict[str, Path]:
    """List the reports of published studies, by the study's name."""
    return {path.parent.name: path for path in sorted(folder.glob("*/report.json"))}


def open_report(path: Path) -> Opened:
    """Open a report from a file, with the sample corpus's texts if the report is about them.

    Raises:
        ReportError: The file is not a valid report, as in `report.read`.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0  # the file is missing, and `read` reports it
    return with_texts(_read(path, changed))


def with_texts(document: Mapping[str, Any]) -> Opened:
    """Return the report with the sample corpus's texts if the report is about them."""
    digest, texts = _sample()
    corpus_of_report = document["corpus"]
    same = corpus_of_report["digest"] == digest and corpus_of_report["texts"] == len(texts)
    return Opened(document, texts if same else None)


@lru_cache(maxsize=16)
def _read(path: Path, changed: int) -> dict[str, Any]:
    return report.read(path)


@lru_cache(maxsize=1)
def _sample() -> tuple[str, tuple[str, ...]]:
    sample = corpus.load()
    return sample.digest, tuple(example.text for example in sample.test)
