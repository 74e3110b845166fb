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
    ├── WorkerError          a process that measures failed or ended
    └── InputError           a visitor's text or file that is outside the limits

Everything else that escapes is a fault of the program, not of its input.

Every command exits with one of these statuses:

    0    the command did what it was asked to do
    1    the command failed: the Hub is away, the disk is full, a training or a check failed
    2    the command was asked wrongly: an unknown flag, a missing or invalid file, models that can't be compared
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
# A full or broken disk, or no memory.
FAULTS_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM)
# By name, as these classes are of libraries that this folder does not import.
OUT_OF_REACH = {"ConnectionError", "TimeoutError", "TransportError", "LocalEntryNotFoundError"}


class BakeoffError(Exception):
    """An error whose message is one sentence for the person who uses Bakeoff.

    Attributes:
        exit_status: what a command that it ends exits with, unless the cause is a fault of the machine or the network.
    """

    exit_status = ASKED_WRONGLY


class CorpusError(BakeoffError):
    """A file or data set can't be used as a corpus."""


class RecipeError(BakeoffError):
    """A recipe, preset or setting can't be trained with."""


class TrainingError(BakeoffError):
    """A training run can't go on."""

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
    """A file is no evaluation report, or a report can't be made as asked."""


class WorkerError(BakeoffError):
    """A process that measures failed or ended."""

    exit_status = FAILED


class InputError(BakeoffError):
    """A visitor's text or file is outside the limits."""


def exit_status(error: BakeoffError) -> int:
    """Return the status of a command that this error ends.

    A full disk or a Hub that is out of reach is a failure, whatever was being read or written.
    """
    for cause in _causes(error):
        names = {kind.__name__ for kind in type(cause).__mro__}
        if names & OUT_OF_REACH or getattr(cause, "errno", None) in FAULTS_OF_THE_MACHINE:
            return FAILED
    return error.exit_status


def _causes(error: BaseException) -> Iterator[BaseException]:
    while error := error.__cause__:
        yield error


def _is_closed(pipe: TextIO) -> bool:
    """Return whether nobody reads the pipe any more; always no where the system can't tell."""
    try:
        watch = select.poll()
        watch.register(pipe, select.POLLOUT)
    except (AttributeError, OSError):
        return False
    return any(event & select.POLLERR for _, event in watch.poll(0))


def one_sentence_errors(main: Callable[..., int]) -> Callable[..., int]:
    """Wrap a `main(argv=None)`: an error of ours ends it with its sentence, and every end has its status.

    A reader of standard output that has closed it, such as `head`, ends the command without a word.
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
