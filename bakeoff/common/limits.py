"""Limit what a visitor may ask for, on the page and through the API.

The limits hold for the whole process: `use` sets them once at its start, and `current` returns them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from bakeoff.common.errors import BakeoffError, InputError

MAX_SEED = 2**32 - 1  # the largest seed that numpy accepts
# A tokenizer finds no token in a text that holds only spaces, control characters and zero-width marks.
BLANK = r"^[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\u00ad]*$"


@dataclass(frozen=True)
class Limits:
    """The limits of the server. Each is a maximum unless noted otherwise, and a whole number of at least 1.

    Attributes:
        characters: characters of a text; far more than a BERT reads, and cheap to tokenize.
        texts: texts in one call of the API.
        rows: rows of an uploaded file.
        min_samples: smallest number of perturbed texts of an explanation, each a call of each model.
        max_samples: largest number of perturbed texts of an explanation.
        body_bytes: bytes of a request's body, unless it is an upload.
        upload_bytes: bytes of an uploaded file.
        stored_bytes: bytes of all uploaded files that are kept at one time.
        depth: levels of nested lists and objects in JSON.
        values: values in a body's JSON, keys included.
        requests: requests with a body that are handled at one time.
        open_bytes: bytes of the bodies of all these requests.
        client_bodies: bodies that one client sends at one time.
        queue_texts: texts of waiting predictions; a text counts once per model.
        batch_texts: texts of several requests that are classified together.
        explanations: explanations of the API that are computed at one time.
        predict_seconds: seconds until a prediction is abandoned.
        explain_seconds: seconds until an explanation is abandoned.
        body_seconds: seconds until the whole body must have arrived.
        sessions: sessions of the page that are kept; the least recently used one is dropped first.
        connections: connections at one time; fewer if the process may not have as many handles.
        header_seconds: seconds until the whole header must have arrived, counted from the start of a new connection.
        unread_seconds: seconds until a connection is cut whose client reads nothing of its answer.
        keep_alive_seconds: seconds that a connection stays open after an answer; more than a load balancer's.
    """

    characters: int = 20_000
    texts: int = 32
    rows: int = 1_000
    min_samples: int = 50
    max_samples: int = 2_000
    body_bytes: int = 2**20
    upload_bytes: int = 5_000_000
    stored_bytes: int = 500_000_000
    depth: int = 20
    values: int = 10_000
    requests: int = 256
    open_bytes: int = 100_000_000
    client_bodies: int = 128
    queue_texts: int = 256
    batch_texts: int = 32
    explanations: int = 4
    predict_seconds: int = 20
    explain_seconds: int = 90
    body_seconds: int = 20
    sessions: int = 500
    connections: int = 1_000
    header_seconds: int = 20
    unread_seconds: int = 60
    keep_alive_seconds: int = 75

    def changed(self, settings: Mapping[str, str]) -> "Limits":
        """Return these limits with some replaced, by name.

        Raises:
            BakeoffError: a name is unknown, a value is not a whole number of at least 1, or min_samples > max_samples.
        """
        names = [field.name for field in fields(self)]
        for name, value in settings.items():
            if name not in names:
                raise BakeoffError(f"{name[:40]!r} is not a limit: expected one of {', '.join(names)}.")
            if not re.fullmatch(r"0*[1-9]\d{0,14}", value, re.ASCII):
                raise BakeoffError(f"the limit {name} is {value[:20]!r}: expected a whole number of at least 1.")
        limits = replace(self, **{name: int(value) for name, value in settings.items()})
        if limits.min_samples > limits.max_samples:
            raise BakeoffError(
                f"the limits min_samples ({limits.min_samples}) and max_samples ({limits.max_samples}) leave no "
                "number of samples between them; change one."
            )
        return limits


class LimitError(InputError):
    """A limit was exceeded.

    Args:
        what: sentence about what was expected and what came; never the input itself.
        remedy: what the visitor should do.
        field: field of the request, such as `text`.
        limit: the limit that was exceeded, if there is one.
    """

    def __init__(self, what: str, remedy: str, field: str, limit: int | None = None):
        super().__init__(f"{what}: {remedy}.")
        self.what, self.remedy, self.field, self.limit = what, remedy, field, limit


_current = Limits()


def current() -> Limits:
    """Return the limits that hold in this process."""
    return _current


def use(limits: Limits) -> None:
    """Apply these limits from now on."""
    global _current
    _current = limits


def check_text(text: str | None, field: str = "text") -> str:
    """Return the text, if it can be classified.

    Raises:
        LimitError: the text is empty, too long or not a string.
    """
    if text is not None and not isinstance(text, str):
        raise LimitError(f"A text is expected, not a {type(text).__name__}", "send a string", field)
    if not text or re.fullmatch(BLANK, text):
        raise LimitError("The text is empty", "type or paste a text, or choose an example", field)
    most = current().characters
    if len(text) > most:
        what = f"The text has {len(text):,} characters, at most {most:,} are taken"
        raise LimitError(what, "shorten it or split it up", field, most)
    return text


def check_samples(samples: float) -> int:
    """Return the number of perturbed texts, if an explanation may use as many.

    Raises:
        LimitError: the number is not whole, too small or too large.
    """
    least, most = current().min_samples, current().max_samples
    if not _whole(samples) or not least <= samples <= most:
        what = f"An explanation takes {least:,} to {most:,} samples"
        remedy = "choose a whole number between them"
        raise LimitError(what, remedy, "samples", least if _whole(samples) and samples < least else most)
    return int(samples)


def check_seed(seed: float) -> int:
    """Return the seed, if numpy accepts it.

    Raises:
        LimitError: the seed is not a whole number, or it is out of range.
    """
    if not _whole(seed) or not 0 <= seed <= MAX_SEED:
        what = f"A seed is a whole number from 0 to {MAX_SEED:,}"
        raise LimitError(what, "choose another one", "seed", MAX_SEED)
    return int(seed)


def _whole(number: float) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and number % 1 == 0
