"""Who may use the API: those with a bearer token, or with the user and password of the page."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, repr=False)  # its secrets are never printed
class Access:
    """What opens the API; everybody may use it where nothing is set.

    Attributes:
        login: user and password, of the page too; None where the page is open to all.
        tokens: bearer tokens.
    """

    login: tuple[str, str] | None = None
    tokens: Sequence[str] = ()

    @property
    def required(self) -> bool:
        """Whether the API asks for anything."""
        return bool(self.login or self.tokens)

    def check_login(self, user: str, password: str) -> bool:
        """Whether these are the user and the password; it takes the same time for all that are not."""
        if self.login is None:
            return False
        right = [_same(given, wanted) for given, wanted in zip((user, password), self.login, strict=True)]
        return all(right)

    def allows(self, authorization: str) -> bool:
        """Whether a request with this header Authorization may pass."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "bearer":
            found = [_same(given.strip(), token) for token in self.tokens]  # all of them: no early way out
            return any(found)
        if scheme.lower() == "basic":
            try:
                user, colon, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
            return bool(colon) and self.check_login(user, password)
        return False


def _same(given: str, wanted: str) -> bool:
    """Compare in constant time; the hashes hide the lengths too."""
    digests = [sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, wanted)]
    return hmac.compare_digest(*digests)
