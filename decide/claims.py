"""What practitioners claimed before measuring, held against the reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from decide.criteria.criteria import BY_KEY, FRAMEWORKS
from decide.evidence.compared import Compared
from decide.evidence.comparison import ASSUMED, OPEN, SAME, Measured, ahead, scored, standing
from decide.evidence.provenance import Reader
from decide.evidence.readers import BOTH, read
from decide.evidence.reports import Evidence
from decide.evidence.speed_readers import batches, single_text
from decide.wording import capital, listed

CONFIRMED, REFUTED, NOT_MEASURED, NOT_HIGH = "confirmed", "refuted", "not measured", "similar, but not high"
HIGH = 0.9  # of accuracy and macro F1: what the lower ends of both have to reach to be called high
SAME_OUTLINE, SAME_LINES = 0.5, 0.5  # shares of functions and of lines: what transfers when they are the same


@dataclass(frozen=True)
class Figure:
    """A comparison that a claim is held against.

    Attributes:
        name: what was measured.
        key: the criterion whose unit and direction it has.
        found: the numbers, or the reason why there are none.
    """

    name: str
    key: str
    found: Measured | str

    @property
    def ahead(self) -> str | None:
        """A framework's name or "tie"; None where it was not measured."""
        return None if isinstance(self.found, str) else ahead(self._scored)

    @property
    def standing(self) -> str | None:
        """A framework's name, SAME worth acting on, or OPEN; None where it was not measured."""
        return None if isinstance(self.found, str) else standing(self._scored)

    @property
    def _scored(self) -> Compared:
        return scored(self.key, BY_KEY[self.key].scale, self.found.to_json())

    def to_json(self) -> dict[str, Any]:
        """Its name, unit, who is ahead, and the numbers."""
        lost = isinstance(self.found, str)
        return {
            "name": self.name,
            "key": self.key,
            "unit": BY_KEY[self.key].unit,
            "ahead": self.ahead,
            "measured": None if lost else self.found.to_json(),
            "reason": self.found if lost else "",
        }


@dataclass(frozen=True)
class Answer:
    """What the figures say of a claim.

    Attributes:
        answer: confirmed, refuted, no difference, not measured, not settled, or "depends on" something.
        because: one sentence or two.
        figures: what it is drawn from.
    """

    answer: str
    because: str
    figures: tuple[Figure, ...]


