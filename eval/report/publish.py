"""Publish a pair of models to the Hub, a report's scores to their model cards, or both.

bakeoff publish --models runs/news --to USER/news --private
bakeoff publish runs/news/report.json --to USER/news
bakeoff publish report.json --pytorch USER/NAME-pytorch --tensorflow USER/NAME-tensorflow

The Hub's pages of the two models show the scores.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.classifiers.pair import NAMES
from bakeoff.common import options
from bakeoff.common.errors import HubError, InputError, ReportError, one_sentence_errors
from bakeoff.common.files import write_text
from bakeoff.hub import model_index
from bakeoff.hub import publish as hub_publish
from bakeoff.hub.access import check_write_access
from bakeoff.hub.model_index import Remote, Score
from eval.report import logits_cache, report

METRICS = {  # metric in a report: its id on the Hub, and the name that the Hub page shows
    "accuracy": ("accuracy", "Accuracy"),
    "macro_f1": ("f1", "Macro F1"),
    "macro_precision": ("precision", "Macro precision"),
    "macro_recall": ("recall", "Macro recall"),
    "matthews_correlation": ("matthews_correlation", "Matthews correlation"),
}
PLACEHOLDER = "USER/NAME"  # in the card of a model whose repository was not known
IDENTIFYING = (*logits_cache.WEIGHT_FILES, logits_cache.RECIPE_FILE)


def scores(document: Mapping[str, Any], framework: str) -> list[Score]:
    """Return the scores of one framework's model; undefined metrics are left out."""
    known = []
    for name, (metric, shown) in METRICS.items():
        estimate = document["comparison"]["metrics"].get(name, {}).get(framework)
        if estimate and estimate["value"] is not None:
            known.append(Score(metric, shown, *(estimate[key] for key in ("value", "low", "high"))))
    return known


def check_model(document: Mapping[str, Any], framework: str, remote: Remote) -> None:
    """Compare the weights and the recipe on the Hub with those that were evaluated.

    Raises:
        ReportError: They differ, or the report doesn't say which weights it is about.
    """
    evaluated = document["models"][NAMES[framework]].get("weights")
    published = logits_cache.digest_of_hashes(remote.hashes)
    if evaluated != published:
        raise ReportError(
            f"the report is about other {NAMES[framework]} weights ({(evaluated or 'unknown')[:12]}) than "
            f"{remote.repo_id} holds at {remote.revision[:12]} ({published[:12]}), so nothing was published; evaluate "
            "that version with `bakeoff evaluate`."
        )


def publish(document: Mapping[str, Any], repositories: Mapping[str, str]) -> dict[str, str | None]:
    """Write the scores into the cards; nothing is written unless every repository holds what was evaluated.

    Args:
        document: A report that `report.check` accepted.
        repositories: Hub id per framework, for `pytorch`, `tensorflow` or both.

    Returns:
        The new commit per Hub id; None if the card was already up to date.

    Raises:
        ReportError: A repository holds other weights.
        HubError: The Hub refuses or fails; the error names the cards that were already written.
    """
    remotes = {framework: model_index.remote_files(repo_id, IDENTIFYING) for framework, repo_id in repositories.items()}
    for framework, remote in remotes.items():
        check_model(document, framework, remote)
    corpus = document["corpus"]
    message = f"Scores on {corpus['texts']} texts of {corpus['name'][:80]} (Bakeoff report {document['id']})"
    written = {}
    for framework, remote in remotes.items():
        try:
            written[remote.repo_id] = model_index.write_scores(
                remote, corpus["name"], scores(document, framework), message
            )
        except HubError as error:
            raise HubError(f"{error}{_before(written)}") from error
    return written


def _before(written: Mapping[str, str | None]) -> str:
    """Name the cards that were written before a failure; they stay as written."""
    commits = [f"{repo_id} (commit {commit})" for repo_id, commit in written.items() if commit]
    return f" Before the failure, the scores were published to {', '.join(commits)}." if commits else ""


def publish_models(
    folders: Mapping[str, Path],
    repositories: Mapping[str, str],
    *,
    private: bool,
    overwrite: bool = False,
    progress: Callable[[str], None],
) -> None:
    """Publish both model folders; nothing is written unless all of them can be published.

    Raises:
        HubError: there is no token, a repository is public or holds files of others, or the Hub refuses or fails.
    """
    for repo_id in repositories.values():
        check_write_access(repo_id, private=private, overwrite=overwrite)
    for framework, repo_id in repositories.items():
        _name_repository(folders[framework] / "README.md", repo_id)
        published = hub_publish.publish(
            folders[framework], repo_id, private=private, overwrite=overwrite, progress=progress
        )
        print(f"published {published.url} at {published.tag} ({published.revision[:12]})")


