"""Writes the logs as lines of JSON with the request's id and without any data of visitors.

Our own messages contain no visitor's data. A library's message may. It is shown only if the library's
source code contains it literally, or comes from a thread that never sees a visitor's data.
"""

import json
import linecache
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from service.operate.repeats import LimitedHandler
from service.problem import request_id
from service.work.model_loader import THREAD

RESERVED = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
ROOT = str(Path(__file__).parents[2])
LIBRARIES = ("site-packages", "dist-packages")
LEFT_OUT = "a message that may quote a visitor is left out"

_main_thread_serves = False


class JsonFormatter(logging.Formatter):
    """A formatter that writes a record as one line of JSON. The fields of `extra` are beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        safe = _is_ours(record.pathname) or sees_no_visitor(record.threadName)
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if safe else _literal(record),
        }
        if not safe:
            line["at"] = place(record.pathname, record.lineno)
        line |= {name: value for name, value in vars(record).items() if name not in RESERVED and safe}
        if suppressed := getattr(record, "suppressed", 0):
            line["suppressed"] = suppressed
        if request_id.get():
            line["request_id"] = request_id.get()
        if record.exc_info and record.exc_info[1]:
            line["error"] = described(record.exc_info[1])
            if sees_no_visitor(record.threadName):  # in other threads an error may quote a visitor
                line["error"] += f": {record.exc_info[1]}"
        return json.dumps(line, default=str)


def sees_no_visitor(thread: str | None) -> bool:
    """Return whether the thread of this name never handles a visitor's data."""
    return thread == THREAD or (thread == "MainThread" and not _main_thread_serves)


def main_thread_serves() -> None:
    """Record that from now on the main thread handles requests."""
    global _main_thread_serves
    _main_thread_serves = True


def place(path: str, line: int | None) -> str:
    """Return a short name of a place in the code."""
    return f"{'/'.join(Path(path).parts[-2:])}:{line}"


def described(error: BaseException) -> str:
    """Return an error's type and places. Its message is left out, because it may quote a visitor."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {where}"


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send all logs of the process to the terminal's error stream as JSON.

    Args:
        level: The lowest level of our own messages. For libraries it is WARNING.
        stream: The stream to write to; None for the error stream.
    """
    handler = LimitedHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("service").setLevel(level)


def take_over(*names: str) -> None:
    """Send the records of loggers that have handlers of their own to ours."""
    for logger in map(logging.getLogger, names):
        logger.handlers.clear()
        logger.propagate = True


def _is_ours(path: str) -> bool:
    return path.startswith(ROOT) and not any(folder in path for folder in LIBRARIES)


def _literal(record: logging.LogRecord) -> str:
    """Return the message without its arguments if the library's source contains it: then no visitor wrote it."""
    message: Any = record.msg
    source = "".join(linecache.getlines(record.pathname))
    return message if isinstance(message, str) and message and message in source else LEFT_OUT
