"""Pull model folders from the Hugging Face Hub: pinned, complete and checked.

Nothing but this folder imports huggingface_hub: `publish.py` is the way there, `safety.py` has the
rules about what may be published or loaded. `HF_ENDPOINT`, `HF_HOME`, `HF_TOKEN` and `HF_HUB_OFFLINE` work as they do
for huggingface_hub.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from huggingface_hub import (
    HfApi,
    ModelInfo,
    constants,
    get_token,
    hf_hub_download,
    snapshot_download,
)
from huggingface_hub.errors import HFValidationError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import validate_repo_id

from bakeoff.common.errors import HubError, HubUnreachable
from bakeoff.hub import safety
from bakeoff.hub.cache import bad_files, discard, read_manifest, write_manifest
from bakeoff.hub.errors import CLIENT_ERRORS, Attempt, describe, is_transient, one_sentence, retry

PYTORCH_FILES = ("config.json", "model.safetensors", "tokenizer.json", "labels.json", "recipe.json")
TENSORFLOW_FILES = ("config.json", "task.json", "model.weights.h5", "task.weights.h5", "labels.json", "recipe.json")
ENCODER_FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "special_tokens_map.json",
)
LISTING_WAITS = (0.5, 2.0)
DOWNLOAD_WAITS = (1.0, 2.0, 4.0, 8.0)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """A complete local copy of one commit; `notice` is a sentence when the Hub could not be asked, else empty."""

    path: Path
    revision: str
    notice: str = ""


def parse_model_id(model_id: str) -> tuple[str, str | None]:
    """Split `user/name@revision` into the repository and the revision (None: the default branch).

    Raises:
        HubError: The id is not a valid repository id.
    """
    repo_id, at, revision = model_id.partition("@")
    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        raise HubError(
            f"{model_id!r} is not a model on the Hub: expected user/name, with an optional @revision."
        ) from None
    if at and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/+-]*", revision):
        raise HubError(f"{revision!r} in {model_id!r} is not a revision: use a branch, a tag or a commit sha.")
    return repo_id, revision or None


def pull(
    repo_id: str,
    revision: str | None = None,
    *,
    token: str | None = None,
    required: Sequence[str] = ("labels.json", "recipe.json"),
    only: Sequence[str] | None = None,
) -> Snapshot:
    """Return a local snapshot of one commit whose every file has the hash that the Hub states.

    Args:
        repo_id: `user/name`.
        revision: A branch, tag or commit, or None for the default branch.
        token: a token that may read it; otherwise HF_TOKEN or the cached login, if there is one.
        required: files that must be there, e.g. PYTORCH_FILES; `a|b` accepts either.
        only: fetch these files alone and ignore what else the repository holds; None refuses a repository that
            holds anything unsafe.

    Raises:
        HubError: The repository is missing, private, gated, incomplete or unsafe, or it stays damaged after one fresh
            download, or HF_HUB_OFFLINE is set and no complete copy is cached.
        HubUnreachable: the Hub is out of reach and no complete copy is cached.
    """
    repo_id, revision = parse_model_id(f"{repo_id}@{revision}" if revision else repo_id)
    revision = revision or constants.DEFAULT_REVISION
    manifest = _storage(repo_id) / "bakeoff" / f"{quote(revision, safe='')}{'.part' if only else ''}.json"
    token = given_token(token)
    with one_sentence(Attempt("read", repo_id, revision, constants.ENDPOINT, token)):
        if constants.is_offline_mode():
            return _cached(repo_id, revision, manifest, required, only, "HF_HUB_OFFLINE is set", HubError)
        try:
            sha, expected = _listing(HfApi(token=token), repo_id, revision, only)
            safety.refuse_incomplete(expected, required, repo_id)
            folder = _download(repo_id, sha, expected, token)
        except CLIENT_ERRORS as error:
            if not is_transient(error):
                raise
            reason = f"The Hub at {constants.ENDPOINT} could not be reached ({describe(error)})"
            return _cached(repo_id, revision, manifest, required, only, reason, HubUnreachable)
        safety.refuse_snapshot(folder, expected if only else None, repo_id)
        for path in {manifest, manifest.with_name(manifest.name.replace(quote(revision, safe=""), sha, 1))}:
            write_manifest(path, sha, expected)
    return Snapshot(folder, sha)


def pull_encoder(repo_id: str, revision: str | None = None, *, token: str | None = None) -> Snapshot:
    """Return a snapshot of a base checkpoint: its configuration, safetensors and tokenizer, and nothing else.

    Raises:
        HubError: For the same reasons as in `pull`.
    """
    required = ("config.json", "model.safetensors", "tokenizer.json|vocab.txt")
    return pull(repo_id, revision, token=token, required=required, only=ENCODER_FILES)


def given_token(token: str | None) -> str | None:
    """Return the given token, HF_TOKEN or the cached login, or None without any.

    Raises:
        HubError: the token holds characters that no token has.
    """
    token = (token or get_token() or "").strip() or None
    # The HTTP client would quote a malformed header, token and all, in its error.
    if token and not re.fullmatch(r"[!-~]+", token):
        raise HubError("The Hugging Face token holds spaces or characters that no token has: set HF_TOKEN again.")
    return token


def commit_of(info: ModelInfo) -> str:
    """Return the commit that a description of a repository is of.

    Raises:
        HubError: the Hub named none.
    """
    if info.sha is None:
        raise HubError(f"The Hub at {constants.ENDPOINT} named no commit of {info.id}: try again later.")
    return info.sha


def _listing(api: HfApi, repo_id: str, revision: str, only: Sequence[str] | None) -> tuple[str, dict[str, str]]:
    info = retry(
        lambda: api.model_info(repo_id, revision=revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT),
        LISTING_WAITS,
    )
    files = [file for file in info.siblings or () if only is None or file.rfilename in only]
    safety.refuse_names((file.rfilename for file in files), repo_id)
    # Git names a blob by the sha1 of its content, so the listing states a hash for small files too.
    stated = {f.rfilename: f"sha256:{f.lfs.sha256}" if f.lfs else f"git-sha1:{f.blob_id}" for f in files}
    return commit_of(info), stated


def _download(repo_id: str, sha: str, expected: dict[str, str], token: str | None) -> Path:
    names = sorted(expected)
    folder = Path(
        retry(lambda: snapshot_download(repo_id, allow_patterns=names, revision=sha, token=token), DOWNLOAD_WAITS)
    )

    def download_again(name: str) -> None:
        hf_hub_download(repo_id, name, force_download=True, revision=sha, token=token)

    damaged = bad_files(folder, expected)
    for name in damaged:
        logger.warning("%s of %s is missing or damaged in the cache: downloading it again", name, repo_id)
        discard(folder / name)
        retry(partial(download_again, name), DOWNLOAD_WAITS)
    still_bad = bad_files(folder, {name: expected[name] for name in damaged})
    for name in still_bad:
        discard(folder / name)
    if still_bad:
        raise HubError(
            f"{', '.join(still_bad)} of {repo_id} at {sha[:12]} does not have the hash that the Hub states, even"
            " after a fresh download: publish the model again, or check what sits between you and the Hub."
        )
    return folder


def _cached(
    repo_id: str,
    revision: str,
    manifest: Path,
    required: Sequence[str],
    only: Sequence[str] | None,
    reason: str,
    absent: type[HubError],
) -> Snapshot:
    record = read_manifest(manifest)
    if record is None:
        raise absent(
            f"{reason} and no complete copy of {repo_id} at {revision!r} is cached: connect once and try again."
        )
    sha, expected = record
    safety.refuse_names(expected, repo_id)
    folder = _storage(repo_id) / "snapshots" / sha
    if bad := bad_files(folder, expected):
        raise absent(
            f"{reason} and the cached copy of {repo_id} at {revision!r} is damaged or incomplete"
            f" ({', '.join(bad)}): connect and try again."
        )
    safety.refuse_incomplete(expected, required, repo_id)
    safety.refuse_snapshot(folder, expected if only else None, repo_id)
    return Snapshot(folder, sha, f"{reason}: {repo_id} is the cached copy of commit {sha[:12]}.")


def _storage(repo_id: str) -> Path:
    return Path(constants.HF_HUB_CACHE).expanduser() / repo_folder_name(repo_id=repo_id, repo_type="model")
