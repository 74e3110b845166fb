"""Preset weightings to start from, each with its reason. Published decisions quote the names and reasons."""

from pathlib import Path

from bakeoff.common.errors import InputError
from decide.criteria import weighting
from decide.criteria.definitions import CURRENT, Definitions
from decide.criteria.weighting import Weighting


def presets_of(definitions: Definitions) -> dict[str, Weighting]:
    """Return the preset weightings of these definitions by key."""
    return {key: Weighting(**preset) for key, preset in definitions.presets.items()}


PRESETS = presets_of(CURRENT)
DEFAULT = "api"


def named(name: str) -> Weighting:
    """Return the preset with this name, or else the weighting in the file with this name.

    Raises:
        InputError: there is neither a preset nor a file with this name.
    """
    if name in PRESETS:
        return PRESETS[name]
    if not Path(name).exists():
        raise InputError(f"{name} is not a weighting: give a file, or one of the presets {', '.join(PRESETS)}.")
    return weighting.read(Path(name))
