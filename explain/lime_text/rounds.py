"""Explain text classifiers with LIME (Ribeiro et al., 2016): which words support a class, with 95 % intervals.

Built on `lime`'s index of words and its local fit. The defaults differ from stock lime in five ways:

- Both models see the same perturbed texts.
- The fit is to log-odds, which do not saturate as probabilities do.
- Every weight has an interval.
- Sampling continues in rounds until the top words are stable.
- Only the part of the text that the model reads is perturbed.

`Settings(stock=True)` restores stock lime's behavior.
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
MAX_WORDS = 120  # distinct words; in a longer text, the important passages are found first
PASSAGE_SHARE = 0.25  # share of the samples that may be spent on passages
BOOTSTRAP = 100  # bootstrap resamples, for the intervals and the trust level
STABLE_ROUNDS = 2  # consecutive stable rounds that end the sampling
MAX_STOCK_WORDS = 2000  # distinct words that stock lime may fit; the time of the fit grows with their cube
STOCK_ROUNDS = 4  # fits in stock mode, which uses all samples in any case
COARSE = 600  # with more parts than this (stock lime on thousands of words), no intervals are computed


@dataclass(frozen=True)
class Subject:
    """A text to explain, and the models that classify it.

    Attributes:
        text: The text without lone surrogates.
        read: Number of characters, from the start, that the models read. A word that is cut counts as read.
        classifiers: The models.
        answers: Column of each model's own answer.
    """

    text: str
    read: int
    classifiers: tuple[Classifier, ...]
    answers: tuple[int, ...]

    @classmethod
    def of(cls, text: str, classifiers: Sequence[Classifier]) -> "Subject":
        """Classify the text with each model."""
        text = without_lone_surrogates(text)
        read = end_of_word(text, max(classifier.characters_read(text) for classifier in classifiers))
        answers = tuple(int(classifier.logits([text])[0].argmax()) for classifier in classifiers)
        return cls(text, read, tuple(classifiers), answers)

    def columns(self, label: str | None) -> tuple[int, ...]:
        """Return the column of a class in each model; for None, the column of each model's own answer.

        Raises:
            InputError: A model does not know the class.
        """
        if label is None:
            return self.answers
        for classifier in self.classifiers:
            if label not in classifier.labels:
                known = ", ".join(classifier.labels)
                raise InputError(f"{label[:50]!r} is not one of the models' classes: choose one of {known[:200]}.")
        return tuple(classifier.labels.index(label) for classifier in self.classifiers)


@dataclass(frozen=True)
class Round:
    """The state of the sampling after one round.

    Attributes:
        samples: Samples scored so far, for the current division of the text.
        explanations: One explanation per model, fitted to these samples.
        calls: Number of perturbed texts that each model scored, including those for passages.
        share: Used share of the allowed samples or time, whichever is larger, 0 to 1.
        seconds: Seconds since the start.
        ended: Why this is the last round: "stable", "samples", "time", or "constant" where no model's answer ever
            changes. Empty while the sampling continues.
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
    """Explain each model's answer.

    Args:
        text: Any text with at least one visible character.
        classifiers: Models with the same classes.
        label: The class to explain; None for each model's own answer.
        settings: Settings of the explanation; None for the defaults.

    Returns:
        One explanation per model, in the models' order.

    Raises:
        InputError: The text has no word to remove, or a model does not know the label.
    """
    *_, last = rounds(text, classifiers, label, settings)
    return last.explanations


def rounds(
    text: str, classifiers: Sequence[Classifier], label: str | None = None, settings: Settings | None = None
) -> Iterator[Round]:
    """Yield the rounds of `explain`; closing the iterator stops the sampling.

    Raises:
        InputError: The text has no word to remove, or a model does not know the label.
    """
    yield from rounds_of(Subject.of(text, classifiers), label, settings)


