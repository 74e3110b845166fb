"""Publish a report's scores to the model cards of its two models, so that their pages on the Hub show them.

python -m eval.report.publish report.json --pytorch USER/NAME-pytorch --tensorflow USER/NAME-tensorflow
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.errors import HubError, ReportError, one_sentence_errors
from bakeoff.hub import model_index
from bakeoff.hub.model_index import Remote, Score
from eval.report import logits_cache, report

METRICS = {  # of a report: the Hub's id, and the name that its page shows
    "accuracy": ("accuracy", "Accuracy"),
    "macro_f1": ("f1", "Macro F1"),
    "macro_precision": ("precision", "Macro precision"),
    "macro_recall": ("recall", "Macro recall"),
    "matthews_correlation": ("matthews_correlation", "Matthews correlation"),
}
IDENTIFYING = (*logits_cache.WEIGHT_FILES, logits_cache.RECIPE_FILE)


def scores(made: Mapping[str, Any], framework: str) -> list[Score]:
    """The scores of one framework's model; metrics that are not defined are left out."""
    out = []
    for name, (metric, shown) in METRICS.items():
        found = made["comparison"]["metrics"].get(name, {}).get(framework)
        if found and found["value"] is not None:
            out.append(Score(metric, shown, found["value"], found["low"], found["high"]))
    return out


def check_model(made: Mapping[str, Any], framework: str, remote: Remote) -> None:
    """Compare the weights and the recipe on the Hub with those that were evaluated.

    Raises:
        ReportError: they differ, or the report doesn't say which weights it is about.
    """
    evaluated = made["models"][NAMES[framework]].get("weights")
    found = logits_cache.digest_of_hashes(remote.hashes)
    if evaluated != found:
        raise ReportError(
            f"the report is about other {NAMES[framework]} weights ({(evaluated or 'unknown')[:12]}) than "
            f"{remote.repo_id} holds at {remote.revision[:12]} ({found[:12]}), so nothing was published; evaluate that "
            "version with `python -m eval`."
        )


def publish(made: Mapping[str, Any], repositories: Mapping[str, str]) -> dict[str, str | None]:
    """Write the scores into the cards; nothing is written unless every repository holds what was evaluated.

    Args:
        made: a report that `report.check` let pass.
        repositories: Hub id by framework, `pytorch`, `tensorflow` or both.

    Returns:
        By Hub id, the new commit; None where the card said all of it already.

    Raises:
        ReportError: a repository holds other weights.
        HubError: the Hub refuses or fails; it names the cards that were written before.
    """
    remotes = {framework: model_index.remote_files(repo_id, IDENTIFYING) for framework, repo_id in repositories.items()}
    for framework, remote in remotes.items():
        check_model(made, framework, remote)
    corpus = made["corpus"]
    message = f"Scores on {corpus['texts']} texts of {corpus['name'][:80]} (Bakeoff report {made['id']})"
    written = {}
    for framework, remote in remotes.items():
        try:
            written[remote.repo_id] = model_index.write_scores(remote, corpus["name"], scores(made, framework), message)
        except HubError as error:
            raise HubError(f"{error}{_before(written)}") from error
    return written


def _before(written: Mapping[str, str | None]) -> str:
    """What a failure has to tell of the cards before it: they stay as they were written."""
    commits = [f"{repo_id} (commit {commit})" for repo_id, commit in written.items() if commit]
    return f" Before that, the scores were published to {', '.join(commits)}." if commits else ""


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Publish the scores of a report."""
    parser = argparse.ArgumentParser(prog="python -m eval.report.publish", description=__doc__.split("\n")[0])
    parser.add_argument("report", type=Path, help="of `python -m eval`")
    for framework, name in NAMES.items():
        parser.add_argument(f"--{framework}", metavar="USER/NAME", help=f"the {name} model's repository on the Hub")
    arguments = parser.parse_args(argv)
    repositories = {framework: getattr(arguments, framework) for framework in NAMES if getattr(arguments, framework)}
    if not repositories:
        raise ReportError("no repository was named: give --pytorch USER/NAME, --tensorflow USER/NAME or both.")
    for repo_id, commit in publish(report.read(arguments.report), repositories).items():
        print(
            f"{repo_id}: scores published, commit {commit}" if commit else f"{repo_id}: these scores are there already"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
