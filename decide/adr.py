"""Write a decision as an architecture decision record: one page of Markdown in the MADR form.

The form is MADR 4 (https://adr.github.io/madr): context, drivers, options, outcome, consequences, more information.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.common.files import export
from bakeoff.common.html_page import render_text
from decide import answers, wording
from decide.criteria.criteria import BY_KEY
from decide.evidence.tracing import sources_of

TEMPLATE = "decide/pages/adr.md.j2"


def markdown(decision: Mapping[str, Any]) -> str:
    """Return the record of a decision that `report.check` accepted."""
    result = decision["result"]
    shares = result["outcome"]["shares"]
    drivers = [(BY_KEY[key].name if key in BY_KEY else key, share) for key, share in shares.items()]
    return render_text(
        TEMPLATE,
        decision=decision,
        result=result,
        drivers=sorted(drivers, key=lambda driver: -driver[1]),
        rows=answers.answers(decision["criteria"]),
        unmeasured=answers.unmeasured(decision["criteria"]),
        evidence=list(dict.fromkeys(source for row in decision["criteria"] for source in sources_of(row))),
        words=wording,
        answers=answers,
    )


def write(path: Path, decision: Mapping[str, Any]) -> None:
    """Write the record; the file appears complete or not at all.

    Raises:
        ReportError: the file can't be written.
    """
    export(path, markdown(decision), ReportError)
