"""Adoption: who uses each framework for text classification, from outside: live Hub counts, searches, dated facts.

bakeoff adoption --output adoption.json
bakeoff adoption --trends multiTimeline.csv --output adoption.json

Unlike everything else here, none of this was measured by this project: it says what others do, not which framework is
better.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bakeoff.common import json_report, options
from bakeoff.common.errors import HubError, one_sentence_errors
from bakeoff.common.files import json_text
from bakeoff.hub import counts as hub_counts
from eval.adoption import trends as adoption_trends
from eval.measure.machine import public_command
from eval.report.logits_cache import default_cache

TASK = "text-classification"
# As the Hub's filter names them. transformers runs on PyTorch alone since its version 5.
LIBRARIES = {"PyTorch": ("transformers", "pytorch"), "TensorFlow": ("tf", "keras", "tf-keras", "keras-hub")}
FACTS = Path(__file__).with_name("facts.json")


def hub(cache: Path) -> tuple[dict[str, Any] | None, str]:
    """Models on the Hub: those of each framework's largest library, all libraries, the date; and a notice, or empty.

    A model may be in several libraries. A framework's own number is therefore that of its largest library, and so at
    most what the Hub holds for it: a sum would count models twice.
    """
    try:
        counts = hub_counts.count_models(TASK, [each for names in LIBRARIES.values() for each in names], cache)
    except HubError as error:
        return None, str(error)
    largest = {framework: max(counts.models[name] for name in names) for framework, names in LIBRARIES.items()}
    return largest | {"date": counts.date, "libraries": dict(counts.models)}, counts.notice


def facts() -> list[dict[str, str]]:
    """What happened to both frameworks' ecosystems, each with its date and its source, oldest first."""
    return json.loads(FACTS.read_text(encoding="utf-8"))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = options.command("adoption", __doc__, "bakeoff adoption --output adoption.json")
    out.add_argument("--trends", type=Path, metavar="FILE", help="a CSV exported from Google Trends")
    options.add_output(out, "where the report is written", Path("adoption.json"))
    options.add_json(out)
    options.add_quiet(out)
    return out


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Ask the Hub, read the files, print and write."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    trends = adoption_trends.read(arguments.trends) if arguments.trends else None
    counted, notice = hub(default_cache().with_name("hub_counts.json"))
    made = json_report.build(
        "adoption",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=public_command("bakeoff adoption", given),
        hub=counted,
        trends=trends,
        facts=facts(),
        notes=[notice] if notice else [],
    )
    json_report.write(arguments.output, made)
    options.note(arguments, f"adoption {made['id']} written to {arguments.output}")
    print(json_text(made) if arguments.json else "\n".join(lines(made)))
    return 0


def lines(made: dict[str, Any]) -> list[str]:
    """The document for the terminal."""
    out = list(made["notes"])
    if made["hub"]:
        counted = ", ".join(f"{name} {number:,}" for name, number in made["hub"]["libraries"].items())
        out.append(f"models on the Hub for {TASK}, {made['hub']['date'][:10]}: {counted}")
    if made["trends"]:
        means = ", ".join(f"{name} {mean:.0f}" for name, mean in made["trends"]["mean_of_last_year"].items())
        out.append(f"searches in the last year to {made['trends']['dates'][-1]}, of at most 100: {means}")
    return out + [f"{fact['date']}  {fact['text']} {fact['source']}" for fact in made["facts"]]


if __name__ == "__main__":
    sys.exit(main())
