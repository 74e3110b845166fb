"""Holds the operator's settings of the service, apart from the limits."""

from dataclasses import dataclass, field
from pathlib import Path

from service.guard.access import Access
from service.guard.proxies import Trusted


@dataclass(frozen=True)
class Settings:
    """The operator's settings.

    Attributes:
        access: The secrets that open the API.
        origins: Websites that may call the API from a browser.
        requests_per_minute: The maximum number of requests per minute and client; None for no limit.
        decision: A decision, or a folder of reports to decide from; None for the published decisions.
        trusted: Proxies that are trusted to name the client.
        root: The path or the whole address below which visitors find the server, without a trailing slash.
    """

    access: Access = field(default_factory=Access)
    origins: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    decision: Path | None = None
    trusted: Trusted = field(default_factory=Trusted)
    root: str = ""
