"""Compute findings on planted models, for tests of the pages that show findings."""

from collections.abc import Sequence

from explain.findings import Findings
from explain.lime_text.explanation import Settings
from explain.session import Session, sessions
from tests.support.planted import Contrarian, WordCounter

MODELS = (WordCounter("PyTorch"), Contrarian("TensorFlow"))
HOSTILE = (
    "tech <script>window.hacked=1</script>\n\n  \"><img src=x onerror=window.hacked=1> '</style></title>' \x00\x1b\x85 "
    "\u202eمرحبا بالعالم\u202c {{ 7 * 7 }} ${window.hacked=1} =1+1 sport\ud800 "
)


def session(text: str = "tech news", label: str | None = None, models: Sequence = MODELS) -> Session:
    """Return the session of the last round on a text."""
    *_, last = sessions(text, models, label, Settings(samples=60))
    return last


def findings(text: str = "tech news", label: str | None = None, models: Sequence = MODELS) -> Findings:
    """Return all findings on a text, including the faithfulness."""
    return session(text, label, models).measure().findings
