"""LIME for text (Ribeiro et al., 2016), made to be believed: which words speak for a class, how surely, in each model.

Built on `lime`: its index of words and its local fit. What is different by default: both models see the same perturbed
texts; the log-odds are fitted, which do not flatten as probabilities do; every weight has an interval; sampling goes on
in rounds until the top words are stable; and only what the model reads is perturbed. `Settings(stock=True)` does as
stock lime does.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bakeoff.classifiers.base import Classifier, softmax
from bakeoff.common.errors import InputError
from bakeoff.common.tokenization import without_lone_surrogates
from explain.lime_text import sampling, trust
from explain.lime_text.explanation import Explanation, Part, Settings
from explain.lime_text.fit import Surrogate, intervals
from explain.lime_text.sampling import Samples
from explain.lime_text.targets import TARGETS, contrast
from explain.lime_text.trust import STABLE
from explain.lime_text.units import Units, by_passage, by_word, by_word_in, end_of_word, words

ROUND = 50  # samples between two fits
MAX_WORDS = 120  # distinct ones; a longer text is narrowed down by its passages first
PASSAGE_SHARE = 0.25  # of the samples
BOOTSTRAP = 100  # rounds, for the intervals and the trust
STABLE_ROUNDS = 2  # in a row
MAX_STOCK_WORDS = 2000  # different ones; the time of its fit grows with their cube
STOCK_ROUNDS = 4  # it goes on to the last sample anyway
COARSE = 600  # parts, beyond which no intervals are computed: stock lime on thousands of words


@dataclass(frozen=True)
class Subject:
    """What is explained.

    Attributes:
        text: without lone surrogates.
        read: how many of its first characters the models read; a word that is cut in two counts as read.
        classifiers: the models.
        answers: the column of each model's own answer.
    """

    text: str
    read: int
    classifiers: tuple[Classifier, ...]
    answers: tuple[int, ...]

    @classmethod
    def of(cls, text: str, classifiers: Sequence[Classifier]) -> "Subject":
        """Ask the models about the text."""
        text = without_lone_surrogates(text)
        read = end_of_word(text, max(classifier.characters_read(text) for classifier in classifiers))
        answers = tuple(int(classifier.logits([text])[0].argmax()) for classifier in classifiers)
        return cls(text, read, tuple(classifiers), answers)

    def columns(self, label: str | None) -> tuple[int, ...]:
        """The column of a class in each model; of each model's own answer for None.

        Raises:
            InputError: a model does not know it.
        """
        if label is None:
            return self.answers
        for classifier in self.classifiers:
            if label not in classifier.labels:
                known = ", ".join(classifier.labels)
                raise InputError(f"{label[:50]!r} is none of the models' classes: choose one of {known[:200]}.")
        return tuple(classifier.labels.index(label) for classifier in self.classifiers)


@dataclass(frozen=True)
class Round:
    """Where the sampling stands.

    Attributes:
        samples: those scored so far, of the present division of the text.
        explanations: what they say, one a model.
        calls: the perturbed texts that each model scored, those for passages too.
        share: of the samples or the time that may be used, whichever is further: 0 to 1.
        seconds: since the start.
        ended: why it is the last round: "stable", "samples", "time", or "constant" where no model's answer ever
            changes; empty while it goes on.
    """

    samples: Samples
    explanations: tuple[Explanation, ...]
    calls: int
    share: float
    seconds: float
    ended: str


def explain(
    text: str, classifiers: Sequence[Classifier], label: str | None = None, settings: Settings | None = None
) -> tuple[Explanation, ...]:
    """Why each model answers as it does.

    Args:
        text: any text with at least one visible character.
        classifiers: models with the same classes.
        label: the class to explain; None for each model's own answer.
        settings: how.

    Returns:
        One explanation a model, in their order.

    Raises:
        InputError: the text has nothing to take away, or no model knows the label.
    """
    *_, last = rounds(text, classifiers, label, settings)
    return last.explanations


def rounds(
    text: str, classifiers: Sequence[Classifier], label: str | None = None, settings: Settings | None = None
) -> Iterator[Round]:
    """`explain`, round by round; closing the iterator stops it.

    Raises:
        InputError: as `explain`.
    """
    yield from rounds_of(Subject.of(text, classifiers), label, settings)


def rounds_of(subject: Subject, label: str | None = None, settings: Settings | None = None) -> Iterator[Round]:
    """`rounds` of a text that the models were asked about already.

    Raises:
        InputError: as `explain`.
    """
    settings = settings or Settings()
    subject.columns(label)
    started = time.monotonic()
    units = by_word(subject.text if settings.stock else subject.text[: subject.read])
    if not len(units):
        raise InputError("The text has no visible character, so there is nothing to explain: give a text with words.")
    if settings.stock and len(units) > MAX_STOCK_WORDS:
        raise InputError(
            f"The text has {len(units):,} different words, and stock LIME fits all at once: explain at most "
            f"{MAX_STOCK_WORDS:,} words so, or without the stock settings."
        )
    calls = 0
    if len(units) > MAX_WORDS and not settings.stock:
        limit = round(PASSAGE_SHARE * settings.samples)
        for coarse in _stage(by_passage(units.text), subject, label, settings, limit, 0, started):
            yield coarse if coarse.ended == "time" else replace(coarse, ended="")
        if coarse.ended == "time":
            return
        calls = coarse.calls
        units = by_word_in(units.text, _weighty(coarse.explanations))
    yield from _stage(units, subject, label, settings, settings.samples, calls, started)


def explanations(
    samples: Samples,
    subject: Subject,
    label: str | None = None,
    against: str | None = None,
    settings: Settings | None = None,
) -> tuple[Explanation, ...]:
    """What samples say of a class, one explanation a model; no model is called.

    Args:
        samples: of `rounds`, for any label.
        subject: the text and the models.
        label: the class to explain; None for each model's own answer.
        against: explain the log-odds of `label` against this class alone; None for all others.
        settings: those of `rounds`.

    Raises:
        InputError: no model knows a label, or both are the same.
    """
    settings = settings or Settings()
    columns, others = (
        subject.columns(label),
        subject.columns(against) if against else (None,) * len(subject.classifiers),
    )
    if against and set(columns) & set(others):
        raise InputError(f"a class can't be held against itself ({against}): choose two classes.")
    return tuple(
        _explanation(number, samples, subject, columns[number], others[number], settings)
        for number in range(len(subject.classifiers))
    )


def _stage(
    units: Units, subject: Subject, label: str | None, settings: Settings, limit: int, before: int, started: float
) -> Iterator[Round]:
    """Rounds over one division of the text until it is stable, or `limit` calls were made, `before` among them."""
    random = np.random.RandomState(settings.seed)
    samples, columns, stable = sampling.whole(units, subject.classifiers), subject.columns(label), 0
    planned = sampling.draw_as_lime(len(units), limit - 1, random) if settings.stock else None
    size = max(ROUND, -(-limit // STOCK_ROUNDS)) if settings.stock else ROUND
    while True:
        done = len(samples)
        count = min(size - (done == 1), limit - before - done)
        kept = sampling.draw(samples, count, columns, random) if planned is None else planned[done - 1 :][:count]
        for longer in sampling.extend(samples, kept, subject.classifiers):
            samples = longer
            if _over(settings, started):
                break
        found = explanations(samples, subject, label, settings=settings)
        stable = stable + 1 if all(each.trust.level == STABLE or each.r2 is None for each in found) else 0
        calls, seconds, ended = before + len(samples), time.monotonic() - started, ""
        if calls >= limit:
            ended = "samples"
        elif stable >= STABLE_ROUNDS and not settings.stock:
            ended = "constant" if all(each.r2 is None for each in found) else "stable"
        elif _over(settings, started):
            ended = "time"
        share = max(calls / settings.samples, seconds / settings.seconds if settings.seconds else 0)
        yield Round(samples, found, calls, min(share, 1.0), seconds, ended)
        if ended:
            return


def _over(settings: Settings, started: float) -> bool:
    return settings.seconds is not None and time.monotonic() - started >= settings.seconds


def _explanation(
    number: int, samples: Samples, subject: Subject, column: int, other: int | None, settings: Settings
) -> Explanation:
    from explain.lime_text import surrogate  # scikit-learn and SciPy's optimisers: the page opens without them

    classifier, logits = subject.classifiers[number], samples.logits[number]
    target = contrast(logits, column, other) if other is not None else TARGETS[settings.target](logits, column)
    rounds = BOOTSTRAP if len(samples.units) <= COARSE else 0
    fitted = surrogate.fit(samples.kept, target, stock=settings.stock, rounds=rounds, seed=settings.seed)
    probabilities = softmax(logits[:1])[0]
    return Explanation(
        framework=classifier.framework,
        revision=classifier.revision,
        label=classifier.labels[column],
        against="" if other is None else classifier.labels[other],
        predicted=classifier.labels[int(probabilities.argmax())],
        probability=float(probabilities[column]),
        text=subject.text,
        read=len(subject.text) if settings.stock else subject.read,
        parts=_parts(samples.units, fitted),
        target="log-odds" if other is not None else settings.target,
        samples=len(samples),
        r2=fitted.r2,
        r2_unseen=fitted.r2_unseen,
        trust=trust.judge(fitted, settings.top),
        replicates=fitted.replicates,
    )


def _parts(units: Units, fitted: Surrogate) -> tuple[Part, ...]:
    ends = [(None, None)] * len(units)
    if len(fitted.replicates):
        ends = intervals(fitted.weights, fitted.replicates).T.tolist()
    return tuple(
        Part(name, starts, float(weight), low, high)
        for name, starts, weight, (low, high) in zip(units.names, units.starts, fitted.weights, ends, strict=True)
    )


def _weighty(coarse: Sequence[Explanation]) -> set[str]:
    """The passages that matter most to any of the models, up to the number of words that can be told apart."""
    shares = [np.abs([part.weight for part in each.parts]) for each in coarse]
    importance = sum(weights / max(weights.sum(), 1e-12) for weights in shares)
    chosen, seen = set(), set()
    for row in np.argsort(-importance, kind="stable"):
        seen |= set(words(coarse[0].parts[row].name))
        if chosen and len(seen) > MAX_WORDS:
            break
        chosen.add(coarse[0].parts[row].name)
    return chosen
