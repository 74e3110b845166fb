"""Preset weightings to start from, each with its reason. Published decisions quote the names and reasons."""

from pathlib import Path

from bakeoff.common.errors import InputError
from decide.criteria import weighting
from decide.criteria.weighting import Weighting

PRESETS = {
    "prototype": Weighting(
        "research prototype",
        "The answer has to be right, and the next experiment has to start soon: quality, training and little code. "
        "Nobody serves it yet.",
        {
            "accuracy": 10,
            "robustness": 3,
            "calibration": 3,
            "training_step": 8,
            "training_start": 5,
            "training_memory": 3,
            "faithfulness": 3,
            "stability": 3,
            "code_size": 6,
            "hub_models": 5,
        },
    ),
    "api": Weighting(
        "real-time API",
        "Somebody waits for every answer, and instances come and go: latency and cold start first, then what keeps "
        "them cheap, and answers whose confidence can be acted on.",
        {
            "accuracy": 8,
            "robustness": 4,
            "calibration": 4,
            "cold_start": 6,
            "latency": 10,
            "latency_long": 6,
            "throughput": 3,
            "serving_memory": 5,
            "model_size": 2,
            "install_size": 4,
            "deployability": 3,
        },
    ),
    "batch": Weighting(
        "nightly batch scoring",
        "A million texts by the morning: texts a second and joules a text count; a start may take its time.",
        {
            "accuracy": 8,
            "robustness": 4,
            "calibration": 2,
            "throughput": 10,
            "energy": 4,
            "serving_memory": 4,
            "training_step": 2,
            "install_size": 1,
        },
    ),
    "edge": Weighting(
        "edge device",
        "It has to fit and to run without its framework: size, memory and formats that leave the framework behind.",
        {
            "accuracy": 7,
            "robustness": 4,
            "latency": 6,
            "cold_start": 3,
            "serving_memory": 8,
            "energy": 6,
            "model_size": 8,
            "install_size": 6,
            "deployability": 10,
        },
    ),
    "estate": Weighting(
        "existing TensorFlow estate",
        "Pipelines, servers and people are there already, and what is measured has to outweigh the move. It rests on "
        "an opinion, not on a measurement: that the estate speaks strongly for TensorFlow is this preset's assumption.",
        {
            "accuracy": 8,
            "latency": 4,
            "throughput": 4,
            "serving_memory": 3,
            "training_step": 3,
            "deployability": 5,
            "estate": 5,
        },
        {"estate": 2},
    ),
    "small_team": Weighting(
        "small team on Hugging Face",
        "Two people, models from the Hub, a Space: what others publish, how little code is one's own, and that it "
        "starts on a free machine.",
        {
            "accuracy": 8,
            "training_step": 4,
            "cold_start": 4,
            "latency": 3,
            "serving_memory": 4,
            "install_size": 3,
            "explanation_time": 2,
            "stability": 2,
            "code_size": 8,
            "hub_models": 10,
        },
    ),
}
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
