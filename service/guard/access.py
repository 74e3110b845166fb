"""Decides who may use the API: clients with a bearer token, or with the page's user and password."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, repr=False)  # its secrets are never printed
class Access:
    """The secrets that open the API. Without any, the API is open to all.

    Attributes:
        login: The user and password of page and API; None if the page is open to all.
        tokens: The bearer tokens.
    """

    login: tuple[str, str] | None = None
    tokens: Sequence[str] = ()

    @property
    def required(self) -> bool:
        """Return whether the API requires a login."""
        return bool(self.login or self.tokens)

    def check_login(self, user: str, password: str) -> bool:
        """Return whether these are the user and the password. Every wrong pair takes the same time."""
        if self.login is None:
            return False
        matches = [_same(given, expected) for given, expected in zip((user, password), self.login, strict=True)]
        return all(matches)

    def allows(self, authorization: str) -> bool:
        """Return whether a request with this `Authorization` header may pass."""
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "bearer":
            # All tokens are compared: an early exit would show by its time which one matched.
            matches = [_same(credentials.strip(), token) for token in self.tokens]
            return any(matches)
        if scheme.lower() == "basic":
            try:
                user, colon, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
            return bool(colon) and self.check_login(user, password)
        return False


def _same(given: str, expected: str) -> bool:
    """Compare two secrets in constant time. Comparing hashes hides the lengths too."""
    digests = [sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, expected)]
    return hmac.compare_digest(*digests)
