"""Serve a small Hub in memory: the part of huggingface.co's HTTP interface that its clients use.

    python -m tests.support.hub_server --port 8765 --user alice

Repositories have commits, branches and tags; users have read and write tokens; faults can be injected. In a test:

    with running_hub() as hub:
        hub.put("alice/model", {"config.json": b"{}"})
        subprocess.run([...], env=hub.env(home, token=hub.token("alice")))
"""

import argparse
import hashlib
import json
import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.support.hub_routes import ROUTES
from tests.support.hub_state import LFS_SUFFIXES, Answer, Blob, Faults, RefusalError, Repo


class FakeHub:
    """The state of the Hub, its server and its faults."""

    def __init__(self, users: tuple[str, ...] = ("alice", "bob"), port: int = 0) -> None:
        self.tokens = {self.token(user, role): (user, role) for user in users for role in ("write", "read")}
        self.scopes: dict[str, list[dict]] = {}  # of fine-grained tokens
        self.organizations: dict[str, dict[str, str]] = {}  # name -> user -> role
        self.repos: dict[tuple[str, str], Repo] = {}
        self.uploads: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.faults = Faults()
        self.lock = threading.RLock()
        self.port = port
        self.start()

    def start(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), type("Bound", (Handler,), {"hub": self}))
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop the server, so that the next connection is refused. `start` uses the same port again."""
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def token(user: str, role: str = "write") -> str:
        return "hf_" + hashlib.sha256(f"{user} {role}".encode()).hexdigest()[:34]

    def fine_grained(self, user: str, **granted: list[str]) -> str:
        """Create a token with permissions for some entities: users, organizations, or models by their full id."""
        token = self.token(user, repr(granted))
        self.tokens[token] = user, "fineGrained"
        kinds = {name: "model" if "/" in name else "org" if name in self.organizations else "user" for name in granted}
        self.scopes[token] = [
            {"entity": {"_id": name, "type": kinds[name], "name": name}, "permissions": permissions}
            for name, permissions in granted.items()
        ]
        return token

    def env(self, home: Path, token: str | None = None, **extra: str) -> dict[str, str]:
        """Return the environment of a subprocess whose Hugging Face clients use this Hub and cache under `home`."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
        mine = {"HF_ENDPOINT": self.endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
        mine |= {"HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1"} | ({"HF_TOKEN": token} if token else {})
        return inherited | mine | extra

    def put(self, repo_id: str, files: dict[str, bytes], *, kind: str = "model", **flags: bool) -> str:
        """Commit `files` directly, without a client, and return the sha. The repository is created if necessary."""
        repo = self.repos.setdefault((kind, repo_id), Repo(kind, repo_id, **flags))
        blobs = {path: Blob(data, path.endswith(LFS_SUFFIXES)) for path, data in files.items()}
        return repo.commit(f"put {len(repo.commits)}", blobs).sha


@contextmanager
def running_hub(**options) -> Iterator[FakeHub]:
    """Run a Hub on a free loopback port, and stop it at the end."""
    hub = FakeHub(**options)
    try:
        yield hub
    finally:
        hub.stop()


class Handler(BaseHTTPRequestHandler):
    """A handler that runs the route of a request under the Hub's lock and words refusals as the Hub does."""

    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        self.close_connection = True
        path = urlsplit(self.path).path
        line = f"{self.command} {unquote(path)}"
        self.hub.requests.append(line)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.fail_on_purpose(line)
            for methods, pattern, route in ROUTES:
                if self.command in methods and (match := re.fullmatch(pattern, path)):
                    with self.hub.lock:
                        answer = route(self, **{k: unquote(v or "") for k, v in match.groupdict().items()})
                    return self.send(answer) if isinstance(answer, Answer) else self.send_json(200, answer)
            raise RefusalError(404, "Sorry, we can't find the page you are looking for.")
        except RefusalError as refusal:
            message = str(refusal)
            if self.hub.faults.echo_token:
                message = refusal.headers["X-Error-Message"] = f"{message} {self.headers.get('Authorization')}"
            self.send_json(refusal.status, {"error": message, **refusal.extra}, refusal.headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def fail_on_purpose(self, line: str) -> None:
        for pattern, (status, times) in self.hub.faults.statuses.items():
            if times and re.search(pattern, line):
                self.hub.faults.statuses[pattern] = (status, times - 1)
                raise RefusalError(status, "this failure was injected")

    def send(self, answer: Answer) -> None:
        body = answer.body
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.reset:
            self.wfile.write(body[: len(body) // 2])
            # Closing with a linger time of 0 sends RST instead of FIN, like a broken network.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.close(self.connection.detach())
        elif self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        headers = {"Content-Type": "application/json", **(headers or {})}
        self.send(Answer(status, json.dumps(answer).encode(), headers, reset=False))

    def user(self) -> tuple[str | None, str]:
        header = self.headers.get("Authorization")
        if header is None:
            return None, ""
        if (token := header.removeprefix("Bearer ")) not in self.hub.tokens:
            raise RefusalError(401, "Invalid credentials in Authorization header")
        return self.hub.tokens[token]

    def repo(self, kind: str, repo_id: str, *, write: bool = False, content: bool = False) -> Repo:
        user, _ = self.user()
        repo = self.hub.repos.get((kind or "model", repo_id))
        mine = self.role_in(repo_id.split("/")[0]) is not None and self.token_may("repo.content.read", repo_id)
        if repo is None or (repo.private and not mine):
            if user is None:  # the Hub's answer to strangers, whether or not the repository exists
                raise RefusalError(401, "Invalid username or password.")
            raise RefusalError(404, "Repository not found", "RepoNotFound")
        if content and repo.gated and not mine:
            raise RefusalError(403 if user else 401, f"Access to model {repo_id} is restricted.", "GatedRepo")
        if write:
            self.check_may_write(repo_id, repo)
        return repo

    def role_in(self, owner: str) -> str | None:
        """Return the user's role in a namespace: `admin` in their own, None in another user's."""
        user, _ = self.user()
        return "admin" if user == owner else self.hub.organizations.get(owner, {}).get(user)

    def token_may(self, permission: str, repo_id: str) -> bool:
        """Return whether the token has a permission for a repository or for its owner."""
        _, role = self.user()
        scopes = self.hub.scopes.get((self.headers.get("Authorization") or "").removeprefix("Bearer "), ())
        covering = (repo_id, repo_id.split("/")[0])
        named = [scope for scope in scopes if scope["entity"]["name"] in covering]
        if role == "fineGrained":
            return any(permission in scope["permissions"] for scope in named)
        return role == "write" or permission.endswith(".read")

    def check_may_write(self, repo_id: str, repo: Repo | None = None) -> None:
        """Check that the user may write to `repo` or create it. A contributor may write to their own repositories."""
        user, _ = self.user()
        if user is None:
            raise RefusalError(401, "Invalid username or password.")
        owner, may = repo_id.split("/")[0], ["admin", "write"]
        may += ["contributor"] if repo is None or repo.creator == user else []
        in_group = repo is not None and user in repo.writers
        asked = repo_id if repo else owner
        if not (in_group or self.role_in(owner) in may) or not self.token_may("repo.write", asked):
            raise RefusalError(403, f"Forbidden: this token has no write access to {asked}")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(description="A Hugging Face Hub in memory, for manual tries.")
    command.add_argument("--port", type=int, default=8765)
    command.add_argument("--user", action="append", help="a user with a write and a read token; repeatable")
    return command


def main(argv: list[str] | None = None) -> None:
    """Serve until interrupted, and print what a shell needs to talk to this Hub."""
    options = parser().parse_args(argv)
    users = tuple(options.user or ["alice"])
    with running_hub(users=users, port=options.port) as hub:
        print(f"export HF_ENDPOINT={hub.endpoint} HF_HUB_DISABLE_XET=1")
        for token, (user, role) in hub.tokens.items():
            print(f"export HF_TOKEN={token}  # {user}, {role}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
