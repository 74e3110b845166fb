"""Report who uses each framework for text classification: live Hub counts, searches and dated facts.

bakeoff adoption --output adoption.json
bakeoff adoption --trends multiTimeline.csv --output adoption.json

Unlike everything else here, these figures were not measured by this project. They say what others do, not which
framework is better.
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
# Names of the libraries in the Hub's filter. Since version 5, transformers runs on PyTorch only.
LIBRARIES = {"PyTorch": ("transformers", "pytorch"), "TensorFlow": ("tf", "keras", "tf-keras", "keras-hub")}
FACTS = Path(__file__).with_name("facts.json")


def hub(cache: Path) -> tuple[dict[str, Any] | None, str]:
    """Count the models on the Hub for each framework and library; return the counts with their date, and a notice.

    A model may be in several libraries, so a sum would count models twice. A framework's number is therefore that of
    its largest library, which is at most what the Hub holds for it. The notice is empty if there is nothing to say.
    """
    try:
        counts = hub_counts.count_models(TASK, [name for names in LIBRARIES.values() for name in names], cache)
    except HubError as error:
        return None, str(error)
    largest = {framework: max(counts.models[name] for name in names) for framework, names in LIBRARIES.items()}
    return largest | {"date": counts.date, "libraries": dict(counts.models)}, counts.notice


def facts() -> list[dict[str, str]]:
    """Return events in both frameworks' ecosystems, each with its date and its source, oldest first."""
    return json.loads(FACTS.read_text(encoding="utf-8"))


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = options.command("adoption", __doc__, "bakeoff adoption --output adoption.json")
    command.add_argument("--trends", type=Path, metavar="FILE", help="a CSV exported from Google Trends")
    options.add_output(command, "where the report is written", Path("adoption.json"))
    options.add_json(command)
    options.add_quiet(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Query the Hub, read the files, print the report and write it."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(words)
    trends = adoption_trends.read(arguments.trends) if arguments.trends else None
    counted, notice = hub(default_cache().with_name("hub_counts.json"))
    document = json_report.build(
        "adoption",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=public_command("bakeoff adoption", words),
        hub=counted,
        trends=trends,
        facts=facts(),
        notes=[notice] if notice else [],
    )
    json_report.write(arguments.output, document)
    options.note(arguments, f"adoption {document['id']} written to {arguments.output}")
    print(json_text(document) if arguments.json else "\n".join(lines(document)))
    return 0


def lines(document: dict[str, Any]) -> list[str]:
    """Format the report for the terminal."""
    text = list(document["notes"])
    if document["hub"]:
        counted = ", ".join(f"{name} {number:,}" for name, number in document["hub"]["libraries"].items())
        text.append(f"models on the Hub for {TASK}, {document['hub']['date'][:10]}: {counted}")
    if document["trends"]:
        means = ", ".join(f"{name} {mean:.0f}" for name, mean in document["trends"]["mean_of_last_year"].items())
        text.append(
            f"mean search interest in the year to {document['trends']['dates'][-1]}, on a scale of 0 to 100: {means}"
        )
    return text + [f"{fact['date']}  {fact['text']} {fact['source']}" for fact in document["facts"]]


if __name__ == "__main__":
    sys.exit(main())
