"""Write evaluation results into the model cards on the Hub: the `model-index` metadata, which the model page shows.

The Hub's newer `.eval_results/*.yaml` lists scores on registered benchmarks only, so a corpus of one's own stays here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import CommitOperationAdd, EvalResult, HfApi, ModelCard, constants, hf_hub_download

from bakeoff.common.errors import HubError
from bakeoff.hub import ownership
from bakeoff.hub.access import publishing_token
from bakeoff.hub.errors import Attempt, one_sentence, retry
from bakeoff.hub.pull import LISTING_WAITS, commit_of

CARD = "README.md"
INTERVAL = " (95 % interval "  # the end of a metric's name; the part before it identifies the metric


@dataclass(frozen=True)
class Score:
    """A metric on a corpus.

    Attributes:
        metric: the Hub's id of the metric, such as `f1`.
        name: The name that the page shows, such as `Macro F1`.
        value: the number.
        low: The lower end of its 95 % interval, or None without an interval.
        high: upper end.
    """

    metric: str
    name: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Remote:
    """The newest version of a model on the Hub: its commit, and the sha256 of some of its files by name."""

    repo_id: str
    revision: str
    hashes: dict[str, bytes]


def remote_files(repo_id: str, patterns: Sequence[str], *, token: str | None = None) -> Remote:
    """Return the sha256 of a model's files of these patterns; large files are not downloaded, as the Hub states theirs.

    Raises:
        HubError: there is no token, or the repository can't be read.
    """
    token = publishing_token(repo_id, token)
    with one_sentence(Attempt("read", repo_id, "main", constants.ENDPOINT, token)):
        api = HfApi(token=token)
        info = retry(lambda: api.model_info(repo_id, files_metadata=True), LISTING_WAITS)
        revision, hashes = commit_of(info), {}
        for file in info.siblings or ():
            if not any(fnmatch(file.rfilename, pattern) for pattern in patterns) or "/" in file.rfilename:
                continue
            if file.lfs:
                hashes[file.rfilename] = bytes.fromhex(file.lfs.sha256)
            else:
                hashes[file.rfilename] = hashlib.sha256(_download(repo_id, file.rfilename, revision, token)).digest()
    return Remote(repo_id, revision, hashes)


def write_scores(
    remote: Remote, corpus: str, scores: Sequence[Score], message: str, *, token: str | None = None
) -> str | None:
    """Put scores into the model card, in the place of older ones of the same metrics and corpus; the rest stays.

    Args:
        remote: The checked state of the repository. The card is written only if nothing was pushed since.
        corpus: the name of the corpus whose test split was scored.
        scores: The scores of this model.
        message: the commit message.
        token: a token with write access; otherwise HF_TOKEN or the cached login.

    Returns:
        The new commit, or None if the card already has these scores.

    Raises:
        HubError: there is no card, it can't be read, or the Hub refuses or fails.
    """
    token = publishing_token(remote.repo_id, token)
    with one_sentence(Attempt("write to", remote.repo_id, "main", constants.ENDPOINT, token)):
        # Bytes, not a text file: line ends stay as they are.
        before = _download(remote.repo_id, CARD, remote.revision, token).decode("utf-8")
        after = with_scores(before, remote.repo_id, corpus, scores)
        if after == before:
            return None
        api, content = HfApi(token=token), after.encode("utf-8")
        operations = [CommitOperationAdd(CARD, content)]
        if listed := ownership.list_with(api, remote.repo_id, remote.revision, CARD, content):
            operations.append(CommitOperationAdd(ownership.LIST, listed))
        return api.create_commit(remote.repo_id, operations, commit_message=message, parent_commit=remote.revision).oid


def with_scores(card_text: str, repo_id: str, corpus: str, scores: Sequence[Score]) -> str:
    """Return a model card's text with these scores in its `model-index`; the same text if they are there already.

    Raises:
        HubError: The card's metadata can't be read.
    """
    try:
        card = ModelCard(card_text)
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise HubError(f"{CARD} of {repo_id} has metadata that can't be read: correct its front matter.") from error
    data: Any = card.data  # the library annotates it without the fields of a model's card
    known = list(data.eval_results or ())
    results = list(known)
    for new in (_result(corpus, score) for score in scores):
        same = [number for number, old in enumerate(results) if _identity(old) == _identity(new)]
        if same:
            results[same[0]] = new
        else:
            results.append(new)
    if results == known:
        return card_text
    data.eval_results = results
    data.model_name = data.model_name or repo_id.rpartition("/")[2]
    return str(card.content)


def _result(corpus: str, score: Score) -> EvalResult:
    interval = "" if score.low is None or score.high is None else f"{INTERVAL}{score.low:.4f} to {score.high:.4f})"
    return EvalResult(
        task_type="text-classification",
        dataset_type=corpus,
        dataset_name=corpus,
        dataset_split="test",
        metric_type=score.metric,
        metric_name=f"{score.name}{interval}",
        metric_value=round(score.value, 6),
    )


def _identity(result: EvalResult) -> tuple[str | None, ...]:
    name = (result.metric_name or "").partition(INTERVAL)[0]
    return result.task_type, result.dataset_type, result.dataset_split, result.metric_type, name


def _download(repo_id: str, name: str, revision: str, token: str) -> bytes:
    return Path(
        retry(lambda: hf_hub_download(repo_id, name, revision=revision, token=token), LISTING_WAITS)
    ).read_bytes()
