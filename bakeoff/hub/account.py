"""Check whether the Hub answers, and who the token belongs to."""

import re
from dataclasses import dataclass

from huggingface_hub import constants
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from bakeoff.common.errors import HubError
from bakeoff.hub.errors import Attempt, one_sentence
from bakeoff.hub.pull import given_token

SECONDS = 5  # to wait for the Hub's answer
ANSWERS, OFFLINE, FAILS = "answers", "offline", "fails"


@dataclass(frozen=True)
class Account:
    """The Hub's answer about the token. No field holds the token itself.

    Attributes:
        endpoint: The Hub's address, with any password removed.
        state: ANSWERS, OFFLINE (HF_HUB_OFFLINE is set, so the Hub was not contacted) or FAILS.
        token: Whether there is a token.
        user: The token's owner. It is empty if the Hub does not name one.
        role: `read`, `write` or `fineGrained`, in the Hub's terms. It is empty if there is no user.
        sentence: The problem, in one sentence. It is empty if there is none.
    """

    endpoint: str
    state: str
    token: bool = False
    user: str = ""
    role: str = ""
    sentence: str = ""


def account(seconds: float = SECONDS) -> Account:
    """Ask the Hub who the token belongs to, once and with a short timeout."""
    endpoint = re.sub(r"//[^/@]*@", "//", constants.ENDPOINT)
    token = None
    try:
        token = given_token(None)
        if constants.is_offline_mode():
            return Account(endpoint, OFFLINE, bool(token), sentence="HF_HUB_OFFLINE is set.")
        return _ask(endpoint, token, seconds)
    except HubError as error:
        return Account(endpoint, FAILS, bool(token), sentence=str(error))


def _ask(endpoint: str, token: str | None, seconds: float) -> Account:
    with one_sentence(Attempt("read", "the account", "main", endpoint, token)):
        headers = build_hf_headers(token=token or False)
        answer = get_session().get(f"{constants.ENDPOINT}/api/whoami-v2", headers=headers, timeout=seconds)
        if answer.status_code == 401:
            sentence = "The Hub does not accept the token: set HF_TOKEN to a valid one or run `hf auth login`."
            return Account(endpoint, ANSWERS, bool(token), sentence=sentence if token else "")
        hf_raise_for_status(answer)
        user = answer.json()
        role = user.get("auth", {}).get("accessToken", {}).get("role", "")
        return Account(endpoint, ANSWERS, True, user["name"], role)
