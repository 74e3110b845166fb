"""Hold the state of the test Hub: repositories with commits, blobs, branches and tags, refusals, and faults."""

import hashlib
from dataclasses import dataclass, field

LFS_SUFFIXES = (".safetensors", ".h5", ".bin", ".pt", ".pkl", ".keras", ".parquet", ".png")


class RefusalError(Exception):
    """An error response, in the Hub's words."""

    def __init__(self, status: int, message: str, code: str = "", extra: dict | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.extra = extra or {}
        self.headers = {"X-Error-Message": message, **headers} | ({"X-Error-Code": code} if code else {})


@dataclass(frozen=True)
class Answer:
    """The bytes of a file. All other responses are JSON."""

    status: int
    body: bytes
    headers: dict[str, str]
    reset: bool


@dataclass(frozen=True)
class Blob:
    """The content of one file. Git LFS stores large files and identifies them by their sha256."""

    data: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def git_oid(self) -> str:
        data = self.data
        if self.lfs:
            data = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\n" % self.sha256.encode()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass(frozen=True)
class Commit:
    """A tree of files with its parent."""

    parent: str | None
    title: str
    files: dict[str, Blob]

    @property
    def sha(self) -> str:
        tree = sorted((path, blob.sha256) for path, blob in self.files.items())
        return hashlib.sha1(repr((self.parent, self.title, tree)).encode()).hexdigest()


@dataclass
class Repo:
    """A repository, with its commits by sha, its branches and its tags."""

    kind: str
    repo_id: str
    private: bool = False
    gated: bool = False
    creator: str = ""
    writers: tuple[str, ...] = ()  # members of an organization who may write here by their role in a resource group
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, title: str, files: dict[str, Blob], branch: str = "main") -> Commit:
        commit = Commit(self.branches.get(branch), title, files)
        self.commits[commit.sha] = commit
        self.branches[branch] = commit.sha
        return commit

    def last_commit(self, path: str, revision: str) -> str:
        """Return the sha of the commit that last changed a file before a revision."""
        commit = self.at(revision)
        while (parent := self.commits.get(commit.parent)) and parent.files.get(path) == commit.files[path]:
            commit = parent
        return commit.sha

    def at(self, revision: str) -> Commit:
        sha = self.branches.get(revision) or self.tags.get(revision) or revision
        if sha not in self.commits:
            raise RefusalError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.commits[sha]


@dataclass
class Faults:
    """The faults to inject. Each counter decreases by one per request."""

    resets: dict[str, int] = field(default_factory=dict)  # file -> downloads to cut in the middle with a TCP reset
    statuses: dict[str, tuple[int, int]] = field(default_factory=dict)  # regex of "METHOD path" -> (status, times)
    bodies: dict[str, bytes] = field(default_factory=dict)  # file -> the bytes to serve instead of its content
    counts: object = None  # the answer of the page of models, instead of the real one
    echo_token: bool = False  # quote the Authorization header in every error, as a careless proxy might
