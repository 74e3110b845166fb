"""Decide between the frameworks: weight the measured criteria and bundle them with the evidence behind every number.

bakeoff decide --report results/bbc-minilm --weights api --output bundle
bakeoff decide --report report.json benchmark.json explain.json --weights ours.json --output bundle --models runs/bbc

`--weights` takes a preset (prototype, api, batch, edge, estate, small_team) or a file; `--save-weights` writes one to
change. With `--models` the bundle is marked stale where a model is no longer the one that was measured.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.classifiers.pair import NAMES, locate
from bakeoff.common import options
from bakeoff.common.errors import ReportError, one_sentence_errors
from bakeoff.common.files import json_text
from decide import report, wording
from decide.criteria import presets as decision_presets
from decide.criteria import weighting as decision_weighting
from decide.evidence import caveats, reports
from decide.evidence.comparison import ASSUMED, PAIRED
from decide.pages import view
from eval.measure.machine import public_command
from eval.report.provenance import weights_digest

JSON_FILE, HTML_FILE = "decision.json", "decision.html"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    presets = ", ".join(decision_presets.PRESETS)
    out = options.command("decide", __doc__, "bakeoff decide --report results/bbc-minilm --weights api --output bundle")
    out.add_argument(
        "--report", nargs="+", type=Path, required=True, metavar="PATH", help="reports, or folders that hold them"
    )
    out.add_argument(
        "--weights", default=decision_presets.DEFAULT, metavar="NAME_OR_FILE", help=f"a file, or one of {presets}"
    )
    add_models(out, required=False, purpose="mark the decision as stale unless it is about these two models")
    options.add_output(out, f"folder for {HTML_FILE} and {JSON_FILE}", metavar="DIR")
    out.add_argument("--save-weights", type=Path, metavar="FILE", help="write the weights as a file to change")
    options.add_json(out)
    options.add_quiet(out)
    return out


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Print the recommendation and the matrix, and write the bundle."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    weighting = decision_presets.named(arguments.weights)
    decision = report.build(reports.gather(arguments.report), weighting, public_command("bakeoff decide", given))
    if arguments.models:
        decision = report.marked(decision, stale_models(decision, arguments.models))
    if arguments.save_weights:
        decision_weighting.write(arguments.save_weights, weighting)
        options.note(arguments, f"weights written to {arguments.save_weights}")
    if arguments.output:
        write_bundle(arguments.output, decision)
        options.note(arguments, f"decision {decision['id']} written to {arguments.output}")
    print(json_text(decision) if arguments.json else summary(decision))
    return 0


def write_bundle(folder: Path, decision: Mapping[str, Any]) -> None:
    """Write a decision as JSON and as a page.

    Raises:
        ReportError: the folder can't be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{folder} can't be made ({error.strerror}); name another folder.") from error
    report.write(folder / JSON_FILE, decision)
    view.write(folder / HTML_FILE, decision)


def stale_models(decision: Mapping[str, Any], models: Sequence[str]) -> str:
    """Return a sentence that names the models which the decision is not about; empty if it is about all of them."""
    digests = {
        NAMES[framework]: weights_digest(locate(framework, model).path)
        for framework, model in by_framework(models).items()
    }
    return caveats.stale(decision, digests)


def summary(decision: Mapping[str, Any]) -> str:
    """Return the recommendation and the matrix as text for the terminal."""
    result = decision["result"]
    lines = [*filter(None, [decision["stale"], f"{result['headline']}. {result['sentence']}", result["opinion"]]), ""]
    for row in decision["criteria"]:
        if row["measured"] is None:
            lines.append(f"{row['name']:<32}{row['reason']}")
            continue
        cells = [f"{wording.estimate(row['measured'][name]):<26}" for name in NAMES.values()]
        basis = row["measured"]["compared"]["basis"]
        remark = {PAIRED: "", ASSUMED: " (spread assumed)"}.get(basis, f" ({basis})")
        lines.append(f"{row['name']:<32}{''.join(cells)}{row['unit']:<10}{view.standing(row)}{remark}")
    lines += ["", *(f"{claim['claim']} {wording.capital(claim['answer'])}." for claim in decision["claims"])]
    return "\n".join([*lines, *decision["remarks"]])


if __name__ == "__main__":
    sys.exit(main())
