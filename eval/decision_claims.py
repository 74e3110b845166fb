"""What practitioners claimed before measuring, held against the reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.decision_compare import Measured, ahead, scored
from eval.decision_criteria import BY_KEY, FRAMEWORKS
from eval.decision_evidence import Evidence
from eval.decision_reader import Reader
from eval.decision_readers import read
from eval.decision_speed import batches, single_text

CONFIRMED, REFUTED, NO_DIFFERENCE, NOT_MEASURED = "confirmed", "refuted", "no difference", "not measured"
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
        if isinstance(self.found, str):
            return None
        return ahead(scored(self.key, BY_KEY[self.key].scale, self.found.to_json()))

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
        answer: confirmed, refuted, no difference, not measured, or "depends on" something.
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


def _figure(evidence: Evidence, key: str) -> Figure:
    return Figure(BY_KEY[key].name, key, read(evidence, key))


def _smaller_files(evidence: Evidence) -> Answer:
    return _about(_figure(evidence, "model_size"), "TensorFlow", "files")


def _about(figure: Figure, claimed: str, what: str) -> Answer:
    """The answer to a claim that a framework is ahead in one figure."""
    ahead = figure.ahead
    if ahead is None:
        return Answer(NOT_MEASURED, f"{figure.name}: {figure.found}.", (figure,))
    answer = {claimed: CONFIRMED, "tie": NO_DIFFERENCE}.get(ahead, REFUTED)
    because = f"In {what} {_words(figure, ahead)}."
    return Answer(answer, because, (figure,))


def _words(figure: Figure, ahead: str) -> str:
    """Who is ahead by how much, such as "PyTorch is ahead (TensorFlow's is 1.30 [1.27, 1.34] times PyTorch's)"."""
    compared = figure.found.compared.estimate
    interval = "" if compared.low == compared.high else f" [{compared.low:.2f}, {compared.high:.2f}]"
    amount = f"{compared.value:.2f}{interval} times PyTorch's"
    if not figure.found.ratio:
        amount = f"{compared.value:+.2f}{interval} {BY_KEY[figure.key].unit} from PyTorch's"
    lead = "neither is ahead" if ahead == "tie" else f"{ahead} is ahead"
    return f"{lead} (TensorFlow's is {amount})"


def _trains_faster(evidence: Evidence) -> Answer:
    step, start = _figure(evidence, "training_step"), _figure(evidence, "training_start")
    if step.ahead is None:
        return Answer(NOT_MEASURED, f"{step.name}: {step.found}.", (step, start))
    plain = _about(step, "TensorFlow", "steps")
    because = plain.because
    if start.ahead is not None:
        because += f" In the first step {_words(start, start.ahead)}."
    if {step.ahead, start.ahead} == set(FRAMEWORKS):
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
    where = {name: [figure.name for figure in figures if figure.ahead == name] for name in (*FRAMEWORKS, "tie")}
    if where["PyTorch"] and where["TensorFlow"]:
        because = " ".join(f"{name} is ahead for {_listed(where[name])}." for name in FRAMEWORKS)
        return Answer("depends on how many texts there are and how long they are", because, figures)
    if not where["PyTorch"] and not where["TensorFlow"]:
        return Answer(NO_DIFFERENCE, "Nowhere is the difference larger than its noise.", figures)
    leader = "TensorFlow" if where["TensorFlow"] else "PyTorch"
    because = f"{leader} is ahead for {_listed(where[leader])}"
    because += f"; for {_listed(where['tie'])} there is no difference." if where["tie"] else ", that is everywhere."
    return Answer(CONFIRMED if leader == "TensorFlow" else REFUTED, because, figures)


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
    if any(figure.ahead is None for figure in figures):
        lost = next(figure for figure in figures if figure.ahead is None)
        return Answer(NOT_MEASURED, f"{lost.name}: {lost.found}.", figures)
    leaders = {figure.ahead for figure in figures} - {"tie"}
    because = " ".join(f"In {figure.name} {_words(figure, figure.ahead)}." for figure in figures)
    because += " LIME needs a function from texts to probabilities, and both have one."
    if len(leaders) > 1:
        return Answer("depends on what is asked of an explanation", because, figures)
    return Answer({"TensorFlow": CONFIRMED, "PyTorch": REFUTED}.get("".join(leaders), NO_DIFFERENCE), because, figures)


def _longer_and_larger(evidence: Evidence) -> Answer:
    step, size = _figure(evidence, "training_step"), _figure(evidence, "model_size")
    halves = (step.ahead, size.ahead)
    if None in halves:
        lost = step if step.ahead is None else size
        return Answer(NOT_MEASURED, f"{lost.name}: {lost.found}.", (step, size))
    because = f"In steps {_words(step, halves[0])}; in files {_words(size, halves[1])}."
    if len(set(halves)) > 1:
        return Answer("depends on which half is meant", because, (step, size))
    return Answer({"TensorFlow": CONFIRMED, "PyTorch": REFUTED}.get(halves[0], NO_DIFFERENCE), because, (step, size))


def _similar_accuracy(evidence: Evidence) -> Answer:
    figure, evaluation = _figure(evidence, "accuracy"), evidence.of("evaluation")
    if figure.ahead is None:
        return Answer(NOT_MEASURED, f"{figure.name}: {figure.found}.", (figure,))
    said = evaluation.content["seeds"] or evaluation.content["comparison"]
    verdict, compared = said["verdict"], figure.found.compared.estimate
    if verdict == "equivalent within the margin":
        return Answer(CONFIRMED, said["explanation"], (figure,))
    if figure.ahead == "tie":
        largest = max(abs(compared.low), abs(compared.high))
        because = f"{said['explanation']} A difference of up to {largest:.1f} points can't be ruled out."
        return Answer(NO_DIFFERENCE, because, (figure,))
    return Answer(REFUTED, said["explanation"], (figure,))


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
        because += f" Most is rewritten in {_listed([each['name'] for each in most[:3]])}."
    if outline != lines:
        return Answer("depends on whether the outline is meant or the calls", because, (size,))
    return Answer(CONFIRMED if outline else REFUTED, because, (size,))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


CLAIMS: dict[str, tuple[str, Callable[[Evidence], Answer] | None]] = {
    "smaller_files": ("TensorFlow has smaller files.", _smaller_files),
    "trains_faster": ("TensorFlow trains faster.", _trains_faster),
    "predicts_faster": ("TensorFlow predicts faster.", _predicts_faster),
    "lime": ("TensorFlow integrates better with LIME.", _with_lime),
    "longer_larger": ("PyTorch trains longer and makes larger files.", _longer_and_larger),
    "similar_accuracy": ("Both reach similarly high accuracy.", _similar_accuracy),
    "skills": ("Skills transfer between the two with some adjustment.", None),
}
