"""How the tab Evaluate shows a report: its sentences, tables and plots. Only words and formats, no statistics."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from eval.pages import wording
from eval.report import find_texts, provenance
from eval.report.catalog import Opened
from tabs.common import percent, plain

METRIC_HEADERS = ["metric", "PyTorch", "TensorFlow", "difference", "note"]
SLICE_HEADERS = ["by", "part", "texts", "PyTorch", "TensorFlow", "difference, points", "warning"]
ROBUSTNESS_HEADERS = ["damage", "PyTorch loses, points", "TensorFlow loses, points", "difference"]
TEXT_HEADERS = ["no.", "why?", "label", "PyTorch", "TensorFlow", "text"]
WHY = TEXT_HEADERS.index("why?")  # a click on a cell of this column explains the text
CALIBRATION_HEADERS = ["", "PyTorch", "TensorFlow"]
TRUE_CLASS = "true class"
SHOWN = 160  # characters of a text in a table
CALIBRATED = "calibrated"


def verdict(report: Mapping[str, Any]) -> str:
    """The answer in a sentence and its reason, as Markdown; that over several seeds too, where there is one."""
    parts = [("Verdict", report["comparison"])]
    if report["seeds"]:
        parts.append(("Over several trainings", report["seeds"]))
    return "\n\n".join(
        f"**{title}: {_one_line(each['headline'])}.** {_one_line(each['explanation'])}" for title, each in parts
    )


def about(opened: Opened, mismatch: str) -> str:
    """What the report is about, whether it is of the models that are loaded, and whether texts can be shown."""
    report = opened.report
    lines = [
        _one_line(
            f"Report {report['id']} of {report['created'][:10]}: {report['corpus']['texts']:,} texts of the corpus "
            f"{report['corpus']['name']}. Numbers in brackets are 95 % intervals; all differences are TensorFlow minus "
            "PyTorch."
        )
    ]
    if mismatch:
        lines.append(f"**{_one_line(mismatch)}**")
    if provenance.trained_elsewhere(report):
        lines.append(
            "The models were trained on another corpus or split: where texts that they were trained on are among "
            "these, the scores are too good."
        )
    if opened.texts is None:
        lines.append("Reports hold no texts, and this corpus is not at hand: row numbers of its test split are shown.")
    return "\n\n".join(lines)


def metrics(report: Mapping[str, Any]) -> dict[str, list]:
    """Every metric of both models, with its difference and what there is to know."""
    rows = []
    for name, each in report["comparison"]["metrics"].items():
        notes = ["lower is better"] if each["lower_is_better"] else []
        notes += [wording.reasons(each)] if wording.reasons(each) else []
        numbers = [wording.number(each[key]) for key in ("pytorch", "tensorflow", "difference")]
        rows.append([wording.metric(name), *numbers, "; ".join(notes)])
    return _table(METRIC_HEADERS, rows)


def confusion(report: Mapping[str, Any], framework: str) -> dict[str, list]:
    """A row for each true class, a column for each predicted one."""
    labels = report["labels"]
    counts = report["evaluations"][framework]["confusion"]
    return _table([TRUE_CLASS, *labels], [[label, *row] for label, row in zip(labels, counts, strict=True)])


def reliability(report: Mapping[str, Any]) -> pd.DataFrame:
    """Columns `confidence`, `accuracy`, `model` and `texts`: a row for each bin, and the line of a calibrated model."""
    rows = [
        (each["confidence"], each["accuracy"]["value"], framework, each["count"])
        for framework in find_texts.FRAMEWORKS
        for each in report["calibration"][framework]["calibration"]["bins"]
        if each["accuracy"]["value"] is not None
    ]
    lowest = min((min(row[0], row[1]) for row in rows), default=0.0)
    rows += [(lowest, lowest, CALIBRATED, 0), (1.0, 1.0, CALIBRATED, 0)]
    return pd.DataFrame(rows, columns=["confidence", "accuracy", "model", "texts"])


def calibration(report: Mapping[str, Any]) -> dict[str, list]:
    """How far confidence and accuracy are apart, and how far they would be by chance alone."""
    names = {
        "mean confidence": "mean_confidence",
        "accuracy": "accuracy",
        "calibration error": "error",
        "the error of a calibrated model": "if_calibrated",
        "p-value of being calibrated": "p_value",
    }
    both = [report["calibration"][framework] for framework in find_texts.FRAMEWORKS]
    rows = [[name, *(wording.number(each["calibration"][key]) for each in both)] for name, key in names.items()]
    rows.append(
        ["temperature (over 1: too sure)", *(wording.number(each["temperature"]["temperature"]) for each in both)]
    )
    return _table(CALIBRATION_HEADERS, rows)


def seeds(report: Mapping[str, Any]) -> pd.DataFrame | None:
    """Columns `framework`, `accuracy` in percent and `training`: a row for each seed; None without seeds."""
    if not report["seeds"]:
        return None
    accuracy = report["seeds"]["metrics"]["accuracy"]
    rows = [
        (framework, round(100 * value, 2), number)
        for framework in find_texts.FRAMEWORKS
        for number, value in enumerate(accuracy[f"{framework.lower()}_runs"], start=1)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["framework", "accuracy", "training"])


def seeds_note(report: Mapping[str, Any]) -> str:
    """Each training's accuracy, or why nothing is said of seeds."""
    if report["seeds"]:
        points = seeds(report)
        runs = [
            f"{name} {', '.join(f'{value:.2f}' for value in points['accuracy'][points['framework'] == name])}"
            for name in find_texts.FRAMEWORKS
        ]
        return f"Each point is a training with its own seed: {'; '.join(runs)}."
    return (
        "One training of each framework: what another seed would change is not known. `bakeoff train --seeds 5` "
        "and `bakeoff evaluate --seeds-dir` tell."
    )


