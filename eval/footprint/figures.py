"""Turn logged sizes and starts into the figures of the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.stats.estimate import Estimate
from eval.footprint.variants import Contents
from eval.measure import timing

# The seconds of a start, as stage from which and stage at which they end.
SPANS = {
    "import_seconds": ("interpreter", "imported"),
    "load_seconds": ("imported", "loaded"),
    "first_call_seconds": ("loaded", "answered"),
}
PEAKS = ("loaded_bytes", "answered_bytes")
NOT_ASKED = "not measured here; run `bakeoff footprint --models MODELS --environments FOLDER --install {word}`"


def disk(contents: Contents, logged: Mapping[str, Any] | None, reason: str = "") -> dict[str, Any]:
    """Return the size of an environment's packages.

    Args:
        contents: The environment.
        logged: The date and the wheels with their sizes; None if they were never found out.
        reason: Why they can't be found out today; empty if they were, or if nobody tried.
    """
    if logged is None:
        return {
            "unpacked_bytes": None,
            "download_bytes": None,
            "resolved": None,
            "build": None,
            "wheels": [],
            "reason": reason,
        }
    wheels = sorted(logged["wheels"], key=lambda wheel: -wheel["unpacked_bytes"])
    return {
        "unpacked_bytes": sum(wheel["unpacked_bytes"] for wheel in wheels),
        "download_bytes": sum(wheel["download_bytes"] for wheel in wheels),
        "resolved": logged["date"],
        "build": _build(contents, wheels),
        "wheels": wheels,
        "reason": reason,
    }


def _build(contents: Contents, wheels: Sequence[Mapping[str, Any]]) -> str:
    """Name the build by the wheel that computes, and by NVIDIA's libraries beside it."""
    file = next((wheel["file"] for wheel in wheels if _same(wheel["name"], contents.main)), contents.main)
    nvidia = sum(wheel["name"].startswith("nvidia-") for wheel in wheels)
    return f"{file}, NVIDIA packages: {nvidia}" if nvidia else file


def _same(name: str, other: str) -> bool:
    return name.lower().replace("_", "-") == other


def start(starts: Sequence[Mapping[str, Any]], reason: str = "") -> dict[str, Any]:
    """Return the seconds of a start, by stage; see `eval.footprint.serving.run` for the stages."""
    spans: dict[str, Estimate | None] = dict.fromkeys(("cold_start_seconds", *SPANS))
    if starts:
        seconds = [one["seconds"] for one in starts]
        spans["cold_start_seconds"] = timing.median([stages["answered"] for stages in seconds])
        for name, (begin, end) in SPANS.items():
            spans[name] = timing.median([stages[end] - stages[begin] for stages in seconds])
    return {**spans, "processes": len(starts), "build": _named(starts), "reason": reason}


def memory(starts: Sequence[Mapping[str, Any]], reason: str = "") -> dict[str, Any]:
    """Return the median of the peak resident memory, after loading and after the first answer."""
    peaks = {name: int(timing.median([one[name] for one in starts]).value) if starts else None for name in PEAKS}
    return {**peaks, "processes": len(starts), "build": _named(starts), "reason": reason}


def _named(starts: Sequence[Mapping[str, Any]]) -> str | None:
    return starts[-1]["build"] if starts else None
