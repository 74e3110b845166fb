"""One text's scored samples and what they say: drawn once, then explained for any class without another call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bakeoff.classifiers.base import Classifier
from bakeoff.common.errors import InputError
from explain.faithfulness import faithfulness
from explain.findings import Findings
from explain.lime_text.explanation import Settings
from explain.lime_text.rounds import Round, Subject, explanations, rounds_of


@dataclass(frozen=True, eq=False)  # compared by identity: arrays have no hash
class Session:
    """What is kept of a text.

    Attributes:
        subject: the text and the models.
        last: where the sampling stands.
        findings: what is shown of it.
    """

    subject: Subject
    last: Round
    findings: Findings

    def refit(self, label: str | None, against: str | None = None, by_difference: bool = False) -> "Session":
        """The same samples, explained for another class (None for each model's own answer).

        Raises:
            InputError: no model knows a class.
        """
        settings = self.findings.settings
        found = explanations(self.last.samples, self.subject, label, against, settings)
        return replace(self, findings=Findings(found, settings, self.last.calls, self.last.ended, by_difference))

    def disagreement(self) -> "Session":
        """What speaks for PyTorch's answer against TensorFlow's; for their common one where they agree.

        Raises:
            InputError: only one model was ready.
        """
        first, second = self.answer_of("PyTorch"), self.answer_of("TensorFlow")
        return self.refit(first, second if second != first else None, by_difference=True)

    def answer_of(self, framework: str) -> str:
        """A model's own answer.

        Raises:
            InputError: this model was not ready.
        """
        for classifier, column in zip(self.subject.classifiers, self.subject.answers, strict=True):
            if classifier.framework == framework:
                return classifier.labels[column]
        raise InputError(f"{framework} was not ready when this text was explained: explain it again.")

    def measure(self) -> "Session":
        """With the faithfulness of each explanation, which takes some calls of the models.

        It is of a class against all others: an explanation against one class is left unmeasured.
        """
        pairs = zip(self.subject.classifiers, self.findings.explanations, strict=True)
        measured = {each.framework: faithfulness(classifier, each) for classifier, each in pairs if not each.against}
        return replace(self, findings=replace(self.findings, measured=measured))


def sessions(
    text: str, classifiers: Sequence[Classifier], label: str | None = None, settings: Settings | None = None
) -> Iterator[Session]:
    """`rounds`, each with all that is needed to go on from it.

    Raises:
        InputError: the text has nothing to take away, or no model knows the label.
    """
    settings, subject = settings or Settings(), Subject.of(text, classifiers)
    for last in rounds_of(subject, label, settings):
        yield Session(subject, last, Findings(last.explanations, settings, last.calls, last.ended))