def slices(report: Mapping[str, Any]) -> dict[str, list]:
    """Both models on parts of the texts."""
    rows = [
        [each["facet"], each["name"], each["n"], wording.share(each["first"]), wording.share(each["second"])]
        + [wording.points(each["difference"]), each["warning"]]
        for each in report["slices"]["slices"]
    ]
    return _table(SLICE_HEADERS, rows)


def slices_note(report: Mapping[str, Any]) -> str:
    """How to read so many slices, and which were not made."""
    skipped = "; ".join(f"{each['name']}: {each['reason']}" for each in report["slices"]["skipped"])
    return _one_line(report["slices"]["note"] + (f" Not looked at: {skipped}." if skipped else ""))


def robustness(report: Mapping[str, Any]) -> dict[str, list]:
    """Accuracy that both models lose on damaged texts; no rows where it was not measured."""
    rows = [
        [f"{each['name']}: {each['description']}", wording.points(each["first"]["drop"])]
        + [wording.points(each["second"]["drop"]), wording.points(each["difference"])]
        for each in report["robustness"] or ()
    ]
    return _table(ROBUSTNESS_HEADERS, rows)


def robustness_note(report: Mapping[str, Any]) -> str:
    """How to read that table, or why there is none."""
    if report["robustness"]:
        return "Accuracy lost on damaged texts. The difference is positive where TensorFlow loses more."
    return "Robustness to damaged texts was not measured: `bakeoff evaluate` does it."


def texts(opened: Opened, indices: Sequence[int]) -> dict[str, list]:
    """Some texts with both models' answers; numbers count from 1."""
    rows = []
    for each in find_texts.answers(opened.report, indices):
        text = "" if opened.texts is None else opened.texts[each.index]
        shortened = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        rows.append([each.index + 1, "explain" if text else "", each.label, *_said(each), shortened])
    return _table(TEXT_HEADERS, rows)


def one_text(opened: Opened, index: int) -> tuple[str, str]:
    """What both models say of one text, as Markdown, and the text; "" where it is not at hand."""
    (found,) = find_texts.answers(opened.report, [index])
    one, other = map(plain, _said(found))
    sentence = f"**Text {index + 1}**, label {plain(found.label)}: PyTorch says {one}, TensorFlow says {other}."
    return sentence, "" if opened.texts is None else opened.texts[index]


def _said(answers: find_texts.TextAnswers) -> list[str]:
    return [f"{label} {percent(p)}" for label, p in zip(answers.predicted, answers.confidence, strict=True)]


def _one_line(text: str) -> str:
    return plain(" ".join(text.split()))


def _table(headers: list[str], rows: list[list]) -> dict[str, list]:
    return {"headers": headers, "data": rows}
