"""What a visitor may ask for at once, on the page and through the API.

One setting for the whole process, made once at its start (`use`) and read wherever a limit is enforced (`current`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from bakeoff.common.errors import BakeoffError, InputError

MAX_SEED = 2**32 - 1  # numpy's
# Spaces, control characters and zero-width marks: a tokenizer finds nothing in a text of these alone.
BLANK = r"^[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\u00ad]*$"


@dataclass(frozen=True)
class Limits:
    """What the server takes, at most unless said otherwise; all whole numbers of at least 1.

    Attributes:
        characters: of a text; far beyond what a BERT reads, and cheap to tokenise.
        texts: in a call of the API.
        rows: of an uploaded file.
        min_samples: perturbed texts of an explanation, at least: calls of each model.
        max_samples: the same, at most.
        body_bytes: of a request's body that is no upload.
        upload_bytes: of an uploaded file.
        stored_bytes: of all uploaded files that are kept at one time.
        depth: of nested lists and objects in JSON.
        values: in a body's JSON, keys counted too.
        requests: with a body that are handled at one time.
        open_bytes: of the bodies of all of them.
        client_bodies: of one client that come at one time.
        queue_texts: of predictions that wait, a text counted once for each model that is asked.
        batch_texts: of several requests that are classified together.
        explanations: of the API that are computed at one time.
        predict_seconds: until a prediction is given up.
        explain_seconds: until an explanation is given up.
        body_seconds: until the whole body must have come.
        sessions: of the page that are kept; the one that was used least recently is forgotten first.
        connections: at one time; fewer where the process may not have as many handles.
        header_seconds: until the whole header of a request must have come, on a new connection from its beginning.
        unread_seconds: until a connection is cut whose client reads nothing of its answer.
        keep_alive_seconds: that a connection stays open after an answer; longer than a load balancer keeps its own.
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
        """These limits with some replaced, by name.

        Raises:
            BakeoffError: a name is unknown, a value is no whole number of at least 1, or no samples are left to choose.
        """
        names = [each.name for each in fields(self)]
        for name, value in settings.items():
            if name not in names:
                raise BakeoffError(f"{name[:40]!r} is no limit: expected one of {', '.join(names)}.")
            if not re.fullmatch(r"0*[1-9]\d{0,14}", value, re.ASCII):
                raise BakeoffError(f"the limit {name} is {value[:20]!r}: expected a whole number of at least 1.")
        out = replace(self, **{name: int(value) for name, value in settings.items()})
        if out.min_samples > out.max_samples:
            raise BakeoffError(
                f"the limits min_samples ({out.min_samples}) and max_samples ({out.max_samples}) leave no number of "
                "samples between them; change one."
            )
        return out


class LimitError(InputError):
    """A limit was passed.

    Args:
        what: what was expected and what came; never the input itself.
        remedy: what to do.
        field: where in the request, such as `text`.
        limit: the limit that was passed, where there is one.
    """

    def __init__(self, what: str, remedy: str, field: str, limit: int | None = None):
        super().__init__(f"{what}: {remedy}.")
        self.what, self.remedy, self.field, self.limit = what, remedy, field, limit


_current = Limits()


def current() -> Limits:
    """The limits that hold in this process."""
    return _current


def use(limits: Limits) -> None:
    """Let these limits hold from now on."""
    global _current
    _current = limits


def check_text(text: str | None, field: str = "text") -> str:
    """The text, if it can be classified.

    Raises:
        LimitError: it is empty, too long or no text.
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
    """The number of perturbed texts, if an explanation may use as many.

    Raises:
        LimitError: it is no whole number, too small or too large.
    """
    least, most = current().min_samples, current().max_samples
    if not _whole(samples) or not least <= samples <= most:
        what = f"An explanation takes {least:,} to {most:,} samples"
        remedy = "choose a whole number between them"
        raise LimitError(what, remedy, "samples", least if _whole(samples) and samples < least else most)
    return int(samples)


def check_seed(seed: float) -> int:
    """The seed, if numpy takes it.

    Raises:
        LimitError: it is no whole number, or out of range.
    """
    if not _whole(seed) or not 0 <= seed <= MAX_SEED:
        what = f"A seed is a whole number from 0 to {MAX_SEED:,}"
        raise LimitError(what, "choose another one", "seed", MAX_SEED)
    return int(seed)


def _whole(number: float) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and number % 1 == 0
