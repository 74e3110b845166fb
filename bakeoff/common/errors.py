"""The errors that Bakeoff raises on purpose.

    BakeoffError             one clear sentence: what was expected, what came, what to do
    ├── CorpusError          a file or data set that can't be used as a corpus
    ├── RecipeError          a recipe, preset or setting that can't be trained with
    ├── TrainingError        a training run that can't go on
    │   └── Interrupted      a training run that a signal stopped; its checkpoint is saved
    ├── HubError             the Hugging Face Hub refused, failed or is out of reach
    │   └── HubUnreachable   the same call may work later
    ├── ModelError           a model folder that can't be loaded, or two that can't be compared
    ├── ReportError          a file that is no evaluation report, or one that can't be made
    └── InputError           a visitor's text or file that is outside the limits

Everything else that escapes is a fault of the program, not of its input.
"""

import functools
import sys
from collections.abc import Callable


class BakeoffError(Exception):
    """An error whose message is one sentence for the person who uses Bakeoff."""


class CorpusError(BakeoffError):
    """A file or data set can't be used as a corpus."""


class RecipeError(BakeoffError):
    """A recipe, preset or setting can't be trained with."""


class TrainingError(BakeoffError):
    """A training run can't go on."""


class Interrupted(TrainingError):
    """A signal stopped a training run after its checkpoint was saved."""


class HubError(BakeoffError):
    """The Hub refused, failed or is out of reach."""


class HubUnreachable(HubError):
    """The Hub is out of reach, busy or broken: the same call may work later."""


class ModelError(BakeoffError):
    """A model folder can't be loaded, or two models can't be compared."""


class ReportError(BakeoffError):
    """A file is no evaluation report, or a report can't be made as asked."""


class InputError(BakeoffError):
    """A visitor's text or file is outside the limits."""


def one_sentence_errors(main: Callable[..., int]) -> Callable[..., int]:
    """Wrap a `main(argv=None)`: a BakeoffError ends it with its sentence and status 2, Ctrl-C with status 130."""

    @functools.wraps(main)
    def wrapped(argv=None) -> int:
        try:
            return main(argv)
        except BakeoffError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("stopped.", file=sys.stderr)
            return 130

    return wrapped
