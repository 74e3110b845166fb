"""Build, check, write and read the evaluation of two models as one JSON document."""

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import softmax
from bakeoff.common import processors
from bakeoff.common.errors import ReportError
from bakeoff.common.files import write_json
from bakeoff.common.json_report import identify
from eval.measure.machine import processor
from eval.report.consistency import check_parts

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")
MAX_BYTES = 64_000_000
LARGEST = 1e15  # far beyond any number of a report; larger numbers would break formatting and plotting
PACKAGES = ("torch", "transformers", "tensorflow", "keras", "keras-hub", "scikit-learn", "numpy", "evaluate")


def build(
    corpus: Mapping[str, Any],
    labels: Sequence[str],
    references: NDArray[np.int64],
    logits: Mapping[str, NDArray[np.float32]],
    models: Mapping[str, Mapping[str, Any]],
    *,
    settings: Mapping[str, Any],
    command: str,
    facets: Mapping[str, Any],
    robustness: Sequence[Mapping[str, Any]] | None = None,
    seed_logits: tuple[Sequence[NDArray[np.float32]], Sequence[NDArray[np.float32]]] | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Compute everything that a report says about two models on one test split.

    Args:
        corpus: Name, digest and number of texts of the corpus.
        labels: The classes, in the order of the columns.
        references: True class numbers (n,).
        logits: Logits (n, k) of each model, by framework, PyTorch first.
        models: Where each model comes from, by framework: id, revision, digest of the weights, recipe.
        settings: `margin`, `rounds` and `seed` of the comparison.
        command: The command line that reproduces this report.
        facets: Keyword arguments of `eval.quality.slices.slice_report` that define the slices.
        robustness: The rows of `eval.quality.robustness.measure` as JSON, if it was measured.
        seed_logits: Logits of several training runs, PyTorch's and TensorFlow's, if there are any.
        progress: Function called with a short description at each stage.
    """
    say = progress or (lambda words: None)
    report = {
        "schema": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "corpus": dict(corpus),
        "labels": list(labels),
        "models": {name: dict(model) for name, model in models.items()},
        "machine": machine(),
        "settings": dict(settings),
        **_quality(labels, references, logits, settings, facets, say),
        "robustness": None if robustness is None else list(robustness),
        "seeds": None if seed_logits is None else _seeds(references, seed_logits, settings, say),
        "predictions": {
            "references": references.tolist(),
            **{name: np.round(table.astype(float), 4).tolist() for name, table in logits.items()},
        },
    }
    # A round trip through JSON makes the report equal to what is read back.
    report = json.loads(json.dumps(report, allow_nan=False))
    report["id"] = identify(report)
    check(report, "the report")
    return report


def _quality(
    labels: Sequence[str],
    references: NDArray[np.int64],
    logits: Mapping[str, NDArray[np.float32]],
    settings: Mapping[str, Any],
    facets: Mapping[str, Any],
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Compute the parts of a report that follow from the logits of one model per framework."""
    # Imported late, because reading reports must not import `evaluate`, scikit-learn and SciPy.
    from eval.quality import disagreement, metrics, significance, slices

    first, second = logits.values()
    say("metrics")
    evaluations = {
        name: asdict(metrics.evaluate_predictions(references, table, labels)) for name, table in logits.items()
    }
    say("comparison")
    comparison = significance.compare_pair(references, first, second, labels, **settings)
    say("calibration and disagreement")
    sliced = slices.slice_report(references, first.argmax(axis=1), second.argmax(axis=1), labels, **facets)
    return {
        "comparison": asdict(comparison),
        "evaluations": evaluations,
        "calibration": {name: _calibration(references, table, settings["seed"]) for name, table in logits.items()},
        "disagreement": disagreement.compare(references, softmax(first), softmax(second)).to_json(),
        "slices": sliced.to_json(),
    }


def _seeds(
    references: NDArray[np.int64],
    seed_logits: tuple[Sequence[NDArray[np.float32]], Sequence[NDArray[np.float32]]],
    settings: Mapping[str, Any],
    say: Callable[[str], None],
) -> dict[str, Any]:
    from eval.quality import seeds  # imported late, as in `_quality`

    say("seeds")
    return asdict(seeds.compare_seeds(references, *seed_logits, **settings))


def check(report: Any, name: str) -> None:
    """Check a document against the published schema and its own id.

    Raises:
        ReportError: The document is not a report, or was changed after it was written.
    """
    import jsonschema  # imported late, because the page opens before it reads a report

    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(report))
    if error is not None:
        place = "/".join(map(str, error.absolute_path)) or "the top level"
        raise ReportError(
            f"{name} is not a report of `bakeoff evaluate`: at {place}, {error.message[:120]}; make it again."
        )
    if report["id"] != identify(report):
        raise ReportError(f"{name} was changed after it was written: its id does not match; make it again.")
    check_parts(report, name)


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, report)


def read(path: Path) -> dict[str, Any]:
    """Read a report and check it; a report is data, and nothing in it is executed.

    Raises:
        ReportError: The file is missing, too large, not JSON, or not a report.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(f"{path.name} is larger than {MAX_BYTES / 1e6:.0f} MB, too large for a report.")
        report = json.loads(
            path.read_text(encoding="utf-8"), parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number
        )
        check(report, path.name)
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(
            f"{path.name} can't be read as a report ({error}); make it with `bakeoff evaluate`."
        ) from error
    return report


def machine() -> dict[str, Any]:
    """Describe the machine that runs the evaluation: system, processor, cores, versions."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        **processors.facts(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
    }


def _calibration(references: NDArray[np.int64], logits: NDArray[np.float32], seed: int) -> dict[str, Any]:
    from eval.quality import (
        calibration,  # imported late, as in `_quality`
        risk_coverage,  # imported late, as in `_quality`
        temperature,  # imported late, as in `_quality`
    )

    return {
        "calibration": asdict(calibration.calibration(references, logits, seed=seed)),
        "temperature": asdict(temperature.temperature_scaling(references, logits, seed=seed)),
        "risk_coverage": asdict(risk_coverage.risk_coverage(references, logits, seed=seed)),
    }


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    _number(digits)
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if abs(number) > LARGEST:
        raise ValueError(f"{digits[:20]} is too large for a report")
    return number
