"""Publish model folders to the Hugging Face Hub: one commit, downloaded again, compared, then tagged."""

import logging
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, snapshot_download
from huggingface_hub.hf_api import RepoFile

from bakeoff.common.errors import HubError
from bakeoff.hub import ownership, pull, safety
from bakeoff.hub.access import check_write_access, publishing_token
from bakeoff.hub.cache import bad_files, digest
from bakeoff.hub.errors import Attempt, one_sentence, retry

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """A version on the Hub whose bytes were downloaded again and compared."""

    repo_id: str
    revision: str
    tag: str
    url: str


def publish(
    folder: Path,
    repo_id: str,
    *,
    private: bool = False,
    overwrite: bool = False,
    token: str | None = None,
    tag: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Published:
    """Put the files of `folder` into the repository: one commit, downloaded again, compared, then tagged.

    Dot-files and `checkpoint*` folders stay behind. Files of an earlier version that the folder lacks are removed.
    Nothing that somebody else put there ever is. Without `tag` the version gets the next free `v1`, `v2` …; when
    nothing changed since such a version, that version is returned.

    Args:
        folder: a model folder of safetensors or Keras weights with its JSON and text files.
        repo_id: `user/name`; it is created if it doesn't exist.
        private: create it private; an existing public repository is then refused.
        overwrite: publish to a repository that holds files of others too. Those whose names are in the folder are
            replaced; all others stay as they are.
        token: a token with write access; otherwise HF_TOKEN or the cached login.
        tag: the tag to set once the upload is verified.
        progress: called with a few words at each stage.

    Raises:
        HubError: the folder holds what must not be published or the repository files of others (nothing is uploaded),
            the Hub refuses or fails, or what it serves differs from the folder (no tag is set).
    """
    say = progress or logger.info
    token = publishing_token(repo_id, token)
    files = safety.publishable_files(Path(folder), token)
    files.pop(ownership.LIST, None)  # the list of the repository that the folder was pulled from
    check_write_access(repo_id, private=private, overwrite=overwrite, token=token)
    with one_sentence(Attempt("write to", repo_id, "main", constants.ENDPOINT, token)):
        say(f"hashing {len(files)} files")
        listed = ownership.list_of({name: ownership.hashes_of(path) for name, path in files.items()})
        pushed: dict[str, Path | bytes] = {**files, ownership.LIST: listed}
        api = HfApi(token=token)
        before = _open_repo(api, repo_id, private)  # check again, because hashing takes some time
        if not overwrite:
            before.refuse_foreign()
        tags = {ref.name: ref.target_commit for ref in api.list_repo_refs(repo_id).tags}
        if tag in tags:
            raise HubError(f"{repo_id} already has a tag {tag!r}: choose another one.")
        say(f"uploading to {repo_id}")
        stale = before.removable - pushed.keys()
        revision = _upload(api, before, pushed, stale)
        say("downloading what was pushed and comparing it")
        _verify_upload(api, repo_id, revision, pushed, before.names - stale)
        tag = _set_tag(api, repo_id, revision, tag, tags)
    return Published(repo_id, revision, tag, f"{constants.ENDPOINT}/{repo_id}")


def _open_repo(api: HfApi, repo_id: str, private: bool) -> ownership.Contents:
    """Create the repository if it does not exist, and return its contents."""
    api.create_repo(repo_id, private=private or None, exist_ok=True)
    head = pull.commit_of(api.model_info(repo_id, timeout=constants.HF_HUB_ETAG_TIMEOUT))
    return ownership.contents(api, repo_id, head)


def _upload(api: HfApi, before: ownership.Contents, pushed: Mapping[str, Path | bytes], stale: Iterable[str]) -> str:
    operations: list[CommitOperationAdd | CommitOperationDelete] = []
    operations += [CommitOperationAdd(name, source) for name, source in pushed.items()]
    operations += [CommitOperationDelete(name) for name in sorted(stale)]
    # The parent makes the Hub refuse (412) when someone else pushed since the listing.
    return api.create_commit(
        before.repo_id, operations, commit_message=ownership.TITLE, parent_commit=before.revision
    ).oid


def _verify_upload(
    api: HfApi, repo_id: str, revision: str, pushed: Mapping[str, Path | bytes], kept: Iterable[str]
) -> None:
    """Download what was pushed and compare it; the files of others are only looked for."""
    tree = retry(lambda: list(api.list_repo_tree(repo_id, recursive=True, revision=revision)), pull.LISTING_WAITS)
    names = {entry.path for entry in tree if isinstance(entry, RepoFile)} - {ownership.HUBS_OWN}
    differing = sorted(names ^ {*kept, *pushed})
    with tempfile.TemporaryDirectory(prefix="bakeoff-verify-") as fresh:

        def download() -> str:
            return snapshot_download(
                repo_id,
                revision=revision,
                cache_dir=fresh,
                token=api.token,
                force_download=True,
                allow_patterns=sorted(pushed),
            )

        folder = Path(retry(download, pull.DOWNLOAD_WAITS))
        differing += bad_files(folder, {name: digest(pushed[name]) for name in pushed.keys() & names})
    if differing:
        raise HubError(
            f"What {repo_id} serves at {revision[:12]} differs from the folder in {', '.join(differing)}:"
            " the version was not tagged; publish again."
        )


def _set_tag(api: HfApi, repo_id: str, revision: str, tag: str | None, tags: dict[str, str]) -> str:
    versions = {name: int(name[1:]) for name in tags if re.fullmatch(r"v\d+", name)}
    if tag is None:
        unchanged = [name for name in versions if tags[name] == revision]
        if unchanged:
            return unchanged[0]
        tag = f"v{max(versions.values(), default=0) + 1}"
    api.create_tag(repo_id, tag=tag, revision=revision)
    return tag
