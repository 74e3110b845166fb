"""Write tables of what can be chosen: recipes, limits, presets and criteria, from the code that defines them."""

import inspect
import re
from dataclasses import fields

from bakeoff.common.limits import Limits
from decide.criteria.criteria import MEASURED
from decide.criteria.presets import PRESETS as WEIGHTINGS
from docs.generate.blocks import table
from trainers.recipe import PRESETS as RECIPES


def recipes() -> str:
    """Return the recipes as a Markdown table."""
    rows = [
        (
            f"`{name}`",
            recipe.encoder if recipe.encoder == "embedded" else f"`{recipe.encoder}`",
            *(f"{value:g}" for value in (recipe.max_length, recipe.batch_size, recipe.epochs, recipe.learning_rate)),
        )
        for name, recipe in RECIPES.items()
    ]
    return table(("recipe", "encoder", "tokens", "batch size", "epochs", "learning rate"), rows)


def limits() -> str:
    """Return the limits with their defaults as a Markdown table."""
    meanings = attributes(Limits)
    rows = [(f"`{limit.name}`", f"{limit.default:,}", meanings[limit.name]) for limit in fields(Limits)]
    return table(("limit", "default", "meaning"), rows)


def weightings() -> str:
    """Return the presets of weights as a Markdown table."""
    rows = [(f"`{name}`", weighting.name, weighting.reason) for name, weighting in WEIGHTINGS.items()]
    return table(("preset", "name", "reason"), rows)


def criteria() -> str:
    """Return the measured criteria as a Markdown table."""
    rows = [(criterion.group, criterion.name, criterion.unit, criterion.definition) for criterion in MEASURED]
    return table(("group", "criterion", "unit", "definition"), rows)


def attributes(described: type) -> dict[str, str]:
    """Return what the docstring of a class says about each attribute."""
    listed = inspect.getdoc(described).partition("Attributes:\n")[2]
    entries = re.findall(r"^    (\w+): (.*(?:\n {6,}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}
