"""Choose and open a report: the loaded pair's own, a published one, or a visitor's file."""

from collections.abc import Callable
from typing import Any

from bakeoff.common.errors import InputError, ModelError
from eval.report import catalog, provenance
from eval.report.catalog import Opened
from service.work.model_loader import ModelLoader
from tabs.common import plain, shows_errors

OWN, UPLOADED = "own", "uploaded"
LABELS = {OWN: "this pair's own report", UPLOADED: "your file"}
NO_REPORT = (
    "**There is no report yet.** Make one with `bakeoff evaluate` and start the app with `--report FILE`, or upload "
    "one above."
)


def report_names(loader: ModelLoader) -> list[str]:
    """Return the names of the reports to choose from: the pair's own first, then the published ones."""
    return [*([OWN] if loader.report else []), *catalog.published()]


def labeled(names: list[str]) -> list[tuple[str, str]]:
    """Pair each report's name with the label that a visitor reads."""
    return [(LABELS.get(name, f"published: {name}"), name) for name in names]


def is_there(loader: ModelLoader, choice: Any) -> bool:
    """Return whether the chosen report exists. The pair's own report may not have been made yet."""
    if not isinstance(choice, str) or not choice:
        return False
    return choice != OWN or (loader.report is not None and loader.report.exists())


def pending(loader: ModelLoader) -> str:
    """Return why there is no report to show, as Markdown."""
    if loader.report is None:
        return NO_REPORT
    return f"**This pair has no report yet.** {plain(loader.progress().text)}"


def open_choice(loader: ModelLoader, choice: str | None, uploaded: Opened | None) -> Opened:
    """Open the chosen report with its texts.

    Raises:
        InputError: There is no report of this name.
        ReportError: Its file is not a report.
    """
    published = catalog.published()
    if choice == UPLOADED and uploaded is not None:
        return uploaded
    if choice == OWN and loader.report is not None:
        return catalog.open_report(loader.report)
    if isinstance(choice, str) and choice in published:
        return catalog.open_report(published[choice])
    raise InputError(f"There is no such report: choose one of {', '.join(report_names(loader)) or 'your own files'}.")


def find_mismatch(loader: ModelLoader, opened: Opened) -> str | None:
    """Describe how a report's models differ from the loaded ones: "" if they are the same, None while models load."""
    try:
        pair = tuple(loader.pair())
    except ModelError:
        return None
    return provenance.mismatch(opened.report, pair)


def mismatch_sentence(mismatch: str | None) -> str:
    """Return the mismatch as the page shows it."""
    if mismatch is None:
        return "The models are still loading, so it is not known yet whether this report is about them."
    return mismatch


def summary_of(loader: ModelLoader) -> Callable[[str], dict]:
    """Return the function that the API calls `report`."""

    def report(name: str = "") -> dict:
        """Return a report's verdict and metrics. The default is the pair's own report, or the first published one."""
        names = report_names(loader)
        choice = name or (names[0] if names else None)
        if choice in (None, OWN) and not is_there(loader, choice):
            raise InputError("The loaded models have no report yet: make one with `bakeoff evaluate`.")
        opened = open_choice(loader, choice, None)
        return summary(opened, find_mismatch(loader, opened), names)

    return shows_errors(report)


def summary(opened: Opened, mismatch: str | None, names: list[str]) -> dict:
    """Return the API's answer for a report. `reports` lists the names of all available reports.

    `belongs_to_the_loaded_models` is None while models still load, because it is not known then.
    """
    report, comparison = opened.report, opened.report["comparison"]
    keys = ("pytorch", "tensorflow", "difference")
    return {
        "reports": names,
        "id": report["id"],
        "corpus": report["corpus"],
        "verdict": comparison["headline"],
        "explanation": comparison["explanation"],
        "belongs_to_the_loaded_models": None if mismatch is None else not mismatch,
        "metrics": {name: {key: metric[key] for key in keys} for name, metric in comparison["metrics"].items()},
    }