def check(evidence: Evidence, code: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All claims with their answers, as JSON.

    Args:
        evidence: the reports.
        code: the trainers side by side, from `decision_code`.
    """
    rows = []
    for key, (claim, answer) in CLAIMS.items():
        found = answer(evidence) if key != "skills" else _skills(evidence, code)
        figures = [figure.to_json() for figure in found.figures]
        rows.append({"key": key, "claim": claim, "answer": found.answer, "because": found.because, "figures": figures})
    return rows


STANDINGS = {
    "PyTorch": "PyTorch is ahead for",
    "TensorFlow": "TensorFlow is ahead for",
    SAME: "There is no difference worth acting on for",
    OPEN: "It is not settled for",
}


def _figure(evidence: Evidence, key: str) -> Figure:
    return Figure(BY_KEY[key].name, key, read(evidence, key))


def _smaller_files(evidence: Evidence) -> Answer:
    return _about(_figure(evidence, "model_size"), "TensorFlow", "files")


def _about(figure: Figure, claimed: str, what: str) -> Answer:
    """The answer to a claim that a framework is ahead in one figure."""
    if figure.standing is None:
        return Answer(NOT_MEASURED, f"{figure.name}: {figure.found}.", (figure,))
    answer = {claimed: CONFIRMED, SAME: SAME, OPEN: _open(figure)}.get(figure.standing, REFUTED)
    return Answer(answer, f"In {what} {_words(figure)}.", (figure,))


def _open(figure: Figure) -> str:
    """That it is not settled, and what it may be, such as "not settled: between 0.93 and 1.08 times PyTorch's"."""
    if figure.found.basis == ASSUMED:
        return f"{OPEN}: there is no interval, the spread is assumed"
    found = figure.found.compared.estimate
    if figure.found.ratio:
        return f"{OPEN}: between {found.low:.2f} and {found.high:.2f} times PyTorch's"
    return f"{OPEN}: between {found.low:+.1f} and {found.high:+.1f} {_unit(figure)} from PyTorch's"


def _words(figure: Figure) -> str:
    """Who is ahead by how much, such as "PyTorch is ahead (TensorFlow's is 1.30 [1.27, 1.34] times PyTorch's)"."""
    compared = figure.found.compared.estimate
    assumed = figure.found.basis == ASSUMED
    interval = "" if assumed or compared.low == compared.high else f" [{compared.low:.2f}, {compared.high:.2f}]"
    amount = f"{compared.value:.2f}{interval} times PyTorch's"
    if not figure.found.ratio:
        amount = f"{compared.value:+.2f}{interval} {_unit(figure)} from PyTorch's"
    lead = {SAME: "there is no difference worth acting on", OPEN: "neither is ahead beyond the noise"}
    spoken = lead.get(figure.standing, f"{figure.standing} is ahead")
    return f"{spoken} (TensorFlow's is {amount}{', spread assumed' if assumed else ''})"


def _unit(figure: Figure) -> str:
    """Of a difference: shares differ by points."""
    return BY_KEY[figure.key].unit.replace("%", "points")


def _of_several(figures: Sequence[Figure]) -> str:
    """The answer to a claim for TensorFlow where at most one framework is ahead in any of these."""
    standings = {figure.standing for figure in figures}
    leader = "".join(standings & set(FRAMEWORKS))
    return {"TensorFlow": CONFIRMED, "PyTorch": REFUTED}.get(leader, SAME if standings == {SAME} else OPEN)


def _trains_faster(evidence: Evidence) -> Answer:
    step, start = _figure(evidence, "training_step"), _figure(evidence, "training_start")
    if step.standing is None:
        return Answer(NOT_MEASURED, f"{step.name}: {step.found}.", (step, start))
    plain = _about(step, "TensorFlow", "steps")
    because = plain.because
    if start.standing is not None:
        because += f" In the first step {_words(start)}."
    if {step.standing, start.standing} == set(FRAMEWORKS):
        level = _level_after(step.found, start.found)
        because += f" The two are level after about {level:,.0f} steps."
        return Answer("depends on how long the training is", because, (step, start))
    return Answer(plain.answer, because, (step, start))


def _level_after(step: Measured, start: Measured) -> float:
    """Steps after which what one framework loses in the first step is made up for."""
    (one, other), (first, second) = (
        [found.cells[name].estimate.value for name in FRAMEWORKS] for found in (step, start)
    )
    return abs((second - first) / (other - one))


def _predicts_faster(evidence: Evidence) -> Answer:
    benchmark = evidence.of("benchmark")
    figures = () if benchmark is None else tuple(_predictions(Reader(benchmark)))
    if not figures:
        return Answer(NOT_MEASURED, "No benchmark of single texts and batches was given.", ())
    where = {name: [each.name for each in figures if each.standing == name] for name in STANDINGS}
    because = " ".join(f"{spoken} {listed(where[name])}." for name, spoken in STANDINGS.items() if where[name])
    if where["PyTorch"] and where["TensorFlow"]:
        return Answer("depends on how many texts there are and how long they are", because, figures)
    return Answer(_of_several(figures), because, figures)


def _predictions(reader: Reader):
    figures = reader.source.content["figures"]
    for number, row in enumerate(figures["latency"]):
        name = f"one text of {row['tokens']} tokens"
        yield Figure(name, "latency", single_text("latency", reader, number, name))
    for number, row in enumerate(figures["throughput"]):
        name = f"{row['batch']} text{'s' if row['batch'] > 1 else ''} of {row['tokens']} tokens, in a batch"
        yield Figure(name, "throughput", batches(reader, number))


def _with_lime(evidence: Evidence) -> Answer:
    figures = tuple(_figure(evidence, key) for key in ("explanation_time", "faithfulness", "stability"))
    known = [figure for figure in figures if figure.standing is not None]
    if not known:
        return Answer(NOT_MEASURED, f"{figures[0].name}: {figures[0].found}.", figures)
    because = " ".join(
        f"{capital(each.name)}: {each.found if each.standing is None else _words(each)}." for each in figures
    )
    because += " LIME needs a function from texts to probabilities, and both have one."
    if {figure.standing for figure in known} >= set(FRAMEWORKS):
        return Answer("depends on what is asked of an explanation", because, figures)
    return Answer(_of_several(known), because, figures)


def _longer_and_larger(evidence: Evidence) -> Answer:
    step, size = _figure(evidence, "training_step"), _figure(evidence, "model_size")
    halves = (step.standing, size.standing)
    if None in halves:
        lost = step if step.standing is None else size
        return Answer(NOT_MEASURED, f"{lost.name}: {lost.found}.", (step, size))
    because = f"In steps {_words(step)}; in files {_words(size)}."
    if set(halves) & set(FRAMEWORKS) and len(set(halves)) > 1:
        return Answer("depends on which half is meant", because, (step, size))
    return Answer(_of_several((step, size)), because, (step, size))


def _similar_accuracy(evidence: Evidence) -> Answer:
    figure, evaluation = _figure(evidence, "accuracy"), evidence.of("evaluation")
    if figure.standing is None:
        return Answer(NOT_MEASURED, f"{figure.name}: {figure.found}.", (figure,))
    said = evaluation.content["seeds"] or evaluation.content["comparison"]
    if said["verdict"] == "equivalent within the margin" or figure.standing == SAME:
        because = f"{said['explanation']} High means: accuracy and macro F1 of both surely reach {HIGH:.0%}."
        return Answer(CONFIRMED if _high(said["metrics"]) else NOT_HIGH, because, (figure,))
    if figure.standing == OPEN:
        return Answer(_open(figure), said["explanation"], (figure,))
    return Answer(REFUTED, said["explanation"], (figure,))


def _high(metrics: Mapping[str, Any]) -> bool:
    """Whether the lower ends of both frameworks' accuracy and macro F1 reach HIGH."""
    lows = [metrics[name][framework]["low"] for name in ("accuracy", "macro_f1") for framework in BOTH]
    return all(low is not None and low >= HIGH for low in lows)


def _skills(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    size, functions = _figure(evidence, "code_size"), code["functions"]
    both = [each for each in functions if each["same_lines"] is not None]
    outline, lines = len(both) / len(functions) >= SAME_OUTLINE, code["same_lines"] >= SAME_LINES
    because = (
        f"{len(both)} of {len(functions)} functions of the two trainers have the same name and the same task, but "
        f"{1 - code['same_lines']:.0%} of their lines are other ones: below they stand side by side. They were written "
        "to be read that way, so this is the least that has to change."
    )
    most = sorted((each for each in both if each["same_lines"] < SAME_LINES), key=lambda each: each["same_lines"])
    if most:
        because += f" Most is rewritten in {listed([each['name'] for each in most[:3]])}."
    if outline != lines:
        return Answer("depends on whether the outline is meant or the calls", because, (size,))
    return Answer(CONFIRMED if outline else REFUTED, because, (size,))


CLAIMS: dict[str, tuple[str, Callable[[Evidence], Answer] | None]] = {
    "smaller_files": ("TensorFlow has smaller files.", _smaller_files),
    "trains_faster": ("TensorFlow trains faster.", _trains_faster),
    "predicts_faster": ("TensorFlow predicts faster.", _predicts_faster),
    "lime": ("TensorFlow integrates better with LIME.", _with_lime),
    "longer_larger": ("PyTorch trains longer and makes larger files.", _longer_and_larger),
    "similar_accuracy": ("Both reach similarly high accuracy.", _similar_accuracy),
    "skills": ("Skills transfer between the two with some adjustment.", None),
}
