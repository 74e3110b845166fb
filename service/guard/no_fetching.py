"""Keeps Gradio from fetching URLs, including those that `service.guard.file_paths` does not recognize.

Gradio 6.31 fetches a visitor's URLs through `safehttpx` alone. `processing_utils.async_ssrf_protected_get` (for a
file's path, images, audio, the history) calls `get`; `route_utils.secure_url_stream_response` (`/file=http…`) calls
`async_validate_url`. Both look the function up at each call. No part of the page needs either.
"""

from typing import NoReturn


class FetchRefused(Exception):
    """A refused fetch: this server fetches no URLs."""


def close() -> None:
    """Make every fetch in this process fail before a name is resolved or a connection is opened."""
    import safehttpx  # a dependency of Gradio, which the API alone does not import

    safehttpx.get = safehttpx.async_validate_url = _refuse


async def _refuse(*_: object, **__: object) -> NoReturn:
    raise FetchRefused("this server fetches no URLs")
