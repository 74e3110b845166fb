"""Define the errors that Bakeoff raises on purpose, and the exit statuses of its commands.

    BakeoffError             one clear sentence: what was expected, what came, what to do
    ├── CorpusError          a file or data set that can't be used as a corpus
    ├── RecipeError          a recipe, preset or setting that can't be trained with
    ├── TrainingError        a training run that can't continue
    │   └── Interrupted      a training run that a signal stopped; its checkpoint is saved
    ├── HubError             the Hugging Face Hub refused, failed or is out of reach
    │   └── HubUnreachable   the same call may work later
    ├── ModelError           a model folder that can't be loaded, or two that can't be compared
    ├── ReportError          a file that is not an evaluation report, or a report that can't be made
    ├── WorkerError          a measuring process that failed or ended
    └── InputError           a visitor's text or file that is outside the limits

Everything else that escapes is a fault of the program, not of its input.

Every command exits with one of these statuses:

    0    the command did what it was asked to do
    1    the command failed: the Hub is out of reach, the disk is full, a training or a check failed
    2    the command was used wrongly: an unknown flag, a missing or invalid file, models that can't be compared
    130  the command was interrupted: Ctrl-C, or a signal in a training
"""

import errno
import functools
import os
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

FAILED, ASKED_WRONGLY, INTERRUPTED = 1, 2, 130
# The disk is full or broken, or there is no memory.
FAULTS_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM)
# These classes are matched by name, because this folder does not import their libraries.
OUT_OF_REACH = {"ConnectionError", "TimeoutError", "TransportError", "LocalEntryNotFoundError"}


class BakeoffError(Exception):
    """An error whose message is one sentence for the person who uses Bakeoff.

    Attributes:
        exit_status: exit status of a command that this error ends, unless the machine or the network is the cause.
    """

    exit_status = ASKED_WRONGLY


class CorpusError(BakeoffError):
    """A file or data set can't be used as a corpus."""


class RecipeError(BakeoffError):
    """A recipe, preset or setting can't be trained with."""


class TrainingError(BakeoffError):
    """A training run can't continue."""

    exit_status = FAILED


class Interrupted(TrainingError):
    """A signal stopped a training run after its checkpoint was saved."""

    exit_status = INTERRUPTED


class HubError(BakeoffError):
    """The Hub refused, failed or is out of reach."""

    exit_status = FAILED


class HubUnreachable(HubError):
    """The Hub is out of reach, busy or broken: the same call may work later."""


class ModelError(BakeoffError):
    """A model folder can't be loaded, or two models can't be compared."""


class ReportError(BakeoffError):
    """A file is not an evaluation report, or a report can't be made as asked."""


class WorkerError(BakeoffError):
    """A measuring process failed or ended."""

    exit_status = FAILED


class InputError(BakeoffError):
    """A visitor's text or file is outside the limits."""


def exit_status(error: BakeoffError) -> int:
    """Return the exit status of a command that this error ends.

    A full disk or a Hub that is out of reach is always a failure, whatever was being read or written.
    """
    for cause in _causes(error):
        names = {kind.__name__ for kind in type(cause).__mro__}
        if names & OUT_OF_REACH or getattr(cause, "errno", None) in FAULTS_OF_THE_MACHINE:
            return FAILED
    return error.exit_status


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _is_closed(pipe: TextIO) -> bool:
    """Return whether nobody reads the pipe any more; False if the system can't tell."""
    try:
        watch = select.poll()
        watch.register(pipe, select.POLLOUT)
    except (AttributeError, OSError):
        return False
    return any(event & select.POLLERR for _, event in watch.poll(0))


def one_sentence_errors(main: Callable[..., int]) -> Callable[..., int]:
    """Wrap a `main(argv=None)`: a BakeoffError is printed as its sentence, and every end has its exit status.

    A reader that closes standard output, such as `head`, ends the command silently.
    """

    @functools.wraps(main)
    def wrapped(argv: Sequence[str] | None = None) -> int:
        try:
            status = main(argv)
            sys.stdout.flush()
            return status
        except BakeoffError as error:
            print(f"error: {error}", file=sys.stderr)
            return exit_status(error)
        except BrokenPipeError:
            if not _is_closed(sys.stdout):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes it once more
            return FAILED
        except KeyboardInterrupt:
            print("stopped.", file=sys.stderr)
            return INTERRUPTED

    return wrapped
