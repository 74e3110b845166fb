"""Check before a training, not after it, whether the model can be published."""

from collections.abc import Mapping
from typing import Any

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from bakeoff.common.errors import HubError
from bakeoff.hub import ownership, pull
from bakeoff.hub.errors import Attempt, one_sentence

READ_ROLES = ("read", "no_access")  # roles in an organization that may not create repositories


def check_write_access(
    repo_id: str, *, private: bool = False, overwrite: bool = False, token: str | None = None
) -> None:
    """Fail before long work whose result could not be published.

    Args:
        repo_id: `user/name`.
        private: whether the repository must be private.
        overwrite: whether to publish to a repository that holds files of others.
        token: a token with write access; otherwise HF_TOKEN or the cached login.

    Raises:
        HubError: the id is invalid, there is no token, the Hub does not accept it, it may not write there, or the
            repository is public or holds files of others.
    """
    token = publishing_token(repo_id, token)
    if constants.is_offline_mode():
        raise HubError("HF_HUB_OFFLINE is set, so nothing can be published: unset it.")
    with one_sentence(Attempt("write to", repo_id, "main", constants.ENDPOINT, token)):
        api = HfApi(token=token)
        user, info = api.whoami(), _existing(api, repo_id)
        # The Hub's own check includes permissions that `whoami` does not report, such as a role in a resource group.
        forbidden = info and _forbidden(api, repo_id)
        if info is None or forbidden:
            _refuse_namespace(user, repo_id)
        _refuse_token(user, repo_id, exists=info is not None)
        if forbidden:
            raise forbidden
        if info is None:
            return
        if private and not info.private:
            raise HubError(
                f"{repo_id} already exists and is public: make it private on the Hub or choose another name."
            )
        if not overwrite:
            ownership.contents(api, repo_id, info.sha).refuse_foreign()


def publishing_token(repo_id: str, token: str | None) -> str:
    """Return the token to publish with: the given one, HF_TOKEN or the cached login.

    Raises:
        HubError: The id does not name a repository to publish to, or there is no token.
    """
    if pull.parse_model_id(repo_id)[1] or "/" not in repo_id:
        raise HubError(f"{repo_id!r} is not a repository to publish to: expected user/name.")
    if token := pull.given_token(token):
        return token
    raise HubError("Publishing needs a Hugging Face token: set HF_TOKEN or run `hf auth login`.")


def _refuse_token(user: Mapping[str, Any], repo_id: str, *, exists: bool) -> None:
    """Refuse a token that lacks the permission to write to the repository, whoever owns it.

    Args:
        user: The Hub's description of the token and its owner.
        repo_id: The repository to publish to.
        exists: Whether the repository exists. If not, it has to be created in its owner's namespace.

    Raises:
        HubError: The token may only read, or its fine-grained permissions cover neither the repository nor its owner.
    """
    access = user.get("auth", {}).get("accessToken", {})
    if access.get("role") == "read":
        raise HubError(f"The token may only read: use one that may write to {repo_id}.")
    granted, owner = access.get("fineGrained") or {}, repo_id.partition("/")[0]
    if "scoped" not in granted:
        return
    covering = (owner, repo_id) if exists else (owner,)
    permissions = list(granted.get("global", ()))
    for scope in granted["scoped"]:
        entity = scope["entity"]
        if entity["name"] in covering and entity["type"] not in ("dataset", "space"):
            permissions += scope["permissions"]
    # `repo.write`, or any other permission than reading, because the Hub adds new ones from time to time.
    if not any(name.startswith("repo.") and not name.endswith(".read") for name in permissions):
        raise HubError(
            f"The fine-grained token has no permission to {'write to' if exists else 'create'} {repo_id}: give it write"
            f" access to the repositories of {owner} at {constants.ENDPOINT}/settings/tokens, or use another token."
        )


def _refuse_namespace(user: Mapping[str, Any], repo_id: str) -> None:
    """Refuse an owner under whose name the token's user may not publish.

    Raises:
        HubError: the owner is another user, or an organization that the user is not in or may only read.
    """
    owner, organizations = repo_id.partition("/")[0], user.get("orgs", ())
    writable = [group["name"] for group in organizations if group.get("roleInOrg") not in READ_ROLES]
    owners = [user["name"], *writable]
    if owner in owners:
        return
    options = f"publish as {' or '.join(owners)}/NAME"
    if owner in (group["name"] for group in organizations):
        raise HubError(
            f"{user['name']} may only read the organization {owner}, so {repo_id} can't be published: ask for the role"
            f" `contributor` or `write` in it, or {options}."
        )
    raise HubError(f"The token is of {user['name']}, who may not publish {repo_id}: {options}.")


def _existing(api: HfApi, repo_id: str) -> Any:
    """Return the repository's description, or None if the token may see no such repository."""
    try:
        return api.model_info(repo_id, timeout=constants.HF_HUB_ETAG_TIMEOUT)
    except RepositoryNotFoundError:
        return None


def _forbidden(api: HfApi, repo_id: str) -> HfHubHTTPError | None:
    """Return the Hub's refusal if the token may not write to the repository, or None."""
    try:
        api.auth_check(repo_id, write=True)
    except HfHubHTTPError as error:
        if error.response.status_code != 403:
            raise
        return error
    return None
