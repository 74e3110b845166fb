"""Keep Gradio from fetching addresses, whoever names them: `service.guard.file_paths` refuses those that it knows of.

Gradio 6.31 fetches what a visitor names through `safehttpx` alone. `processing_utils.async_ssrf_protected_get` (for a
file's path, images, audio, the history) calls `get`; `route_utils.secure_url_stream_response` (`/file=http…`) calls
`async_validate_url`. Both look the function up when they call it. No part of the page needs either.
"""

from typing import NoReturn


class FetchRefused(Exception):
    """This server fetches no addresses."""


def close() -> None:
    """Let every fetch in this process fail before a name is resolved or a connection opened."""
    import safehttpx  # comes with Gradio, and an API alone has no use for it

    safehttpx.get = safehttpx.async_validate_url = _refuse


async def _refuse(*_: object, **__: object) -> NoReturn:
    raise FetchRefused("this server fetches no addresses")
