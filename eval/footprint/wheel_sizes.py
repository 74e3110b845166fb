"""Read how large a wheel is, packed and unpacked, from the table of contents at its end, without downloading it."""

import functools
import http.client
import io
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eval.footprint.resolve import NotSized

TIMEOUT = 60
TAIL = 1 << 16  # bytes read at once; the table of contents of most wheels fits


@dataclass(frozen=True)
class Size:
    """The size of a wheel.

    Attributes:
        unpacked_bytes: Sum of its files, as pip writes them, without the bytecode that pip compiles.
        download_bytes: Size of the wheel.
    """

    unpacked_bytes: int
    download_bytes: int


class RangeReader(io.RawIOBase):
    """A file behind an HTTP address that is read by ranges.

    Args:
        url: The address.
        opens: Function that sends a request and returns the response.

    Raises:
        NotSized: The server sends no ranges.
    """

    def __init__(self, url: str, opens: Callable[[urllib.request.Request], Any]):
        self._url, self._opens = url, opens
        self._position = 0
        self._length, self._first = self._fetch(f"bytes=-{TAIL}")

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    @property
    def length(self) -> int:
        """The file's size in bytes."""
        return self._length

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the start, the position or the end."""
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read from the position on."""
        end = self._length if size < 0 else min(self._length, self._position + size)
        start, tail = self._position, self._length - len(self._first)
        if start >= end:
            return b""
        data = self._first[start - tail : end - tail] if start >= tail else self._fetch(f"bytes={start}-{end - 1}")[1]
        self._position = start + len(data)
        return data

    def _fetch(self, wanted: str) -> tuple[int, bytes]:
        """Return the length of the whole file, and the wanted range."""
        with self._opens(urllib.request.Request(self._url, headers={"Range": wanted})) as response:
            if response.status != http.client.PARTIAL_CONTENT:
                raise NotSized("the index sends only whole files, so unpacked sizes can't be read; use another index.")
            return int(response.headers["Content-Range"].rpartition("/")[2]), response.read()


def measure(url: str) -> Size:
    """Return the size of the wheel at an address, https or a local file.

    Raises:
        NotSized: The wheel can't be read.
    """
    name = urlsplit(url).path.rpartition("/")[2]
    try:
        if urlsplit(url).scheme == "file":
            path = Path(urllib.request.url2pathname(urlsplit(url).path))
            return Size(_unpacked(path), path.stat().st_size)
        reader = RangeReader(url, _opener())
        return Size(_unpacked(reader), reader.length)
    except (OSError, http.client.HTTPException, zipfile.BadZipFile, ValueError) as error:
        # An error of urllib may carry the address, which may be private.
        raise NotSized(f"{name} can't be read ({_reason(error)}); check the network and repeat the command.") from error


def _unpacked(file: Any) -> int:
    with zipfile.ZipFile(file) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code}"
    return type(getattr(error, "reason", error)).__name__


@functools.cache
def _opener() -> Callable[[urllib.request.Request], Any]:
    """Return the function that sends requests; it trusts the certificates that pip trusts."""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or _configured("global.cert"))
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
    return functools.partial(opener.open, timeout=TIMEOUT)


def _configured(name: str) -> str | None:
    """Return a setting of pip; None if it is not set."""
    command = [sys.executable, "-m", "pip", "config", "get", name]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None
