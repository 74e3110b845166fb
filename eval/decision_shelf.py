"""The decisions that the page can open: finished ones, and evidence that a decision is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from eval import decision_evidence, decision_presets, decision_report
from eval.decision_sensitivity import Matrix
from eval.decision_weighting import Weighting
from eval.shelf import RESULTS


@dataclass(frozen=True, eq=False)
class Opened:
    """A decision, ready to be weighted.

    Attributes:
        document: as `decision_report.check` let it pass.
        matrix: of its criteria, with their draws.
    """

    document: Mapping[str, Any]
    matrix: Matrix

    def result(self, weighting: Weighting) -> dict[str, Any]:
        """What a weighting makes of it, as the document's `result` holds it; takes milliseconds."""
        return decision_report.result(self.matrix, weighting)

    def with_weights(self, weighting: Weighting) -> dict[str, Any]:
        """The document with this weighting's result in place of its own, and an id to fit."""
        made = dict(self.document) | {"result": self.result(weighting)}
        return made | {"id": decision_report.identify(made)}


def published(folder: Path = RESULTS) -> dict[str, Path]:
    """The decisions of published studies, by the study's name."""
    return {path.parent.name: path for path in sorted(folder.glob("*/decision.json"))}


def open_decision(path: Path) -> Opened:
    """A decision from its file, or made from a folder of reports with the default weights.

    Raises:
        ReportError: it can't be read or made.
    """
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    return _open(path, tuple((file, file.stat().st_mtime_ns if file.exists() else 0) for file in files))


@lru_cache(maxsize=8)
def _open(path: Path, files: tuple[tuple[Path, int], ...]) -> Opened:
    if path.is_dir():
        weighting = decision_presets.PRESETS[decision_presets.DEFAULT]
        command = f"python -m eval.decision --report {path.name} --weights {decision_presets.DEFAULT}"
        document = decision_report.build(decision_evidence.gather([path]), weighting, command)
    else:
        document = decision_report.read(path)
    return Opened(document, Matrix.of(document))
