"""The values that a visitor sets in the tab Decide, as one value with named fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from decide.criteria import presets
from decide.criteria import weighting as decision_weighting
from decide.criteria.criteria import CRITERIA, OPINIONS
from decide.criteria.weighting import Weighting

NOT_SET = "not set"  # the value of an opinion's menu while the team has no opinion
OWN_WEIGHTS = "own"  # the value of the preset's buttons when the weights match no preset


@dataclass(frozen=True)
class TabValues:
    """The values of the tab's inputs. They come from a browser and are unchecked until `weighting` checks them.

    Attributes:
        weights: The slider of each criterion, by the criterion's key.
        opinions: The menu of each opinion, by the opinion's key; NOT_SET where the team has none.
        evidence: The name of the chosen decision; None where there is no decision to choose.
        preset: The key of the preset that the visitor has just chosen; None for events that do not choose one.
    """

    weights: Mapping[str, Any]
    opinions: Mapping[str, Any]
    evidence: str | None = None
    preset: str | None = None

    @classmethod
    def of(cls, weighting: Weighting, evidence: str | None = None) -> "TabValues":
        """Return the values that the sliders and menus show for a weighting."""
        return cls(
            weights={criterion.key: weighting.weight(criterion.key) for criterion in CRITERIA},
            opinions={opinion.key: weighting.opinions.get(opinion.key, NOT_SET) for opinion in OPINIONS},
            evidence=evidence,
        )

    def weighting(self) -> Weighting:
        """Return the weighting that the sliders and menus show; a preset where they equal one.

        Raises:
            InputError: A value is not a number or is out of range, or all weights are 0.
        """
        opinions = {key: rating for key, rating in self.opinions.items() if rating != NOT_SET}
        content = {"kind": "weighting", "name": "your own", "weights": dict(self.weights), "opinions": opinions}
        weighting = decision_weighting.check(content, "the page")
        return presets.PRESETS.get(preset_of(weighting), weighting)


def preset_of(weighting: Weighting) -> str:
    """Return the key of the preset with the same weights and opinions, or OWN_WEIGHTS."""
    values = TabValues.of(weighting)
    same = (key for key, preset in presets.PRESETS.items() if TabValues.of(preset) == values)
    return next(same, OWN_WEIGHTS)
