"""Find out whether the Hub answers, and who the token belongs to."""

import re
from dataclasses import dataclass

from huggingface_hub import constants
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from bakeoff.common.errors import HubError
from bakeoff.hub.errors import Attempt, one_sentence
from bakeoff.hub.pull import given_token

SECONDS = 5  # seconds until the Hub counts as out of reach
ANSWERS, OFFLINE, FAILS = "answers", "offline", "fails"


@dataclass(frozen=True)
class Account:
    """How the Hub answered. The token itself is in no field.

    Attributes:
        endpoint: the Hub's address, without a password that it may hold.
        state: ANSWERS, OFFLINE (HF_HUB_OFFLINE is set, so it was not asked) or FAILS.
        token: whether there is a token.
        user: the token's owner; empty where the Hub does not say.
        role: `read`, `write` or `fineGrained`, as the Hub calls it; empty where there is no user.
        sentence: what is wrong or missing; empty where nothing is.
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
            return Account(endpoint, OFFLINE, bool(token), sentence="HF_HUB_OFFLINE is set, so the Hub was not asked.")
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
