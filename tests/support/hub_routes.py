"""Implement the routes of the test Hub: one function per route, called with the request and the parts of its path."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support.hub_state import LFS_SUFFIXES, Answer, Blob, RefusalError, Repo

if TYPE_CHECKING:
    from tests.support.hub_server import Handler

DATE = "2026-01-01T00:00:00.000Z"
PAGE = 30  # models


def whoami(request: Handler) -> dict:
    user, role = request.user()
    if user is None:
        raise RefusalError(401, "Invalid username or password.")
    access = {"displayName": role, "role": role, "createdAt": DATE}
    token = request.headers["Authorization"].removeprefix("Bearer ")
    if role == "fineGrained":
        scoped = request.hub.scopes[token]
        access["fineGrained"] = {"canReadGatedRepos": False, "global": ["discussion.write"], "scoped": scoped}
    orgs = [
        {"type": "org", "id": name, "name": name, "fullname": name, "roleInOrg": members[user]}
        for name, members in request.hub.organizations.items()
        if user in members
    ]
    auth = {"type": "access_token", "accessToken": access}
    return {"type": "user", "id": user, "name": user, "fullname": user, "orgs": orgs, "auth": auth}


def auth_check(request: Handler, kind: str, repo_id: str, write: str) -> dict:
    request.repo(kind, repo_id, write=bool(write))
    return {}


def create_repo(request: Handler) -> dict:
    wanted = json.loads(request.body)
    owner = wanted.get("organization") or request.user()[0]
    kind, repo_id = wanted.get("type") or "model", f"{owner}/{wanted['name']}"
    request.check_may_write(repo_id)
    url = f"{request.hub.endpoint}/{'' if kind == 'model' else kind + 's/'}{repo_id}"
    if (kind, repo_id) in request.hub.repos:
        raise RefusalError(409, "You already created this repo", extra={"url": url})
    repo = Repo(kind, repo_id, private=wanted.get("visibility") == "private", creator=request.user()[0])
    repo.commit("initial commit", {".gitattributes": Blob(b"*.safetensors filter=lfs\n", False)})
    request.hub.repos[kind, repo_id] = repo
    return {"url": url}


def delete_repo(request: Handler) -> dict:
    wanted = json.loads(request.body)
    repo_id = f"{wanted.get('organization') or request.user()[0]}/{wanted['name']}"
    repo = request.repo(wanted.get("type") or "model", repo_id, write=True)
    del request.hub.repos[repo.kind, repo_id]
    return {}


def validate_yaml(request: Handler) -> dict:
    content = json.loads(request.body)["content"]
    try:
        yaml.safe_load(content.split("---\n")[1] if content.startswith("---\n") else "")
    except yaml.YAMLError as error:
        raise RefusalError(400, "Invalid metadata", extra={"errors": [{"message": str(error)}]}) from error
    return {"errors": [], "warnings": []}


def model_counts(request: Handler) -> dict:
    """Return the JSON of the page of models: public models of a task and a library, according to their cards."""
    if request.hub.faults.counts is not None:
        return request.hub.faults.counts
    wanted = parse_qs(urlsplit(request.path).query)
    found = [repo for (kind, _), repo in request.hub.repos.items() if kind == "model" and not repo.private]
    for name in ("pipeline_tag", "library"):
        found = [repo for repo in found if set(wanted.get(name, ())) <= card_tags(repo)]
    models = [{"id": repo.repo_id, "private": False} for repo in found[:PAGE]]
    return {"models": models, "numItemsPerPage": PAGE, "numTotalItems": len(found), "pageIndex": 0}


def card_tags(repo: Repo) -> set[str]:
    card = repo.at("main").files.get("README.md", Blob(b"", False)).data.decode()
    front = (yaml.safe_load(card.split("---\n")[1]) if card.startswith("---\n") else None) or {}
    return {front.get("library_name"), front.get("pipeline_tag"), *front.get("tags", ())}


def info(request: Handler, kind: str, repo_id: str, rev: str) -> dict:
    repo = request.repo(kind, repo_id)
    commit = repo.at(rev or "main")
    siblings = [{"rfilename": path} for path in commit.files]
    if "blobs=" in request.path:
        for sibling, blob in zip(siblings, commit.files.values(), strict=True):
            sibling |= {"size": len(blob.data), "blobId": blob.git_oid} | lfs(blob, "sha256")
    fixed = {"tags": [], "likes": 0, "downloads": 0, "disabled": False, "createdAt": DATE, "lastModified": DATE}
    named = {"_id": repo_id, "id": repo_id, "modelId": repo_id, "author": repo_id.split("/")[0]}
    flags = {"private": repo.private, "gated": "manual" if repo.gated else False}
    return named | fixed | flags | {"sha": commit.sha, "siblings": siblings}


def lfs(blob: Blob, key: str) -> dict:
    return {"lfs": {key: blob.sha256, "size": len(blob.data), "pointerSize": 130}} if blob.lfs else {}


def entry(path: str, blob: Blob) -> dict:
    return {"type": "file", "path": path, "size": len(blob.data), "oid": blob.git_oid} | lfs(blob, "oid")


def tree(request: Handler, kind: str, repo_id: str, rev: str, path: str) -> list[dict]:
    repo = request.repo(kind, repo_id)
    files = repo.at(rev).files
    below = f"{path.rstrip('/')}/" if path else ""
    inside = {name: blob for name, blob in files.items() if name.startswith(below)}
    if not inside and path:
        raise RefusalError(404, f"{path} does not exist on {rev}", "EntryNotFound")
    recursive = re.search("recursive=(1|true)", request.path, re.IGNORECASE)
    found = [entry(name, blob) for name, blob in inside.items() if recursive or "/" not in name[len(below) :]]
    if re.search("expand=(1|true)", request.path, re.IGNORECASE):
        for row in found:
            sha = repo.last_commit(row["path"], rev)
            row["lastCommit"] = {"id": sha, "title": repo.commits[sha].title, "date": DATE}
    folders = {name[: name.index("/", len(below))] for name in inside if "/" in name[len(below) :]}
    return found + [{"type": "directory", "path": name, "size": 0, "oid": "0" * 40} for name in sorted(folders)]


def paths_info(request: Handler, kind: str, repo_id: str, rev: str) -> list[dict]:
    files = request.repo(kind, repo_id).at(rev).files
    return [entry(path, files[path]) for path in json.loads(request.body)["paths"] if path in files]


def refs(request: Handler, kind: str, repo_id: str) -> dict:
    repo = request.repo(kind, repo_id)

    def rows(prefix: str, named: dict[str, str]) -> list[dict]:
        return [{"name": n, "ref": f"refs/{prefix}/{n}", "targetCommit": sha} for n, sha in named.items()]

    return {"branches": rows("heads", repo.branches), "tags": rows("tags", repo.tags), "converts": []}


def commits(request: Handler, kind: str, repo_id: str, rev: str) -> list[dict]:
    repo = request.repo(kind, repo_id)
    sha, found = repo.at(rev).sha, []
    while sha:
        commit = repo.commits[sha]
        author = [{"user": repo_id.split("/")[0]}]
        found.append({"id": sha, "title": commit.title, "message": "", "date": DATE, "authors": author})
        sha = commit.parent
    return found


def create_tag(request: Handler, kind: str, repo_id: str, rev: str) -> dict:
    repo = request.repo(kind, repo_id, write=True)
    tag = json.loads(request.body)["tag"]
    if tag in repo.tags:
        raise RefusalError(409, f"Tag {tag} already exists")
    repo.tags[tag] = repo.at(rev).sha
    return {}


def delete_tag(request: Handler, kind: str, repo_id: str, rev: str) -> dict:
    repo = request.repo(kind, repo_id, write=True)
    if repo.tags.pop(rev, None) is None:
        raise RefusalError(404, f"Tag {rev} does not exist", "RevisionNotFound")
    return {}


def preupload(request: Handler, kind: str, repo_id: str, rev: str) -> dict:
    files = request.repo(kind, repo_id, write=True).at(rev).files
    answer = []
    for wanted in json.loads(request.body)["files"]:
        path = wanted["path"]
        large, there = path.endswith(LFS_SUFFIXES) or wanted["size"] > 10_000_000, files.get(path)
        oid = there and (there.sha256 if there.lfs else there.git_oid)
        answer.append({"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": oid})
    return {"files": answer}


def commit(request: Handler, kind: str, repo_id: str, rev: str) -> dict:
    repo = request.repo(kind, repo_id, write=True)
    head, title, files = repo.at(rev), "", dict(repo.at(rev).files)
    for row in map(json.loads, request.body.splitlines()):
        value = row["value"]
        if row["key"] == "header":
            title = value["summary"]
            if value.get("parentCommit") not in (None, head.sha):
                raise RefusalError(412, "A commit has happened since. Please refresh and try again.")
        elif row["key"] == "file":
            files[value["path"]] = Blob(base64.b64decode(value["content"]), False)
        elif row["key"] == "lfsFile":
            if value["oid"] not in request.hub.uploads:
                raise RefusalError(400, f"LFS object {value['oid']} was never uploaded")
            files[value["path"]] = Blob(request.hub.uploads[value["oid"]], True)
        elif row["key"] == "deletedFile":
            if files.pop(value["path"], None) is None:
                raise RefusalError(400, f"{value['path']} does not exist", "EntryNotFound")
        else:
            raise RefusalError(400, f"{row['key']} is not supported")
    sha = repo.commit(title, files, rev).sha
    return {"success": True, "commitOid": sha, "commitUrl": f"{request.hub.endpoint}/{repo_id}/commit/{sha}"}


def lfs_batch(request: Handler, kind: str, repo_id: str) -> dict:
    request.repo(kind, repo_id, write=True)
    objects = json.loads(request.body)["objects"]
    for wanted in objects:
        if wanted["oid"] not in request.hub.uploads:
            upload, verify = f"{request.hub.endpoint}/lfs/{wanted['oid']}", f"{request.hub.endpoint}/lfs-verify"
            wanted["actions"] = {"upload": {"href": upload}, "verify": {"href": verify}}
    return {"transfer": "basic", "objects": objects}


def lfs_put(request: Handler, oid: str) -> dict:
    if hashlib.sha256(request.body).hexdigest() != oid:
        raise RefusalError(400, "The content does not have the sha256 that was announced")
    request.hub.uploads[oid] = request.body
    return {}


def lfs_verify(request: Handler) -> dict:
    wanted = json.loads(request.body)
    if len(request.hub.uploads.get(wanted["oid"], b"")) != wanted["size"]:
        raise RefusalError(404, "The object is not in the store")
    return {}


def resolve(request: Handler, kind: str, repo_id: str, rev: str, path: str) -> Answer:
    hub, found = request.hub, request.repo(kind, repo_id, content=True).at(rev)
    if path not in found.files:
        raise RefusalError(404, "Entry not found", "EntryNotFound", **{"X-Repo-Commit": found.sha})
    blob = found.files[path]
    body, size = hub.faults.bodies.get(path, blob.data), len(blob.data)
    headers = {"X-Repo-Commit": found.sha, "ETag": f'"{blob.git_oid}"', "Accept-Ranges": "bytes"}
    if blob.lfs:
        headers |= {"ETag": f'"{blob.sha256}"', "X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(size)}
    status, asked = 200, re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
    if asked:
        first, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        status, body = 206, body[first : last + 1]
    reset = request.command == "GET" and hub.faults.resets.get(path, 0) > 0
    hub.faults.resets[path] = hub.faults.resets.get(path, 0) - reset
    return Answer(status, body, headers, reset)


API = r"/api/(?P<kind>model|dataset|space)s/(?P<repo_id>[^/]+/[^/]+)"
FILES = r"/(?:(?P<kind>dataset|space)s/)?(?P<repo_id>[^/]+/[^/]+?)"
ROUTES = (
    (("GET",), "/api/whoami-v2", whoami),
    (("POST",), "/api/repos/create", create_repo),
    (("DELETE",), "/api/repos/delete", delete_repo),
    (("POST",), "/api/validate-yaml", validate_yaml),
    (("GET",), "/models-json", model_counts),
    (("GET",), API + "(?:/revision/(?P<rev>[^/]+))?", info),
    (("GET",), API + "/tree/(?P<rev>[^/]+)(?:/(?P<path>.+))?", tree),
    (("POST",), API + "/paths-info/(?P<rev>[^/]+)", paths_info),
    (("GET",), API + "/auth-check(?P<write>/write)?", auth_check),
    (("GET",), API + "/refs", refs),
    (("GET",), API + "/commits/(?P<rev>[^/]+)", commits),
    (("POST",), API + "/tag/(?P<rev>[^/]+)", create_tag),
    (("DELETE",), API + "/tag/(?P<rev>[^/]+)", delete_tag),
    (("POST",), API + "/preupload/(?P<rev>[^/]+)", preupload),
    (("POST",), API + "/commit/(?P<rev>[^/]+)", commit),
    (("POST",), FILES + r"\.git/info/lfs/objects/batch", lfs_batch),
    (("PUT",), "/lfs/(?P<oid>[0-9a-f]{64})", lfs_put),
    (("POST",), "/lfs-verify", lfs_verify),
    (("GET", "HEAD"), FILES + "/resolve/(?P<rev>[^/]+)/(?P<path>.+)", resolve),
)
