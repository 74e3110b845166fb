"""Keep one text's scored samples, so that any class can be explained without calling the models again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bakeoff.classifiers.base import Classifier
from bakeoff.common.errors import InputError
from explain.faithfulness import faithfulness
from explain.findings import Findings
from explain.lime_text.explanation import Settings
from explain.lime_text.rounds import Round, Subject, explanations, rounds_of


@dataclass(frozen=True, eq=False)  # compared by identity, because arrays have no hash
class Session:
    """The samples and explanations of one text.

    Attributes:
        subject: The text and the models.
        last: The last round of the sampling.
        findings: The explanations to show.
    """

    subject: Subject
    last: Round
    findings: Findings

    def refit(self, label: str | None, against: str | None = None, by_difference: bool = False) -> "Session":
        """Explain the same samples for another class, or for each model's own answer with None.

        Raises:
            InputError: A model does not know a class.
        """
        settings = self.findings.settings
        refitted = explanations(self.last.samples, self.subject, label, against, settings)
        return replace(self, findings=Findings(refitted, settings, self.last.calls, self.last.ended, by_difference))

    def disagreement(self) -> "Session":
        """Explain PyTorch's answer against TensorFlow's, or their common answer if they agree.

        Raises:
            InputError: Only one model was ready.
        """
        first, second = self.answer_of("PyTorch"), self.answer_of("TensorFlow")
        return self.refit(first, second if second != first else None, by_difference=True)

    def answer_of(self, framework: str) -> str:
        """Return a model's own answer.

        Raises:
            InputError: This model was not ready.
        """
        for classifier, column in zip(self.subject.classifiers, self.subject.answers, strict=True):
            if classifier.framework == framework:
                return classifier.labels[column]
        raise InputError(f"{framework} was not ready when this text was explained: explain it again.")

    def measure(self) -> "Session":
        """Measure the faithfulness of each explanation, which calls the models again.

        Faithfulness is defined for a class against all others. An explanation against one class is not measured.
        """
        pairs = zip(self.subject.classifiers, self.findings.explanations, strict=True)
        measured = {
            explanation.framework: faithfulness(classifier, explanation)
            for classifier, explanation in pairs
            if not explanation.against
        }
        return replace(self, findings=replace(self.findings, measured=measured))


def sessions(
    text: str, classifiers: Sequence[Classifier], label: str | None = None, settings: Settings | None = None
) -> Iterator[Session]:
    """Yield a session after each round of the sampling.

    Raises:
        InputError: The text has no word to remove, or a model does not know the label.
    """
    settings, subject = settings or Settings(), Subject.of(text, classifiers)
    for last in rounds_of(subject, label, settings):
        yield Session(subject, last, Findings(last.explanations, settings, last.calls, last.ended))
