"""Turn a report into the sentences, tables and plots of the tab Evaluate. Nothing is computed here."""

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
    """Return the verdict and its reason as Markdown, and the verdict over several seeds if there is one."""
    parts = [("Verdict", report["comparison"])]
    if report["seeds"]:
        parts.append(("Over several trainings", report["seeds"]))
    return "\n\n".join(
        f"**{title}: {_one_line(part['headline'])}.** {_one_line(part['explanation'])}" for title, part in parts
    )


def about(opened: Opened, mismatch: str) -> str:
    """Say what the report is about, whether it is about the loaded models, and whether its texts can be shown."""
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
            "The models were trained on another corpus or split. If training texts are among these texts, the scores "
            "are too high."
        )
    if opened.texts is None:
        lines.append(
            "Reports contain no texts and this corpus is not available, so row numbers of its test split are shown."
        )
    return "\n\n".join(lines)


def metrics(report: Mapping[str, Any]) -> dict[str, list]:
    """Return a table of every metric of both models, with its difference and notes."""
    rows = []
    for name, metric in report["comparison"]["metrics"].items():
        notes = ["lower is better"] if metric["lower_is_better"] else []
        notes += [wording.reasons(metric)] if wording.reasons(metric) else []
        numbers = [wording.number(metric[key]) for key in ("pytorch", "tensorflow", "difference")]
        rows.append([wording.metric(name), *numbers, "; ".join(notes)])
    return _table(METRIC_HEADERS, rows)


def confusion(report: Mapping[str, Any], framework: str) -> dict[str, list]:
    """Return a confusion matrix with a row per true class and a column per predicted class."""
    labels = report["labels"]
    counts = report["evaluations"][framework]["confusion"]
    return _table([TRUE_CLASS, *labels], [[label, *row] for label, row in zip(labels, counts, strict=True)])


def reliability(report: Mapping[str, Any]) -> pd.DataFrame:
    """Return the reliability plot: a row per bin of each model, and the line of a calibrated model.

    The columns are `confidence`, `accuracy`, `model` and `texts`.
    """
    rows = [
        (group["confidence"], group["accuracy"]["value"], framework, group["count"])
        for framework in find_texts.FRAMEWORKS
        for group in report["calibration"][framework]["calibration"]["bins"]
        if group["accuracy"]["value"] is not None
    ]
    lowest = min((min(row[0], row[1]) for row in rows), default=0.0)
    rows += [(lowest, lowest, CALIBRATED, 0), (1.0, 1.0, CALIBRATED, 0)]
    return pd.DataFrame(rows, columns=["confidence", "accuracy", "model", "texts"])


def calibration(report: Mapping[str, Any]) -> dict[str, list]:
    """Return a table of how far confidence and accuracy differ, and how far they would differ by chance alone."""
    names = {
        "mean confidence": "mean_confidence",
        "accuracy": "accuracy",
        "calibration error": "error",
        "the error of a calibrated model": "if_calibrated",
        "p-value of being calibrated": "p_value",
    }
    both = [report["calibration"][framework] for framework in find_texts.FRAMEWORKS]
    rows = [[name, *(wording.number(model["calibration"][key]) for model in both)] for name, key in names.items()]
    temperatures = (wording.number(model["temperature"]["temperature"]) for model in both)
    rows.append(["temperature (over 1: overconfident)", *temperatures])
    return _table(CALIBRATION_HEADERS, rows)


def seeds(report: Mapping[str, Any]) -> pd.DataFrame | None:
    """Return a row per seed with the columns `framework`, `accuracy` in percent and `training`; None without seeds."""
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
    """Return the accuracy per training, or why there are no results over several seeds."""
    if report["seeds"]:
        points = seeds(report)
        runs = [
            f"{name} {', '.join(f'{value:.2f}' for value in points['accuracy'][points['framework'] == name])}"
            for name in find_texts.FRAMEWORKS
        ]
        return f"Each point is a training with its own seed. Accuracy in percent: {'; '.join(runs)}."
    return (
        "Each framework was trained once, so the effect of another seed is unknown. `bakeoff train --seeds 5` and "
        "`bakeoff evaluate --seeds-dir` measure it."
    )


def slices(report: Mapping[str, Any]) -> dict[str, list]:
    """Return a table of both models' accuracy on parts of the texts."""
    rows = [
        [part["facet"], part["name"], part["n"], wording.share(part["first"]), wording.share(part["second"])]
        + [wording.points(part["difference"]), part["warning"]]
        for part in report["slices"]["slices"]
    ]
    return _table(SLICE_HEADERS, rows)


def slices_note(report: Mapping[str, Any]) -> str:
    """Say how to read so many slices, and which parts were left out and why."""
    skipped = "; ".join(f"{part['name']}: {part['reason']}" for part in report["slices"]["skipped"])
    return _one_line(report["slices"]["note"] + (f" Not examined: {skipped}." if skipped else ""))


def robustness(report: Mapping[str, Any]) -> dict[str, list]:
    """Return a table of the accuracy that both models lose on damaged texts, without rows if it was not measured."""
    rows = [
        [f"{damage['name']}: {damage['description']}", wording.points(damage["first"]["drop"])]
        + [wording.points(damage["second"]["drop"]), wording.points(damage["difference"])]
        for damage in report["robustness"] or ()
    ]
    return _table(ROBUSTNESS_HEADERS, rows)


def robustness_note(report: Mapping[str, Any]) -> str:
    """Say how to read the table of robustness, or why there is no table."""
    if report["robustness"]:
        return "This is the accuracy lost on damaged texts. The difference is positive where TensorFlow loses more."
    return "Robustness to damaged texts was not measured. `bakeoff evaluate` measures it."


def texts(opened: Opened, indices: Sequence[int]) -> dict[str, list]:
    """Return a table of texts with both models' answers. Texts are numbered from 1."""
    rows = []
    for answers in find_texts.answers(opened.report, indices):
        text = "" if opened.texts is None else opened.texts[answers.index]
        shortened = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        rows.append([answers.index + 1, "explain" if text else "", answers.label, *_classes(answers), shortened])
    return _table(TEXT_HEADERS, rows)


def one_text(opened: Opened, index: int) -> tuple[str, str]:
    """Return both models' answers to one text as Markdown, and the text, which is "" if it is not available."""
    (answers,) = find_texts.answers(opened.report, [index])
    pytorch, tensorflow = map(plain, _classes(answers))
    sentence = (
        f"**Text {index + 1}**, label {plain(answers.label)}: PyTorch says {pytorch}, TensorFlow says {tensorflow}."
    )
    return sentence, "" if opened.texts is None else opened.texts[index]


def _classes(answers: find_texts.TextAnswers) -> list[str]:
    return [f"{label} {percent(p)}" for label, p in zip(answers.predicted, answers.confidence, strict=True)]


def _one_line(text: str) -> str:
    return plain(" ".join(text.split()))


def _table(headers: list[str], rows: list[list]) -> dict[str, list]:
    return {"headers": headers, "data": rows}
