"""Decide between the frameworks: weight the measured criteria and bundle them with the evidence behind every number.

bakeoff decide --report results/bbc-minilm --weights api --output bundle
bakeoff decide --report report.json benchmark.json explain.json --weights ours.json --output bundle --models runs/bbc

`--weights` takes a preset (prototype, api, batch, edge, estate, small_team) or a file; `--save-weights` writes one to
change. `--adr` writes a one-page record in the MADR form. `--definitions` takes an older version of the registered
definitions and shows its recommendations beside today's. With `--models` the bundle says whether it is about them.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.classifiers.pair import NAMES, locate
from bakeoff.common import options
from bakeoff.common.errors import ReportError, one_sentence_errors
from bakeoff.common.files import json_text
from decide import adr, answers, report, wording
from decide.criteria import presets as decision_presets
from decide.criteria import weighting as decision_weighting
from decide.criteria.definitions import BASES, CURRENT, VARIANTS, read
from decide.evidence import caveats, reports
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
    add_models(out, required=False, purpose="say whether the decision is about these two models")
    basis = f"how the library is called (default: {CURRENT.rule.basis}, if it was measured)"
    out.add_argument("--basis", choices=BASES, help=basis)
    out.add_argument("--variant", choices=VARIANTS, help=f"builds of the packages (default: {CURRENT.rule.variant})")
    mixed = "combine reports of different models, corpora and machines"
    out.add_argument("--allow-mixed", action="store_true", help=mixed)
    out.add_argument("--definitions", type=Path, metavar="OLD", help="older definitions, to show beside today's")
    out.add_argument("--adr", type=Path, metavar="FILE", help="also write the decision as a record of one page (MADR)")
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
    evidence, command = reports.gather(arguments.report), public_command("bakeoff decide", given)
    choice = report.Choice(arguments.basis or "", arguments.variant or "", arguments.allow_mixed)
    decision = report.build(evidence, weighting, command, choice)
    if arguments.models:
        decision = report.marked(decision, other_models(decision, arguments.models))
    if arguments.save_weights:
        decision_weighting.write(arguments.save_weights, weighting)
        options.note(arguments, f"weights written to {arguments.save_weights}")
    if arguments.output:
        write_bundle(arguments.output, decision)
        options.note(arguments, f"decision {decision['id']} written to {arguments.output}")
    if arguments.adr:
        adr.write(arguments.adr, decision)
        options.note(arguments, f"record written to {arguments.adr}")
    print(json_text(decision) if arguments.json else summary(decision))
    if arguments.definitions:
        old = report.build(evidence, weighting, command, replace(choice, definitions=read(arguments.definitions)))
        print("\n".join(["", *side_by_side(old, decision)]), file=sys.stderr if arguments.json else sys.stdout)
    return 0


def side_by_side(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return one line per preset with the recommendations of two decisions on the same reports."""
    versions = [f"definitions {decision['definitions']['version']}" for decision in (old, new)]
    lines = [f"{'':<32}{versions[0]:<40}{versions[1]}"]
    for key in dict.fromkeys([*old["presets"], *new["presets"]]):
        results = [decision["presets"].get(key) for decision in (old, new)]
        name = next(result["weighting"]["name"] for result in results if result)
        shown = [_headline_and_lead(result) if result else "not defined" for result in results]
        lines.append(f"{name:<32}{shown[0]:<40}{shown[1]}")
    return lines


def _headline_and_lead(result: Mapping[str, Any]) -> str:
    return f"{result['headline']} ({result['outcome']['lead']:+.1f})"


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


def other_models(decision: Mapping[str, Any], models: Sequence[str]) -> str:
    """Return a sentence that names the models which the decision is not about; empty if it is about all of them."""
    digests = {
        NAMES[framework]: weights_digest(locate(framework, model).path)
        for framework, model in by_framework(models).items()
    }
    return caveats.other_models(decision, digests)


def summary(decision: Mapping[str, Any]) -> str:
    """Return the first page of a decision as text for the terminal."""
    result = decision["result"]
    lines = [decision["scope"], *filter(None, [decision["other_models"]]), ""]
    lines += [f"{result['headline']}. {result['sentence']}", *filter(None, [result["opinion"]]), result["definitions"]]
    lines += [f"It turns with {answers.choices_in_words(turn)}." for turn in result["multiverse"]["turns"]]
    lines += ["", *(row["sentence"] for row in answers.answers(decision["criteria"])), ""]
    lines += [f"{other['weighting']['name']:<32}{other['headline']}" for other in decision["presets"].values()]
    lines += ["", *(f"{claim['claim']} {wording.capital(claim['answer'])}." for claim in decision["claims"])]
    return "\n".join([*lines, *decision["remarks"]])


if __name__ == "__main__":
    sys.exit(main())