def rounds_of(subject: Subject, label: str | None = None, settings: Settings | None = None) -> Iterator[Round]:
    """Yield the rounds for a text that the models have already classified.

    Raises:
        InputError: The text has no word to remove, or a model does not know the label.
    """
    settings = settings or Settings()
    subject.columns(label)
    started = time.monotonic()
    units = by_word(subject.text if settings.stock else subject.text[: subject.read])
    if not len(units):
        raise InputError("The text has no visible character, so there is nothing to explain: give a text with words.")
    if settings.stock and len(units) > MAX_STOCK_WORDS:
        raise InputError(
            f"The text has {len(units):,} different words, but stock LIME can fit at most {MAX_STOCK_WORDS:,} at once: "
            "shorten the text, or explain it without the stock settings."
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
    """Fit one explanation per model to the samples. No model is called.

    Args:
        samples: Samples of `rounds`, drawn for any label.
        subject: The text and the models.
        label: The class to explain; None for each model's own answer.
        against: Explain the log-odds of `label` against this class only; None for all other classes.
        settings: The settings that `rounds` was called with.

    Raises:
        InputError: A model does not know a label, or both labels are the same.
    """
    settings = settings or Settings()
    columns, others = (
        subject.columns(label),
        subject.columns(against) if against else (None,) * len(subject.classifiers),
    )
    if against and set(columns) & set(others):
        raise InputError(f"a class can't be compared with itself ({against}): choose two classes.")
    return tuple(
        _explanation(number, samples, subject, columns[number], others[number], settings)
        for number in range(len(subject.classifiers))
    )


def _stage(
    units: Units, subject: Subject, label: str | None, settings: Settings, limit: int, before: int, started: float
) -> Iterator[Round]:
    """Yield rounds over one division of the text until it is stable or `limit` calls, including `before`, are used."""
    random = np.random.RandomState(settings.seed)
    samples, columns, stable = sampling.whole(units, subject.classifiers), subject.columns(label), 0
    planned = sampling.draw_as_lime(len(units), limit - 1, random) if settings.stock else None
    size = max(ROUND, -(-limit // STOCK_ROUNDS)) if settings.stock else ROUND
    while True:
        scored = len(samples)
        count = min(size - (scored == 1), limit - before - scored)
        kept = sampling.draw(samples, count, columns, random) if planned is None else planned[scored - 1 :][:count]
        for longer in sampling.extend(samples, kept, subject.classifiers):
            samples = longer
            if _over(settings, started):
                break
        fitted = explanations(samples, subject, label, settings=settings)
        settled = all(explanation.trust.level == STABLE or explanation.r2 is None for explanation in fitted)
        stable = stable + 1 if settled else 0
        calls, seconds = before + len(samples), time.monotonic() - started
        if calls >= limit:
            ended = "samples"
        elif stable >= STABLE_ROUNDS and not settings.stock:
            ended = "constant" if all(explanation.r2 is None for explanation in fitted) else "stable"
        else:
            ended = "time" if _over(settings, started) else ""
        share = max(calls / settings.samples, seconds / settings.seconds if settings.seconds else 0)
        yield Round(samples, fitted, calls, min(share, 1.0), seconds, ended)
        if ended:
            return


def _over(settings: Settings, started: float) -> bool:
    return settings.seconds is not None and time.monotonic() - started >= settings.seconds


def _explanation(
    number: int, samples: Samples, subject: Subject, column: int, other: int | None, settings: Settings
) -> Explanation:
    from explain.lime_text import surrogate  # imported late: the page must open without scikit-learn and SciPy

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
    bounds = [(None, None)] * len(units)
    if len(fitted.replicates):
        bounds = intervals(fitted.weights, fitted.replicates).T.tolist()
    return tuple(
        Part(name, starts, float(weight), low, high)
        for name, starts, weight, (low, high) in zip(units.names, units.starts, fitted.weights, bounds, strict=True)
    )


def _weighty(coarse: Sequence[Explanation]) -> set[str]:
    """Return the passages that matter most to any model, with at most `MAX_WORDS` words in total."""
    sizes = [np.abs([part.weight for part in explanation.parts]) for explanation in coarse]
    importance = sum(weights / max(weights.sum(), 1e-12) for weights in sizes)
    chosen: set[str] = set()
    seen: set[str] = set()
    for row in np.argsort(-importance, kind="stable"):
        seen |= set(words(coarse[0].parts[row].name))
        if chosen and len(seen) > MAX_WORDS:
            break
        chosen.add(coarse[0].parts[row].name)
    return chosen