def _name_repository(card: Path, repo_id: str) -> None:
    """Let the card of a model that was trained without `--push` show how to load it from its repository."""
    if card.is_file() and PLACEHOLDER in (text := card.read_text(encoding="utf-8")):
        write_text(card, text.replace(PLACEHOLDER, repo_id))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = options.command(
        "publish", __doc__, "bakeoff publish runs/news/report.json --models runs/news --to USER/news --private"
    )
    report_help = "file that `bakeoff evaluate` wrote: publish its scores"
    command.add_argument("report", type=Path, nargs="?", metavar="REPORT", help=report_help)
    add_models(command, required=False, purpose="the two models to publish")
    command.add_argument(
        "--to", type=_pair_name, metavar="USER/NAME", help="publish to USER/NAME-pytorch and USER/NAME-tensorflow"
    )
    for framework, name in NAMES.items():
        command.add_argument(
            f"--{framework}", metavar="USER/NAME", help=f"repository of the {name} model, instead of --to"
        )
    command.add_argument("--private", action="store_true", help="publish into private repositories")
    command.add_argument(
        "--overwrite",
        action="store_true",
        help="publish although a repository holds files that Bakeoff did not write: those of the names that it writes"
        " are replaced, all others stay",
    )
    options.add_yes(command)
    options.add_quiet(command)
    return command


def _pair_name(text: str) -> str:
    if not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", text):
        raise argparse.ArgumentTypeError(f"{text} names no repositories: give USER/NAME")
    return text


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Publish the models, then the scores of the report."""
    arguments = parser().parse_args(argv)
    repositories = _repositories(arguments)
    document = report.read(arguments.report) if arguments.report else None
    if arguments.models:
        folders = _folders(arguments.models, repositories)
        _ask(arguments, folders, repositories)
        publish_models(
            folders,
            repositories,
            private=arguments.private,
            overwrite=arguments.overwrite,
            progress=lambda text: options.note(arguments, text),
        )
    if document is None:
        return 0
    for repo_id, commit in publish(document, repositories).items():
        print(
            f"{repo_id}: scores published, commit {commit}"
            if commit
            else f"{repo_id}: the card already has these scores"
        )
    return 0


def _repositories(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the Hub id by framework.

    Raises:
        InputError: there is nothing to publish, or the repositories are not named, or named twice.
    """
    if arguments.report is None and not arguments.models:
        raise InputError("nothing was named to publish: give --models, a report of `bakeoff evaluate`, or both.")
    for flag in ("private", "overwrite"):
        if getattr(arguments, flag) and not arguments.models:
            raise InputError(
                f"--{flag} says how to publish models, but none were named: give --models, or leave it out."
            )
    named = {framework: getattr(arguments, framework) for framework in NAMES if getattr(arguments, framework)}
    if arguments.to and named:
        raise InputError("the repositories were named twice: give --to, or --pytorch and --tensorflow.")
    if arguments.to:
        return {framework: f"{arguments.to}-{framework}" for framework in NAMES}
    if not named:
        raise InputError(
            "no repository was named: give --to USER/NAME, or --pytorch USER/NAME, --tensorflow USER/NAME or both."
        )
    return named


def _folders(models: Sequence[str], repositories: Mapping[str, str]) -> dict[str, Path]:
    """Return the folders of the models that have a repository to go to.

    Raises:
        InputError: a model is not a folder.
    """
    named = by_framework(models)
    folders = {framework: Path(named[framework]) for framework in repositories}
    if others := [str(folder) for folder in folders.values() if not folder.is_dir()]:
        raise InputError(f"{others[0]} is not a folder: give the folders of trained models with --models.")
    return folders


def _ask(arguments: argparse.Namespace, folders: Mapping[str, Path], repositories: Mapping[str, str]) -> None:
    """Ask before anything is uploaded.

    Raises:
        InputError: nobody is there to answer, or the answer is no.
    """
    if arguments.yes:
        return
    targets = ", ".join(f"{folders[framework]} as {repo_id}" for framework, repo_id in repositories.items())
    if not sys.stdin.isatty():
        raise InputError(f"this would publish {targets}: give --yes to do it without being asked.")
    print(
        f"Publish {targets} ({'private' if arguments.private else 'public, if it is new'})? [y/N] ",
        end="",
        file=sys.stderr,
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("nothing was published.")


if __name__ == "__main__":
    sys.exit(main())
