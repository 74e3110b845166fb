"""All that is known of one text's explanations, for the page, the file to download and the API."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from explain.agreement import Agreement, agree
from explain.faithfulness import Faithfulness
from explain.lime_text.explanation import Explanation, Settings
from explain.table import comparable, differences, table

ENDED = {
    "stable": "the top words are stable",
    "samples": "all samples were used",
    "time": "the time is used up",
    "constant": "no model's answer changes, whatever is taken away",
    "": "stopped by the reader",
}
APART = 10  # words that push the models apart


@dataclass(frozen=True)
class Findings:
    """What was found, and how.

    Attributes:
        explanations: one a model, of the same samples.
        settings: how they were drawn and fitted.
        calls: of each model.
        ended: why the sampling is over: "stable", "samples" or "time"; empty where it was stopped or goes on.
        by_difference: the words that push the models apart are asked for first.
        measured: how faithful each explanation is, by framework; empty where it was not measured.
    """

    explanations: tuple[Explanation, ...]
    settings: Settings
    calls: int
    ended: str
    by_difference: bool = False
    measured: Mapping[str, Faithfulness] = field(default_factory=dict)

    @property
    def agreement(self) -> Agreement | None:
        """How alike the two explanations are; None where there is one, or where they explain different classes."""
        return agree(*self.explanations) if comparable(self.explanations) else None

    def words_apart(self) -> list[str]:
        """The words that most push the models apart; none where they were not asked for."""
        return [row.name for row in differences(self.explanations)[:APART]] if self.by_difference else []

    def to_json(self) -> dict:
        """Everything but the resamples as a JSON object; the words are its `table`."""
        first, words = self.explanations[0], table(self.explanations, self.by_difference)
        return {
            "text": first.text,
            "characters_read": first.read,
            "settings": asdict(self.settings),
            "calls": self.calls,
            "ended": self.ended,
            "models": [self._model(each) for each in self.explanations],
            "table": words.astype(object).where(words.notna(), None).to_dict("records"),
            "agreement": None if self.agreement is None else asdict(self.agreement),
        }

    def _model(self, explanation: Explanation) -> dict:
        fields = ("framework", "revision", "label", "against", "predicted", "probability", "samples", "r2", "r2_unseen")
        out = {name: getattr(explanation, name) for name in fields}
        measured = self.measured.get(explanation.framework)
        return out | {
            "trust": asdict(explanation.trust),
            "faithfulness": None if measured is None else asdict(measured),
        }
