"""Collect everything known about one text's explanations, for the page, the downloads and the API."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from explain.agreement import Agreement, agree
from explain.faithfulness import Faithfulness
from explain.lime_text.explanation import Explanation, Settings
from explain.table import comparable, differences, table

ENDED = {
    "stable": "the top words are stable",
    "samples": "all samples were used",
    "time": "the time limit is reached",
    "constant": "no model's answer changes, whichever words are removed",
    "": "stopped by the reader",
}
APART = 10  # number of words listed as pushing the models apart


@dataclass(frozen=True)
class Findings:
    """The explanations of one text and how they were computed.

    Attributes:
        explanations: One explanation per model, all from the same samples.
        settings: How the samples were drawn and fitted.
        calls: Number of texts that each model scored.
        ended: Why the sampling ended, a key of `ENDED`. Empty if it was stopped or is still running.
        by_difference: Whether to list the words that push the models apart first.
        measured: Faithfulness of each explanation, by framework. Empty if it was not measured.
    """

    explanations: tuple[Explanation, ...]
    settings: Settings
    calls: int
    ended: str
    by_difference: bool = False
    measured: Mapping[str, Faithfulness] = field(default_factory=dict)

    @property
    def agreement(self) -> Agreement | None:
        """Return how similar the two explanations are; None for one explanation or for different classes."""
        return agree(*self.explanations) if comparable(self.explanations) else None

    def words_apart(self) -> list[str]:
        """Return the words that most push the models apart; none unless `by_difference` is set."""
        return [row.name for row in differences(self.explanations)[:APART]] if self.by_difference else []

    def to_json(self) -> dict:
        """Return everything except the resamples as a JSON object; `table` holds the words."""
        first, words = self.explanations[0], table(self.explanations, self.by_difference)
        return {
            "text": first.text,
            "characters_read": first.read,
            "settings": asdict(self.settings),
            "calls": self.calls,
            "ended": self.ended,
            "models": [self._model(explanation) for explanation in self.explanations],
            "table": words.astype(object).where(words.notna(), None).to_dict("records"),
            "agreement": None if self.agreement is None else asdict(self.agreement),
        }

    def _model(self, explanation: Explanation) -> dict:
        fields = ("framework", "revision", "label", "against", "predicted", "probability", "samples", "r2", "r2_unseen")
        model = {name: getattr(explanation, name) for name in fields}
        faithfulness = self.measured.get(explanation.framework)
        return model | {
            "trust": asdict(explanation.trust),
            "faithfulness": None if faithfulness is None else asdict(faithfulness),
        }
