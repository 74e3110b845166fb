"""The reports that the page can open, and the texts that it may show with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bakeoff.common.root import ROOT
from bakeoff.corpus import corpus
from eval.report import report

RESULTS = ROOT / "results"


@dataclass(frozen=True, eq=False)  # compared as one object: hashing or comparing all its numbers has no use
class Opened:
    """A report with the texts that it is about.

    Attributes:
        report: a document that `report.check` let pass.
        texts: in the order of the report's rows; None where the corpus is not at hand. Reports hold none themselves.
    """

    report: Mapping[str, Any]
    texts: tuple[str, ...] | None


def published(folder: Path = RESULTS) -> dict[str, Path]:
    """The reports of published studies, by the study's name."""
    return {path.parent.name: path for path in sorted(folder.glob("*/report.json"))}


def open_report(path: Path) -> Opened:
    """A report from a file, with the sample's texts where it is about them.

    Raises:
        ReportError: as `report.read` does.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0  # absent: read says so
    return with_texts(_read(path, changed))


def with_texts(made: Mapping[str, Any]) -> Opened:
    """The report, with the sample's texts where it is about them."""
    digest, texts = _sample()
    return Opened(made, texts if made["corpus"]["digest"] == digest and made["corpus"]["texts"] == len(texts) else None)


@lru_cache(maxsize=16)
def _read(path: Path, changed: int) -> dict[str, Any]:
    return report.read(path)


@lru_cache(maxsize=1)
def _sample() -> tuple[str, tuple[str, ...]]:
    sample = corpus.load()
    return sample.digest, tuple(example.text for example in sample.test)
