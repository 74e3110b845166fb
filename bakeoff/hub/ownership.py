"""Tell which files of a repository Bakeoff wrote: its `bakeoff.json` lists them with their hashes.

A file that somebody edited has another hash, and one that somebody added is not listed: both are foreign. A list that
was copied along with a model vouches for the bytes that Bakeoff wrote, wherever they are. Repositories of earlier
versions have no list: there the title of a file's last commit decides.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.hf_api import RepoFile

from bakeoff.common.errors import HubError
from bakeoff.hub.cache import digest

LIST = "bakeoff.json"
TITLE = "Publish with Bakeoff"  # the title of the commits that publish a model, and of no others
HUBS_OWN = ".gitattributes"  # the Hub creates and changes this file, which lists the large files
MAX_LIST_BYTES = 1_000_000
KINDS = ("sha256", "git-sha1")  # hashes that the Hub gives: the first for large files, the second for all others
NAMED = 5  # number of foreign files that a message names

Hashes = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Contents:
    """The files of a repository at one commit, by author.

    Attributes:
        repo_id: `user/name`.
        revision: The commit.
        names: The names of all files except the Hub's own.
        foreign: The names of the files that Bakeoff did not write.
        removable: The names of the files that Bakeoff wrote and that nobody has committed again.
    """

    repo_id: str
    revision: str
    names: frozenset[str]
    foreign: frozenset[str]
    removable: frozenset[str]

    def refuse_foreign(self) -> None:
        """Refuse a repository that holds files of others.

        Raises:
            HubError: The repository holds files that Bakeoff did not write.
        """
        if not self.foreign:
            return
        shown = ", ".join(repr(name) for name in sorted(self.foreign)[:NAMED])
        more = f" and {len(self.foreign) - NAMED} more" if len(self.foreign) > NAMED else ""
        raise HubError(
            f"{self.repo_id} holds files that Bakeoff did not write ({shown}{more}): choose another name, or add"
            " --overwrite, which replaces files of the names that Bakeoff writes and leaves all others as they are."
        )


def contents(api: HfApi, repo_id: str, revision: str) -> Contents:
    """Look up the files of a repository at a commit, and which of them Bakeoff wrote."""
    tree = api.list_repo_tree(repo_id, recursive=True, expand=True, revision=revision)
    files = {file.path: file for file in tree if isinstance(file, RepoFile) and file.path != HUBS_OWN}
    published = {name for name, file in files.items() if file.last_commit and file.last_commit.title == TITLE}
    written = read_list(api, repo_id, revision) if LIST in files and files[LIST].size <= MAX_LIST_BYTES else None
    if written is None:  # without a valid list, a file of its name belongs to somebody else
        own = published if LIST not in files else set()
    else:
        own = {LIST} | {name for name, file in files.items() if _stated(file) in written.get(name, ())}
    return Contents(repo_id, revision, frozenset(files), frozenset(files.keys() - own), frozenset(own & published))


def read_list(api: HfApi, repo_id: str, revision: str) -> dict[str, list[str]] | None:
    """Return the hashes of the files that Bakeoff wrote, by name, or None if the file is not such a list."""
    path = Path(hf_hub_download(repo_id, LIST, revision=revision, token=api.token))
    try:
        written = json.loads(path.read_bytes())["files"]
        return {name: [str(value) for value in hashes] for name, hashes in written.items()}
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return None


def list_of(hashes: Hashes) -> bytes:
    """Return the content of `bakeoff.json`, which is equal for equal files."""
    listed = {name: sorted(hashes[name]) for name in sorted(hashes)}
    about = "The files that Bakeoff wrote here. It replaces and removes only these, as long as they have these hashes."
    return (json.dumps({"about": about, "files": listed}, indent=1) + "\n").encode()


def list_with(api: HfApi, repo_id: str, revision: str, name: str, content: bytes) -> bytes | None:
    """Return the repository's list after a change of one file.

    None where there is no list, or the file is not Bakeoff's: what somebody edited stays foreign after the change.
    """
    held = contents(api, repo_id, revision)
    if LIST not in held.names or held.foreign & {LIST, name}:
        return None
    written = read_list(api, repo_id, revision) or {}
    return list_of(written | {name: hashes_of(content)})


def hashes_of(source: Path | bytes) -> list[str]:
    """Return each hash by which the Hub may state a file, the sha256 first."""
    return [digest(source, kind) for kind in KINDS]


def _stated(file: RepoFile) -> str:
    return f"sha256:{file.lfs.sha256}" if file.lfs else f"git-sha1:{file.blob_id}"
