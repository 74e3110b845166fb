"""Logs as JSON, a line each, with the request's id; what a visitor sent is never in them."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

from service.problem import request_id

RESERVED = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; what `extra` brought stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in RESERVED}
        if request_id.get():
            line["request_id"] = request_id.get()
        if record.exc_info and record.exc_info[1]:
            line["error"] = described(record.exc_info[1])
            if not request_id.get():  # a fault in a request may quote it
                line["error"] += f": {record.exc_info[1]}"
        return json.dumps(line, default=str)


def described(error: BaseException) -> str:
    """An error by its type and where it was raised; its message is left out, as it may quote what a visitor sent."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {where}"


def configure(level: int = logging.INFO) -> None:
    """Send all logs of the process to the terminal's error stream as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("service").setLevel(level)
