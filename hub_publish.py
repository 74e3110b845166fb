"""Publish model folders to the Hugging Face Hub: one commit, downloaded again, compared, then tagged."""

import logging
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, snapshot_download

import hub
import hub_safety
from errors import HubError
from hub_cache import bad_files, digest
from hub_errors import Attempt, one_sentence, retry

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """A version on the Hub whose bytes were downloaded again and compared."""

    repo_id: str
    revision: str
    tag: str
    url: str


def check_write_access(repo_id: str, *, token: str | None = None) -> None:
    """Fail before long work whose result could not be published.

    Raises:
        HubError: the id is none, there is no token, the Hub does not accept it, or it may only read.
    """
    token = publishing_token(repo_id, token)
    with one_sentence(Attempt("write to", repo_id, "main", constants.ENDPOINT, token)):
        user = HfApi(token=token).whoami()
    if user.get("auth", {}).get("accessToken", {}).get("role") == "read":
        raise HubError(f"The token may only read: use one that may write to {repo_id}.")
    owners = [user["name"], *(each["name"] for each in user.get("orgs", ()))]
    if repo_id.partition("/")[0] not in owners:
        raise HubError(
            f"The token is of {owners[0]}, who may not publish {repo_id}: publish as {' or '.join(owners)}/NAME."
        )


def publish(
    folder: Path,
    repo_id: str,
    *,
    private: bool = False,
    token: str | None = None,
    tag: str | None = None,
    message: str = "Publish with Bakeoff",
    progress: Callable[[str], None] | None = None,
) -> Published:
    """Make the repository hold exactly the files of `folder`: one commit, downloaded again, compared, then tagged.

    Dot-files and `checkpoint*` folders stay behind. Without `tag` the version gets the next free `v1`, `v2` …; when
    nothing changed since such a version, that version is returned.

    Args:
        folder: a model folder of safetensors or Keras weights with its JSON and text files.
        repo_id: `user/name`; it is created if it doesn't exist.
        private: create it private; an existing public repository is then refused.
        token: a token with write access; otherwise HF_TOKEN or the cached login.
        tag: the tag to set once the upload is verified.
        message: the commit message.
        progress: called with a few words at each stage.

    Raises:
        HubError: the folder holds what must not be published (nothing is uploaded), the Hub refuses or fails, or
            what it serves differs from the folder (no tag is set).
    """
    say = progress or logger.info
    token = publishing_token(repo_id, token)
    files = hub_safety.publishable_files(Path(folder), token)
    if constants.is_offline_mode():
        raise HubError("HF_HUB_OFFLINE is set, so nothing can be published: unset it.")
    with one_sentence(Attempt("write to", repo_id, "main", constants.ENDPOINT, token)):
        say(f"hashing {len(files)} files")
        hashes = {name: digest(path) for name, path in files.items()}
        api = HfApi(token=token)
        head, old_files = _create_repo(api, repo_id, private)
        tags = {ref.name: ref.target_commit for ref in api.list_repo_refs(repo_id).tags}
        if tag in tags:
            raise HubError(f"{repo_id} already has a tag {tag!r}: choose another one.")
        say(f"uploading to {repo_id}")
        stale = [name for name in old_files if name not in files and name != ".gitattributes"]
        operations = [CommitOperationAdd(name, path) for name, path in files.items()]
        operations += [CommitOperationDelete(name) for name in stale]
        # The parent makes the Hub refuse (412) when someone else pushed since the listing.
        revision = api.create_commit(repo_id, operations, commit_message=message, parent_commit=head).oid
        say("downloading what was pushed and comparing it")
        _verify_upload(api, repo_id, revision, hashes)
        tag = _set_tag(api, repo_id, revision, tag, tags)
    return Published(repo_id, revision, tag, f"{constants.ENDPOINT}/{repo_id}")


def publishing_token(repo_id: str, token: str | None) -> str:
    """The token to publish with: the given one, HF_TOKEN or the cached login.

    Raises:
        HubError: the id is no repository to publish to, or there is no token.
    """
    if hub.parse_model_id(repo_id)[1] or "/" not in repo_id:
        raise HubError(f"{repo_id!r} is not a repository to publish to: expected user/name.")
    if token := hub.given_token(token):
        return token
    raise HubError("Publishing needs a Hugging Face token: set HF_TOKEN or run `hf auth login`.")


def _create_repo(api: HfApi, repo_id: str, private: bool) -> tuple[str, list[str]]:
    api.create_repo(repo_id, private=private or None, exist_ok=True)
    info = api.model_info(repo_id, timeout=constants.HF_HUB_ETAG_TIMEOUT)
    if private and not info.private:
        raise HubError(f"{repo_id} already exists and is public: make it private on the Hub or choose another name.")
    return info.sha, [file.rfilename for file in info.siblings or ()]


def _verify_upload(api: HfApi, repo_id: str, revision: str, hashes: dict[str, str]) -> None:
    info = retry(lambda: api.model_info(repo_id, revision=revision), hub.LISTING_WAITS)
    names = {file.rfilename for file in info.siblings} - {".gitattributes"}
    differing = sorted(names ^ hashes.keys())
    with tempfile.TemporaryDirectory(prefix="bakeoff-verify-") as fresh:
        fetch = {"revision": revision, "cache_dir": fresh, "token": api.token, "force_download": True}
        folder = Path(retry(lambda: snapshot_download(repo_id, **fetch), hub.DOWNLOAD_WAITS))
        differing += bad_files(folder, {name: digest for name, digest in hashes.items() if name in names})
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
