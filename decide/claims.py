"""Check what practitioners claimed before anything was measured against the reports.

Answers and reasons are shown to readers and stored in decisions: published decisions quote them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from decide.criteria.criteria import BY_KEY, FRAMEWORKS
from decide.evidence.compared import Compared
from decide.evidence.comparison import ASSUMED, OPEN, SAME, Measured, NotMeasured, ahead, compare, scored, standing
from decide.evidence.provenance import Reader
from decide.evidence.readers import BOTH, measure
from decide.evidence.reports import Evidence
from decide.evidence.speed_readers import batches, single_text
from decide.wording import capital, listed

CONFIRMED, REFUTED, NOT_ANSWERED, NOT_HIGH = "confirmed", "refuted", "not measured", "similar, but not high"
HIGH = 0.9  # accuracy is high if the lower ends of both frameworks' accuracy and macro F1 reach this
SAME_OUTLINE, SAME_LINES = 0.5, 0.5  # shares of equal functions and of equal lines from which skills transfer


@dataclass(frozen=True)
class Figure:
    """A measured comparison that a claim is checked against.

    Attributes:
        name: what was measured.
        key: the criterion that gives the unit and the direction.
        measured: the numbers.
    """

    name: str
    key: str
    measured: Measured

    @property
    def ahead(self) -> str:
        """A framework's name or "tie"."""
        return ahead(self._compared)

    @property
    def standing(self) -> str:
        """A framework's name, SAME if no difference is worth acting on, or OPEN if it is not settled."""
        return standing(self._compared)

    @property
    def _compared(self) -> Compared:
        scale = BY_KEY[self.key].scale
        assert scale is not None  # a figure is of a measured criterion
        return scored(self.key, scale, self.measured.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return the name, the unit, who is ahead, and the numbers."""
        return _figure_json(self.name, self.key) | {"ahead": self.ahead, "measured": self.measured.to_json()}


@dataclass(frozen=True)
class MissingFigure:
    """A comparison that a claim needs and that the reports don't give.

    Attributes:
        name: what was not measured.
        key: the criterion that gives the unit.
        reason: why there are no numbers.
    """

    name: str
    key: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the name, the unit and the reason."""
        return _figure_json(self.name, self.key) | {"reason": self.reason}


def _figure_json(name: str, key: str) -> dict[str, Any]:
    return {"name": name, "key": key, "unit": BY_KEY[key].unit, "ahead": None, "measured": None, "reason": ""}


@dataclass(frozen=True)
class Answer:
    """The answer that the figures give to a claim.

    Attributes:
        answer: confirmed, refuted, no difference, not measured, not settled, or "depends on" something.
        because: the reason in one or two sentences.
        figures: the comparisons that the answer is drawn from.
    """

    answer: str
    because: str
    figures: tuple[Figure | MissingFigure, ...]


def check(evidence: Evidence, code: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answer all claims and return them as JSON.

    Args:
        evidence: the reports.
        code: the comparison of the two trainers by `trainer_diff.side_by_side`.
    """
    rows = []
    for key, (claim, answer_claim) in CLAIMS.items():
        answer = answer_claim(evidence, code)
        figures = [figure.to_json() for figure in answer.figures]
        rows.append(
            {"key": key, "claim": claim, "answer": answer.answer, "because": answer.because, "figures": figures}
        )
    return rows


STANDINGS = {
    "PyTorch": "PyTorch is ahead for",
    "TensorFlow": "TensorFlow is ahead for",
    SAME: "There is no difference worth acting on for",
    OPEN: "It is not settled for",
}


def _figure(evidence: Evidence, key: str) -> Figure | MissingFigure:
    return _named_figure(BY_KEY[key].name, key, measure(evidence, BY_KEY[key]))


def _named_figure(name: str, key: str, result: Measured | NotMeasured) -> Figure | MissingFigure:
    if isinstance(result, NotMeasured):
        return MissingFigure(name, key, result.reason)
    return Figure(name, key, result)


def _not_answered(missing: MissingFigure, *figures: Figure | MissingFigure) -> Answer:
    return Answer(NOT_ANSWERED, f"{missing.name}: {missing.reason}.", figures or (missing,))


def _smaller_files(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    return _about(_figure(evidence, "model_size"), "TensorFlow", "files")


def _about(figure: Figure | MissingFigure, claimed: str, what: str) -> Answer:
    """Answer the claim that one framework is ahead in one figure.

    Args:
        figure: the comparison.
        claimed: the framework that is claimed to be ahead.
        what: the things that were compared, such as "files".
    """
    if isinstance(figure, MissingFigure):
        return _not_answered(figure)
    answer = {claimed: CONFIRMED, SAME: SAME, OPEN: _open(figure)}.get(figure.standing, REFUTED)
    return Answer(answer, f"In {what} {_words(figure)}.", (figure,))


def _open(figure: Figure) -> str:
    """Return that the claim is not settled and the range, such as "not settled: between 0.93 and 1.08 times ..."."""
    if figure.measured.unsettled:
        return f"{OPEN}: {figure.measured.unsettled}"
    compared = figure.measured.compared.estimate
    if compared.interval is None:
        return OPEN
    low, high = compared.interval
    if figure.measured.ratio:
        return f"{OPEN}: between {low:.2f} and {high:.2f} times PyTorch's"
    return f"{OPEN}: between {low:+.1f} and {high:+.1f} {_unit(figure)} from PyTorch's"


def _words(figure: Figure) -> str:
    """Return who is ahead by how much, such as "PyTorch is ahead (TensorFlow's is 1.30 [1.27, 1.34] times ...)"."""
    compared, assumed = figure.measured.compared.estimate, figure.measured.basis == ASSUMED
    interval = ""
    if compared.low != compared.high and not assumed:
        interval = f" [{compared.low:.2f}, {compared.high:.2f}]"
    amount = f"{compared.value:.2f}{interval} times PyTorch's"
    if not figure.measured.ratio:
        amount = f"{compared.value:+.2f}{interval} {_unit(figure)} from PyTorch's"
    without_leader = {SAME: "there is no difference worth acting on", OPEN: "neither is ahead beyond the noise"}
    lead = without_leader.get(figure.standing, f"{figure.standing} is ahead")
    return f"{lead} (TensorFlow's is {amount}{', spread assumed' if assumed else ''})"


def _unit(figure: Figure) -> str:
    """Return the unit of a difference: shares in percent differ by points."""
    return BY_KEY[figure.key].unit.replace("%", "points")


def _of_several(figures: Sequence[Figure]) -> str:
    """Answer the claim that TensorFlow is ahead, from figures in which at most one framework is ahead."""
    standings = {figure.standing for figure in figures}
    if "TensorFlow" in standings:
        return CONFIRMED
    if "PyTorch" in standings:
        return REFUTED
    return SAME if standings == {SAME} else OPEN


def _trains_faster(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    step, start = _figure(evidence, "training_step"), _figure(evidence, "training_start")
    if isinstance(step, MissingFigure):
        return _not_answered(step, step, start)
    of_steps = _about(step, "TensorFlow", "steps")
    if isinstance(start, MissingFigure):
        return Answer(of_steps.answer, of_steps.because, (step, start))
    because = f"{of_steps.because} In the first step {_words(start)}."
    if {step.standing, start.standing} == set(FRAMEWORKS):
        because += f" The two are level after about {_break_even_steps(step.measured, start.measured):,.0f} steps."
        return Answer("depends on how long the training is", because, (step, start))
    return Answer(of_steps.answer, because, (step, start))


def _break_even_steps(step: Measured, start: Measured) -> float:
    """Return the break-even point: the number of steps after which a slower first step is made up."""
    lost_at_the_start = _pytorch_minus_tensorflow(start)
    won_per_step = _pytorch_minus_tensorflow(step)
    return abs(lost_at_the_start / won_per_step)


def _pytorch_minus_tensorflow(measured: Measured) -> float:
    pytorch, tensorflow = (measured.cells[name].estimate.number for name in FRAMEWORKS)
    return pytorch - tensorflow


def _predicts_faster(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    benchmark = evidence.of("benchmark")
    figures = () if benchmark is None else tuple(_predictions(Reader(benchmark)))
    known = [figure for figure in figures if isinstance(figure, Figure)]
    if not figures:
        return Answer(NOT_ANSWERED, "No benchmark of single texts and batches was given.", ())
    names = {leader: [figure.name for figure in known if figure.standing == leader] for leader in STANDINGS}
    because = " ".join(f"{words} {listed(names[leader])}." for leader, words in STANDINGS.items() if names[leader])
    if names["PyTorch"] and names["TensorFlow"]:
        return Answer("depends on how many texts there are and how long they are", because, figures)
    answer = _of_several(known)
    incomplete = len(known) < len(figures)
    return Answer(OPEN if incomplete and answer == SAME else answer, because, figures)


def _predictions(reader: Reader) -> Iterator[Figure | MissingFigure]:
    """Yield a figure per row of the benchmark: single texts, then batches."""
    rows = reader.source.content["figures"]
    for number, row in enumerate(rows["latency"]):
        name = f"one text of {row['tokens']} tokens"
        yield _named_figure(name, "latency", compare(BY_KEY["latency"], single_text(reader, number, name)))
    for number, row in enumerate(rows["throughput"]):
        name = f"{row['batch']} text{'s' if row['batch'] > 1 else ''} of {row['tokens']} tokens, in a batch"
        yield _named_figure(name, "throughput", compare(BY_KEY["throughput"], batches(reader, number)))


def _with_lime(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    figures = tuple(_figure(evidence, key) for key in ("explanation_time", "faithfulness", "stability"))
    known = [figure for figure in figures if isinstance(figure, Figure)]
    if not known:
        return Answer(NOT_ANSWERED, _spoken(figures[0]), figures)
    because = " ".join(capital(_spoken(figure)) for figure in figures)
    because += " LIME needs a function from texts to probabilities, and both have one."
    if {figure.standing for figure in known} >= set(FRAMEWORKS):
        return Answer("depends on what is asked of an explanation", because, figures)
    return Answer(_of_several(known), because, figures)


def _spoken(figure: Figure | MissingFigure) -> str:
    return f"{figure.name}: {figure.reason if isinstance(figure, MissingFigure) else _words(figure)}."


def _longer_and_larger(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    step, size = _figure(evidence, "training_step"), _figure(evidence, "model_size")
    if isinstance(step, MissingFigure):
        return _not_answered(step, step, size)
    if isinstance(size, MissingFigure):
        return _not_answered(size, step, size)
    because = f"In steps {_words(step)}; in files {_words(size)}."
    standings = {step.standing, size.standing}
    if standings & set(FRAMEWORKS) and len(standings) > 1:
        return Answer("depends on which half is meant", because, (step, size))
    return Answer(_of_several((step, size)), because, (step, size))


def _similar_accuracy(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    figure, evaluation = _figure(evidence, "accuracy"), evidence.of("evaluation")
    if isinstance(figure, MissingFigure) or evaluation is None:
        return Answer(NOT_ANSWERED, _spoken(figure), (figure,))
    comparison = evaluation.content["seeds"] or evaluation.content["comparison"]
    if comparison["verdict"] == "equivalent within the margin" or figure.standing == SAME:
        because = f"{comparison['explanation']} High means: accuracy and macro F1 of both surely reach {HIGH:.0%}."
        return Answer(CONFIRMED if _high(comparison["metrics"]) else NOT_HIGH, because, (figure,))
    if figure.standing == OPEN:
        return Answer(_open(figure), comparison["explanation"], (figure,))
    return Answer(REFUTED, comparison["explanation"], (figure,))


def _high(metrics: Mapping[str, Any]) -> bool:
    """Return whether the lower ends of both frameworks' accuracy and macro F1 reach HIGH."""
    lows = [metrics[name][framework]["low"] for name in ("accuracy", "macro_f1") for framework in BOTH]
    return all(low is not None and low >= HIGH for low in lows)


def _skills(evidence: Evidence, code: Mapping[str, Any]) -> Answer:
    size, functions = _figure(evidence, "code_size"), code["functions"]
    shared = [function for function in functions if function["same_lines"] is not None]
    because = (
        f"{len(shared)} of {len(functions)} functions of the two trainers have the same name and the same task, but "
        f"{1 - code['same_lines']:.0%} of their lines are other ones: below they stand side by side. They were written "
        "to be read that way, so this is the least that has to change."
    )
    rewritten = [function for function in shared if function["same_lines"] < SAME_LINES]
    if rewritten:
        most = sorted(rewritten, key=lambda function: float(function["same_lines"]))[:3]
        because += f" Most is rewritten in {listed([function['name'] for function in most])}."
    same_outline, same_lines = len(shared) / len(functions) >= SAME_OUTLINE, code["same_lines"] >= SAME_LINES
    if same_outline != same_lines:
        return Answer("depends on whether the outline is meant or the calls", because, (size,))
    return Answer(CONFIRMED if same_outline else REFUTED, because, (size,))


CLAIMS: dict[str, tuple[str, Callable[[Evidence, Mapping[str, Any]], Answer]]] = {
    "smaller_files": ("TensorFlow has smaller files.", _smaller_files),
    "trains_faster": ("TensorFlow trains faster.", _trains_faster),
    "predicts_faster": ("TensorFlow predicts faster.", _predicts_faster),
    "lime": ("TensorFlow integrates better with LIME.", _with_lime),
    "longer_larger": ("PyTorch trains longer and makes larger files.", _longer_and_larger),
    "similar_accuracy": ("Both reach similarly high accuracy.", _similar_accuracy),
    "skills": ("Skills transfer between the two with some adjustment.", _skills),
}
