"""What an operator chooses for the service, beside its limits."""

from dataclasses import dataclass, field
from pathlib import Path

from service.guard.access import Access
from service.guard.proxies import Trusted


@dataclass(frozen=True)
class Settings:
    """What an operator chooses.

    Attributes:
        access: who may use the API.
        origins: websites that may call the API from a browser.
        requests_a_minute: of one client; None for no limit.
        decision: a decision, or a folder of reports that one is made from; None for the published ones.
        trusted: proxies that are believed when they say who asks.
        root: the path below which visitors find the server, or the whole address; no slash at its end.
    """

    access: Access = field(default_factory=Access)
    origins: tuple[str, ...] = ()
    requests_a_minute: int | None = None
    decision: Path | None = None
    trusted: Trusted = field(default_factory=Trusted)
    root: str = ""
