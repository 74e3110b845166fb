"""Turn an error of the Hub or the network into one sentence, and decide which errors are worth another try.

Works on the Hub's protocol (status and X-Error-Code), not on the client library's many exception classes.
"""

import errno
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

from bakeoff.common.errors import HubError, HubUnreachable

# The Hub's client lets these escape: its HTTP errors are OSErrors, its validation and parsing errors ValueErrors,
# failed uploads RuntimeErrors, an answer of the wrong shape a KeyError.
CLIENT_ERRORS = (OSError, ValueError, RuntimeError, KeyError, httpx2.HTTPError, httpx2.InvalidURL)
TRANSIENT_STATUSES = (408, 429, *(status for status in range(500, 600) if status != 507))  # 507: no room is left
INVALID_TOKEN = "Invalid credentials in Authorization header"

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Attempt:
    """A request to the Hub, as error messages describe it. `verb` is "read" or "write to"."""

    verb: str
    repo_id: str
    revision: str
    endpoint: str
    token: str | None = field(repr=False)


@contextmanager
def one_sentence(attempt: Attempt) -> Iterator[None]:
    """Raise every failure of the Hub's client inside the block as a HubError.

    Raises:
        HubError: one sentence with what happened and what to do; the token and its like are cut out.
        HubUnreachable: the same, where another try may succeed.
    """
    try:
        yield
    except CLIENT_ERRORS as error:
        sentence = redact(_explain(error, attempt), attempt.token)
        # Drop the cause: the client's exceptions hold the request, whose headers hold the token.
        raise (HubUnreachable if is_transient(error) else HubError)(sentence) from None


def retry(call: Callable[[], Result], waits: Sequence[float]) -> Result:
    """Call again after each wait as long as the failure may pass by itself; the last failure is raised."""
    for wait in waits:
        try:
            return call()
        except CLIENT_ERRORS as error:
            if not is_transient(error):
                raise
            logger.warning("the Hub failed (%s): trying again in %g s", describe(error), wait)
        time.sleep(wait)
    return call()


def is_transient(error: BaseException) -> bool:
    """Return whether the connection broke, timed out or came up short, or the Hub said that it is busy or broken."""
    for cause in _chain(error):
        if isinstance(cause, httpx2.TransportError):
            return not isinstance(cause, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError)
        if isinstance(cause, ConnectionError | TimeoutError):
            return True
        if (status := _status(cause)) is not None:
            return status in TRANSIENT_STATUSES
        if type(cause) is OSError and cause.errno is None and cause.__cause__ is None:
            return "Consistency check failed" in str(cause)  # the client raises this if a body has the wrong size
    return False


def describe(error: BaseException) -> str:
    """Return the kind of a failure in a word or two, without addresses and headers."""
    *_, root = _chain(error)
    status = _status(root)
    return f"status {status}" if status is not None else type(root).__name__


def redact(text: str, token: str | None) -> str:
    """Return the text on one line, without the token or anything of its shape."""
    text = re.sub(r"hf_[A-Za-z0-9]{8,}", "hf_***", " ".join(text.split()))
    return text.replace(token, "***") if token else text


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _explain(error: Exception, attempt: Attempt) -> str:
    repo_id, endpoint = attempt.repo_id, attempt.endpoint
    if isinstance(error, ValueError) and "README.md" in str(error):
        return f"The Hub refuses the metadata of README.md ({str(error)[:300]}): correct the front matter."
    for cause in _chain(error):
        if (status := _status(cause)) is not None:
            return _explain_answer(cause, status, attempt)
        if isinstance(cause, httpx2.TransportError | httpx2.InvalidURL | ConnectionError | TimeoutError):
            return f"The Hub at {endpoint} can't be reached ({describe(error)}): check the network and HF_ENDPOINT."
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"The disk is full: free some space, or set HF_HOME to a larger disk, then get {repo_id} again."
        if isinstance(cause, OSError) and cause.errno is not None:
            return f"{cause.filename or 'a file'} can't be used ({cause.strerror}): check its folder's permissions."
    return f"The Hub at {endpoint} gave no usable answer for {repo_id} ({type(error).__name__}: {str(error)[:200]})."


def _explain_answer(error: Any, status: int, attempt: Attempt) -> str:
    repo_id, endpoint = attempt.repo_id, attempt.endpoint
    headers = error.response.headers
    code, words = headers.get("X-Error-Code"), headers.get("X-Error-Message", "")
    if code == "GatedRepo":
        return f"{repo_id} is gated: accept its terms at {endpoint}/{repo_id} with your token's account."
    if code == "RevisionNotFound":
        return f"{repo_id} has no revision {attempt.revision!r}: use a branch, a tag or a commit sha of it."
    if words == INVALID_TOKEN:
        return "The Hub does not accept the token: set HF_TOKEN to a valid one or run `hf auth login`."
    if code == "RepoNotFound" or status == 401:
        return (
            f"The Hub shows no repository {repo_id!r}: it doesn't exist, or it is private and needs a token that may"
            " read it (HF_TOKEN or `hf auth login`)."
        )
    words = (words or getattr(error, "server_message", None) or "no reason given")[:200]
    if status in (402, 413, 507) or "storage" in words.lower():
        return f"The Hub has no room for {repo_id} ({status}: {words}): free storage or upgrade the account."
    if status == 403:
        return f"The token may not {attempt.verb} {repo_id} (403): use one whose permissions include it."
    if status == 412:
        return f"Someone else changed {repo_id} at the same time (412), so nothing was published: publish again."
    if status == 409:
        return f"The Hub reports a conflict on {repo_id} (409: {words}): choose another name or tag."
    if status == 429:
        return "The Hub asks for fewer requests (429): wait some minutes, or set HF_TOKEN for a higher limit."
    if status >= 500:
        return f"The Hub at {endpoint} failed ({status}): try again later."
    return f"The Hub refused the request for {repo_id} ({status}: {words})."
